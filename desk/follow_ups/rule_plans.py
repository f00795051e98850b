"""What the desk plans by itself on a loan, by the rules of `desk/data/cadence.toml`. The loan must be locked.

Each function gives the follow-up that it planned, or None where the rule does not apply, what it wants is there already,
or the desk has nobody who could do it.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups import lifecycle
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.people.calendars import calendar_of
from desk.people.members import fewest_open, hours_of, managers_for, today_of
from desk.rules.absence import is_absent
from desk.rules.cadence import CADENCE, AssigneeKind, Plan, plan_due
from desk.rules.instalments import instalment_on_or_after, next_unpaid_instalment
from storage.queries.follow_ups import follow_ups as stored
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member


async def plan_for_stage(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """What the loan's stage asks for: the identity verification of an application, the repayment call of a disbursed
    loan, the call that tells a declined borrower."""
    if loan.stage == CADENCE.instalment.stage:
        return await plan_instalment(desk, loan)
    plan = CADENCE.stage.get(loan.stage)
    if plan is None or (plan.unless_open and await _is_open(desk, loan, plan.purpose)):
        return None
    return await _plan(desk, loan, plan, rule=f"stage.{loan.stage}")


async def plan_instalment(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """The next call about money: the overdue call of an instalment that is said to be unpaid, else the reminder of the
    next one. Call it when the loan enters its repayment, when an instalment was paid, and when a file says something new:
    what was planned by rule and has lost its reason is cancelled.
    """
    await _cancel_what_lost_its_reason(desk, loan)
    return await (plan_overdue(desk, loan) if _in_arrears(desk, loan) else plan_repayment(desk, loan))


async def plan_repayment(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """The reminder of the next unpaid instalment of a disbursed loan with a due day, unless it is on autopay or in
    arrears: then one calls about what is unpaid."""
    if loan.stage != CADENCE.instalment.stage or loan.autopay or _in_arrears(desk, loan):
        return None
    return await _plan_of_instalment(desk, loan, CADENCE.instalment, rule="instalment")


async def plan_overdue(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """The call about the oldest unpaid instalment, where the lender's data or a person says (`unpaid_since`) that there
    is one."""
    if loan.stage != CADENCE.instalment.stage or not _in_arrears(desk, loan):
        return None
    return await _plan_of_instalment(desk, loan, CADENCE.arrears, rule="arrears")


async def plan_documents(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """The call that asks after documents for which no time was said."""
    return await _plan(desk, loan, CADENCE.documents, rule="documents")


async def due_by_rule(desk: Desk, plan: Plan, assignee: Member, *, instalment_on: date | None = None) -> Due:
    """When a plan comes to stand for that assignee, at an hour in which borrowers may be called."""
    contact, contact_zone = lifecycle.contact_hours(desk)
    return plan_due(
        plan,
        desk.now,
        hours_of(assignee),
        await calendar_of(desk),
        instalment_on=instalment_on,
        contact=contact,
        contact_zone=contact_zone,
    )


async def assignee_of(desk: Desk, loan: Loan, kinds: Sequence[AssigneeKind]) -> Member | None:
    """Who gets a follow-up that is for one of these, in order of preference; of several verifiers or collectors, one
    who is not away, with the fewest open.

    Where there is none of them: whoever acts, if they make calls, else a manager; None when there is nobody at all.
    """
    owner = await present_owner(desk, loan)
    for kind in kinds:
        found = [owner] if kind == "owner" and owner else await _candidates(desk, kind, owner)
        if found:
            return await _least_busy(desk, found)
    if desk.actor is not None and roles_of(desk.actor) & set(CALLERS):
        return desk.actor
    managers = await _candidates(desk, "manager", owner)
    return await _least_busy(desk, managers) if managers else None


async def assignee_of_next(desk: Desk, loan: Loan, answered: FollowUp | None) -> Member:
    """Return who makes the next call: the assignee of the answered follow-up, else the acting member; if the acting
    member is a manager who makes no calls, the loan's owner."""
    if answered is not None:
        assignee = (await members.by_ids(desk.session, [answered.assignee_id]))[answered.assignee_id]
        if assignee.removed_at is None:
            return assignee
    if not roles_of(desk.member) & {"agent", "verifier", "collector"}:
        return await present_owner(desk, loan) or desk.member
    return desk.member


