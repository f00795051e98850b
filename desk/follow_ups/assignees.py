"""Who makes a call that the desk plans: the member whom a rule names, of several the one with the fewest open follow-ups."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.people.members import fewest_open, is_away_today, managers_for
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


async def candidates_of(desk: Desk, loan: Terms, kinds: Sequence[AssigneeKind]) -> Sequence[Member]:
    """Return the candidates of the first kind that has any.

    Without candidates: the acting member if they make calls, else the managers, if there are any.
    """
    owner = await present_owner(desk, loan)
    for kind in kinds:
        if found := await _candidates(desk, kind, owner):
            return found
    if desk.actor is not None and roles_of(desk.actor) & set(CALLERS):
        return [desk.actor]
    return await _candidates(desk, "manager", owner)


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


async def _candidates(desk: Desk, kind: AssigneeKind, owner: Member | None) -> list[Member]:
    if kind == "owner":
        return [owner] if owner else []
    near = owner or desk.actor
    if kind == "manager" and near is not None:
        return await managers_for(desk, near)
    if near is not None and near.team_id is not None:
        return [m for m in await members.of_team(desk.session, near.team_id) if kind in roles_of(m)]
    return await members.with_role(desk.session, desk.workspace.id, kind)


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
        """Return the one with the fewest open follow-ups."""
        return fewest_open(self.members, self.counts + unwritten.counts if unwritten else self.counts)
