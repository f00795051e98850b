"""How a plan shares loans out over a team, and what each member has before and after."""

from collections.abc import Collection, Mapping
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.people.members import is_away_today
from desk.rules.balancing import Load, Weight, balance
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import Member, Team


@dataclass(frozen=True, slots=True)
class Share:
    """A member's live loans and open follow-ups before and after."""

    who: str
    loans: int
    loans_after: int
    follow_ups: int
    follow_ups_after: int


async def spread(
    desk: Desk, team_id: UUID | None, weights: Mapping[UUID, Weight], *, giving: Collection[UUID | None]
) -> dict[UUID, Member]:
    """Return the member of the team who gets each loan, by the loan's id; none of `giving` and nobody who is away.

    Raises Invalid (`team_missing`, `nobody_in_team`).
    """
    team = await desk.session.get(Team, team_id) if team_id else None
    if team is None or team.workspace_id != desk.workspace.id:
        raise Invalid("team_missing")
    takers = [
        m for m in await members.of_team(desk.session, team.id) if m.id not in giving and not is_away_today(desk, m)
    ]
    # Agents look after loans; in a team without agents, the other members who make calls do.
    agents = [m for m in takers if "agent" in roles_of(m)] or [m for m in takers if roles_of(m) & set(CALLERS)]
    if not agents:
        raise Invalid("nobody_in_team", team=team.name)
    by_id = {member.id: member for member in agents}
    owned = await loans.live_counts(desk.session, by_id.keys())
    held = await follow_ups.open_counts(desk.session, [*by_id])
    loads = [Load(m.id, owned[m.id], held[m.id], m.name_key) for m in agents]
    targets = balance(loads, list(weights.values()))
    return {loan_id: by_id[target] for loan_id, target in zip(weights, targets, strict=True)}


async def shares_of(desk: Desk, people: Collection[Member], more: Mapping[UUID, tuple[int, int]]) -> tuple[Share, ...]:
    """Return what these members have before and after, given how many loans and follow-ups `more` each gets (or fewer);
    who gives most comes first."""
    ids = [member.id for member in people]
    owned, held = await loans.live_counts(desk.session, ids), await follow_ups.open_counts(desk.session, ids)
    return tuple(
        Share(m.slack_user_id, owned[m.id], owned[m.id] + more[m.id][0], held[m.id], held[m.id] + more[m.id][1])
        for m in sorted(people, key=lambda m: (*more[m.id], m.name_key))
    )