async def present_owner(desk: Desk, loan: Loan) -> Member | None:
    """The loan's owner, if it has one who is still at the desk."""
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


async def _plan_of_instalment(desk: Desk, loan: Loan, plan: Plan, *, rule: str) -> PlannedFollowUp | None:
    instalment_on = _next_unpaid(desk, loan)
    if instalment_on is None:
        return None
    earlier = await stored.of_instalment(desk.session, loan.id, plan.purpose, instalment_on) if _had_any(loan) else ()
    if any(_settles(row) for row in earlier):
        return None
    return await _plan(desk, loan, plan, rule=rule, instalment_on=instalment_on)


def _settles(row: FollowUp) -> bool:
    """Whether its instalment is not planned once more; what ended with its loan, was undone, or the rule itself cancelled, is."""
    return row.state in ("open", "done") or (row.state == "cancelled" and row.closed_by_id is not None)


def _next_unpaid(desk: Desk, loan: Loan) -> date | None:
    if loan.due_day is None:
        return loan.unpaid_since
    return next_unpaid_instalment(
        desk.workspace_today, loan.due_day, paid_through=loan.paid_through, unpaid_since=loan.unpaid_since
    )


def _in_arrears(desk: Desk, loan: Loan) -> bool:
    oldest = _next_unpaid(desk, loan)
    return loan.unpaid_since is not None and oldest is not None and oldest <= desk.workspace_today


async def _cancel_what_lost_its_reason(desk: Desk, loan: Loan) -> None:
    """A reminder of an instalment that is now collected by itself, or no longer falls due on that day, and an overdue
    call about one that is no longer said to be unpaid."""
    if not _had_any(loan):
        return
    oldest = _next_unpaid(desk, loan)
    for row in await stored.open_of_loan(desk.session, loan.id):
        if row.instalment_on is None or row.rule not in ("instalment", "arrears"):
            continue
        if row.rule == "instalment":
            lost = loan.autopay or row.instalment_on != _instalment_near(row.instalment_on, loan.due_day)
        else:
            lost = not _in_arrears(desk, loan) or (oldest is not None and row.instalment_on < oldest)
        if lost:
            lifecycle.close(desk, row, "cancelled")
            row.closed_by_id = None  # the rule took it back, whoever acts: it may be planned again
            desk.audit("follow_up_cancelled", loan_id=loan.id, subject_id=row.id)


def _had_any(loan: Loan) -> bool:
    """Whether a follow-up was ever planned on the loan. The counter never goes back."""
    return loan.next_follow_up_number > 1


def _instalment_near(day: date, due_day: int | None) -> date | None:
    return instalment_on_or_after(day, due_day) if due_day else None


async def _is_open(desk: Desk, loan: Loan, purpose: str) -> bool:
    return any(row.purpose == purpose for row in await stored.open_of_loan(desk.session, loan.id))


async def _candidates(desk: Desk, kind: AssigneeKind, owner: Member | None) -> list[Member]:
    if kind == "owner":
        return []
    near = owner or desk.actor
    if kind == "manager" and near is not None:
        return await managers_for(desk, near)
    if near is not None and near.team_id is not None:
        return [m for m in await members.of_team(desk.session, near.team_id) if kind in roles_of(m)]
    return await members.with_role(desk.session, desk.workspace.id, kind)


async def _least_busy(desk: Desk, found: Sequence[Member]) -> Member:
    if len(found) == 1:
        return found[0]
    at_work = [m for m in found if not is_absent(today_of(desk, m), m.absent_from, m.absent_until)]
    ids: list[UUID] = [m.id for m in found]
    return fewest_open(at_work or found, await stored.open_counts(desk.session, ids))
