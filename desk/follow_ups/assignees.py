"""Who makes a call that the desk plans: the member whom a rule names, of several the one with the fewest open follow-ups."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date
from typing import Protocol
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.people.members import is_away_today, managers_for_each
from desk.rules.cadence import AssigneeKind
from storage.queries.follow_ups import follow_ups
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


class Terms(Protocol):
    """What of a loan decides about the calls on its instalments: a row of the loans, or one that is still to be written."""

    @property
    def stage(self) -> str: ...
    @property
    def owner_id(self) -> UUID | None: ...
    @property
    def due_day(self) -> int | None: ...
    @property
    def autopay(self) -> bool: ...
    @property
    def paid_through(self) -> date | None: ...
    @property
    def unpaid_since(self) -> date | None: ...
    @property
    def next_instalment_on(self) -> date | None: ...
    @property
    def paused_from(self) -> date | None: ...
    @property
    def paused_until(self) -> date | None: ...


async def assignee_of(desk: Desk, loan: Terms, kinds: Sequence[AssigneeKind]) -> Member | None:
    """Return who of `candidates_of` gets a call: of several, one at work with the fewest open follow-ups."""
    found = await candidates_of(desk, loan, kinds)
    return await least_busy(desk, found) if found else None


async def candidates_of(
    desk: Desk, loan: Terms, kinds: Sequence[AssigneeKind], callers: "Callers | None" = None
) -> Sequence[Member]:
    """Return the candidates of the first kind that has any. `callers` are those read for other loans of the transaction.

    Without candidates: the acting member if they make calls, else the managers, if there are any.
    """
    owner = await present_owner(desk, loan)
    callers = callers or Callers(desk)
    for kind in kinds:
        if found := await callers.of(kind, owner):
            return found
    if desk.actor is not None and roles_of(desk.actor) & set(CALLERS):
        return [desk.actor]
    return await callers.of("manager", owner)


async def assignee_of_next(desk: Desk, loan: Loan, answered: FollowUp | None) -> Member:
    """Return who makes the next call: the answered follow-up's assignee, else the acting member if they make calls, else the
    loan's owner."""
    if answered is not None:
        assignee = await desk.session.get_one(Member, answered.assignee_id)
        if assignee.removed_at is None:
            return assignee
    if not roles_of(desk.member) & {"agent", "verifier", "collector"}:
        return await present_owner(desk, loan) or desk.member
    return desk.member


async def present_owner(desk: Desk, loan: Terms) -> Member | None:
    """Return the loan's owner, or None when it has none at the desk."""
    owner = await desk.session.get(Member, loan.owner_id) if loan.owner_id else None
    return owner if owner is not None and owner.removed_at is None else None


class Callers:
    """Who may make a call on the loans of an owner, by kind: read once for each team, and the managers of `owners` at once."""

    def __init__(self, desk: Desk, owners: Iterable[Member] = ()) -> None:
        self._desk, self._owners = desk, list(owners)
        self._managers: dict[UUID, Sequence[Member]] = {}
        self._others: dict[tuple[str, UUID | None], Sequence[Member]] = {}

    async def of(self, kind: AssigneeKind, owner: Member | None) -> Sequence[Member]:
        """Return the members of that kind: without an owner, those near the acting member."""
        if kind == "owner":
            return [owner] if owner else []
        near = owner or self._desk.actor
        if kind == "manager" and near is not None:
            if near.id not in self._managers:
                self._managers |= await managers_for_each(self._desk, [*self._owners, near])
            return self._managers[near.id]
        key = (kind, near.team_id if near is not None else None)
        if key not in self._others:
            self._others[key] = await self._with_role(*key)
        return self._others[key]

    async def _with_role(self, kind: str, team_id: UUID | None) -> list[Member]:
        session = self._desk.session
        if team_id is not None:
            return [m for m in await members.of_team(session, team_id) if kind in roles_of(m)]
        return await members.with_role(session, self._desk.workspace.id, kind)


async def least_busy(desk: Desk, found: Sequence[Member]) -> Member:
    """Return the one of several with the fewest open follow-ups, if possible of those at work."""
    if len(found) == 1:
        return found[0]
    return (await ranked(desk, found)).least_busy(desk.cache.get(UnwrittenPlans))


async def ranked(desk: Desk, found: Sequence[Member]) -> "Candidates":
    """Return several candidates with the number of their open follow-ups."""
    at_work = [m for m in found if not is_away_today(desk, m)]
    return Candidates(at_work or found, Counter(await follow_ups.open_counts(desk.session, [m.id for m in found])))


@dataclass(frozen=True, slots=True)
class UnwrittenPlans:
    """How many follow-ups each member gets in this transaction that are not among its rows yet. Kept in `desk.cache`."""

    counts: Counter[UUID] = field(default_factory=Counter[UUID])


@dataclass(frozen=True, slots=True)
class Candidates:
    """Who may make a call, if possible those at work, and how many open follow-ups each has among the rows."""

    members: Sequence[Member]
    counts: Counter[UUID]

    def least_busy(self, unwritten: UnwrittenPlans | None) -> Member:
        """Return the one with the fewest open follow-ups, then the first by name."""
        more = unwritten.counts if unwritten else Counter[UUID]()
        return min(self.members, key=lambda m: (self.counts[m.id] + more[m.id], m.name_key))
