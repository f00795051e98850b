"""What the desk plans on a locked loan by the rules of `desk/data/cadence.toml`.

Each function returns the follow-up that it planned, or None when the rule does not apply, the follow-up exists already, or
no member could make the call.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol
from uuid import UUID

from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import lifecycle
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.people.calendars import calendar_of
from desk.people.members import fewest_open, hours_of, is_away_today, managers_for
from desk.rules.cadence import CADENCE, AssigneeKind, Plan, plan_due
from desk.rules.instalments import instalment_on_or_after, is_paused, next_unpaid_instalment
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import terms
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member

DOCUMENTS = "documents"
"""The rule of a call that was placed by the dates of the documents that it asks for."""


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


@dataclass(frozen=True, slots=True)
class InstalmentCall:
    """A call about an instalment that a loan's terms require."""

    plan: Plan
    rule: str
    instalment_on: date


async def plan_for_stage(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan what the loan's stage requires: identity verification, repayment call, or telling a declined borrower."""
    if loan.stage == CADENCE.instalment.stage:
        return await plan_instalment(desk, loan)
    plan = CADENCE.stage.get(loan.stage)
    if plan is None:
        return None
    if plan.unless_open and any(
        row.purpose == plan.purpose for row in await follow_ups.open_of_loan(desk.session, loan.id)
    ):
        return None
    return await _plan(desk, loan, plan, rule=f"stage.{loan.stage}")


async def plan_check(desk: Desk, loan: Loan, purpose: str) -> PlannedFollowUp | None:
    """Plan a check, for the next working morning of a verifier, unless one of this purpose is open."""
    if any(row.purpose == purpose for row in await follow_ups.open_of_loan(desk.session, loan.id)):
        return None
    return await _plan(desk, loan, replace(CADENCE.stage["application"], purpose=purpose), rule="check")


@dataclass(frozen=True, slots=True)
class Replanned:
    """What became of a loan's calls about instalments: the one planned now, and how many others were cancelled."""

    planned: PlannedFollowUp | None
    cancelled: int = 0


async def plan_instalment(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call about arrears, else the reminder of the next instalment; cancel rule plans without a reason.

    Call it when the loan enters repayment, an instalment was paid, or imported data changed.
    """
    return (await replan_instalment(desk, loan)).planned


async def replan_instalment(desk: Desk, loan: Loan, known: Sequence[FollowUp] | None = None) -> Replanned:
    """Do as `plan_instalment` does, and return what that cancelled too. `known`, if given, are all follow-ups of the loan
    about instalments; otherwise they are read."""
    first_due_on = await _first_due_on(desk, loan)
    cancelled = await _cancel_obsolete(desk, loan, known, first_due_on)
    required = call_required(desk, loan, first_due_on)
    planned = await _plan_of_instalment(desk, loan, required, known) if required else None
    return Replanned(planned, cancelled)


def call_required(desk: Desk, loan: Terms, first_due_on: date | None = None) -> InstalmentCall | None:
    """Return the call that the terms of a loan require: about arrears, if the lender's data or a member says (`unpaid_since`)
    that there are any, or its schedule, or else the reminder of the next unpaid instalment, unless that is on autopay. No
    instalment is before `first_due_on`. In a pause, none."""
    if loan.stage != CADENCE.instalment.stage:
        return None
    instalment_on = _next_unpaid(desk, loan, first_due_on)
    if instalment_on is None or _is_paused(desk, loan, instalment_on):
        return None
    if _in_arrears(desk, loan):
        return InstalmentCall(CADENCE.arrears, "arrears", instalment_on)
    return None if loan.autopay else InstalmentCall(CADENCE.instalment, "instalment", instalment_on)


async def plan_repayment(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the reminder of a disbursed loan's next unpaid instalment, unless it is on autopay or in arrears."""
    return await _plan_by_rule(desk, loan, "instalment")


async def plan_arrears(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call about the oldest unpaid instalment, if the lender's data or a member says (`unpaid_since`) it exists."""
    return await _plan_by_rule(desk, loan, "arrears")


async def plan_documents(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call that asks for documents requested without a due time."""
    return await _plan(desk, loan, CADENCE.documents, rule=DOCUMENTS)


async def due_by_rule(desk: Desk, plan: Plan, assignee: Member, *, instalment_on: date | None = None) -> Due:
    """Return when a plan is due for that assignee, at an hour when borrowers may be called."""
    return plan_due(
        plan,
        desk.now,
        hours_of(desk, assignee),
        await calendar_of(desk),
        instalment_on=instalment_on,
        contact=lifecycle.contact_hours(desk),
    )


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


async def _plan(
    desk: Desk, loan: Loan, plan: Plan, *, rule: str, instalment_on: date | None = None
) -> PlannedFollowUp | None:
    assignee = await assignee_of(desk, loan, plan.assignee)
    if assignee is None:
        return None
    due = await due_by_rule(desk, plan, assignee, instalment_on=instalment_on)
    return await lifecycle.plan(
        desk, loan, purpose=plan.purpose, assignee=assignee, due=due, rule=rule, instalment_on=instalment_on
    )


async def _plan_by_rule(desk: Desk, loan: Loan, rule: str) -> PlannedFollowUp | None:
    required = call_required(desk, loan, await _first_due_on(desk, loan))
    return await _plan_of_instalment(desk, loan, required) if required and required.rule == rule else None


async def _plan_of_instalment(
    desk: Desk, loan: Loan, call: InstalmentCall, known: Sequence[FollowUp] | None = None
) -> PlannedFollowUp | None:
    plan, instalment_on = call.plan, call.instalment_on
    if not _had_any(loan):
        earlier: Sequence[FollowUp] = ()
    elif known is None:
        earlier = await follow_ups.of_instalment(desk.session, loan.id, plan.purpose, instalment_on)
    else:
        earlier = [row for row in known if row.purpose == plan.purpose and row.instalment_on == instalment_on]
    if any(_settles(row) for row in earlier):
        return None
    return await _plan(desk, loan, plan, rule=call.rule, instalment_on=instalment_on)


def _settles(row: FollowUp) -> bool:
    """Return whether its instalment needs no other plan, unlike one that ended, was undone, or was cancelled by the rule."""
    return row.state in ("open", "done") or (row.state == "cancelled" and row.closed_by_id is not None)


async def _first_due_on(desk: Desk, loan: Loan) -> date | None:
    """Return the date of the first instalment of a loan of which none has been paid or missed; it is not asked of others."""
    if loan.stage != CADENCE.instalment.stage or loan.due_day is None or loan.paid_through or loan.unpaid_since:
        return None
    if loan.next_instalment_on is not None:  # its schedule says more
        return None
    return await terms.first_due_on(desk.session, loan.id)


def _next_unpaid(desk: Desk, loan: Terms, first_due_on: date | None = None) -> date | None:
    following = next_unpaid_instalment(
        desk.workspace_today,
        loan.due_day,
        paid_through=loan.paid_through,
        unpaid_since=loan.unpaid_since,
        scheduled=loan.next_instalment_on,
    )
    return following if following is None or first_due_on is None else max(following, first_due_on)


def _is_paused(desk: Desk, loan: Terms, instalment_on: date) -> bool:
    return is_paused(desk.workspace_today, instalment_on, loan.paused_from, loan.paused_until)


def _in_arrears(desk: Desk, loan: Terms) -> bool:
    oldest = _next_unpaid(desk, loan)
    if oldest is None or _is_paused(desk, loan, oldest):
        return False
    if loan.next_instalment_on is not None:
        return oldest < desk.workspace_today
    return loan.unpaid_since is not None and oldest <= desk.workspace_today


async def _cancel_obsolete(desk: Desk, loan: Loan, known: Sequence[FollowUp] | None, first_due_on: date | None) -> int:
    """Cancel reminders of instalments on autopay, with another due day or before the first one, and calls about arrears of
    paid ones; return how many."""
    if not _had_any(loan):
        return 0
    cancelled = 0
    oldest = _next_unpaid(desk, loan)
    for row in await follow_ups.open_of_loan(desk.session, loan.id) if known is None else known:
        if row.state != "open" or row.instalment_on is None or row.rule not in ("instalment", "arrears"):
            continue
        if row.rule == "instalment":
            first = row.instalment_on == first_due_on  # it may be on another day than those after it
            early = first_due_on is not None and row.instalment_on < first_due_on
            moved = row.instalment_on != _instalment_like(loan, row.instalment_on) and not first
            obsolete = loan.autopay or early or moved or _is_paused(desk, loan, row.instalment_on)
        else:
            obsolete = not _in_arrears(desk, loan) or (oldest is not None and row.instalment_on < oldest)
        if obsolete:
            lifecycle.close(desk, row, "cancelled")
            row.closed_by_id = None  # the rule cancelled it, not a member: it may be planned again
            desk.audit("follow_up_cancelled", loan_id=loan.id, subject_id=row.id)
            cancelled += 1
    return cancelled


def _instalment_like(loan: Loan, day: date) -> date | None:
    """Return the instalment that a reminder of one on that day is about now: another one if the due day or the schedule
    has changed."""
    if loan.next_instalment_on is not None:
        return loan.next_instalment_on
    return instalment_on_or_after(day, loan.due_day) if loan.due_day else None


def _had_any(loan: Loan) -> bool:
    """Return whether a follow-up was ever planned on the loan: its counter never goes back."""
    return loan.next_follow_up_number > 1


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
