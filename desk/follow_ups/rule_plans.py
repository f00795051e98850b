"""What the desk plans on a locked loan by the rules of its cadence (`desk/data/cadence.toml` and the workspace's numbers).

Each function returns what it planned: nothing when no rule applies, the call was planned before for the same trigger, or no
member could make it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import Outcome
from desk.follow_ups import check_plans, lifecycle
from desk.follow_ups.assignees import assignee_of
from desk.follow_ups.contact_limits import contact_hours
from desk.follow_ups.instalment_calls import (
    InstalmentCall,
    calls_required,
    days_in_arrears,
    days_of_others,
    facts_of,
    is_obsolete,
    is_wanted,
    settles,
)
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.pickups import counted_from
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of
from desk.rules.cadence import Rule
from desk.rules.cadence_times import plan_due
from desk.rules.checks import latest
from storage.queries.follow_ups import checks, follow_ups
from storage.queries.loans import terms
from storage.tables import FollowUp, Loan, Member

DOCUMENTS = "documents"
"""The rule of a call that was placed by the dates of the documents that it asks for."""


async def plan_check(desk: Desk, loan: Loan, purpose: str) -> PlannedFollowUp | None:
    """Plan a check, for the next working morning of a verifier, unless one of this purpose is open."""
    if any(row.purpose == purpose for row in await follow_ups.open_of_loan(desk.session, loan.id)):
        return None
    planned = await _plan(desk, loan, check_plans.rule_of(desk, purpose), trigger=None)
    return planned[0] if planned else None


async def plan_checks_of_product(desk: Desk, loan: Loan) -> list[PlannedFollowUp]:
    """Plan the other checks that an application for the loan's product needs, as far as none is open or was confirmed."""
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    wanted = check_plans.checks_for(await check_plans.product_of(desk, known))[1:]
    made = latest(await checks.of_loan(desk.session, loan.id)) if wanted else {}
    found: list[PlannedFollowUp] = []
    for purpose in wanted:
        if purpose in made and made[purpose].state == "confirmed":
            continue
        await desk.session.flush()  # each check goes to who has the fewest then
        if (planned := await plan_check(desk, loan, purpose)) is not None:
            found.append(planned)
    return found


@dataclass(frozen=True, slots=True)
class Replanned:
    """What became of a loan's calls by rule: those planned now, and how many others were cancelled."""

    planned: tuple[PlannedFollowUp, ...]
    cancelled: int = 0


async def plan_for_stage(desk: Desk, loan: Loan, from_stage: str | None = None) -> Replanned:
    """Plan what the rules of the loan's stage require, and of a loan in repayment the calls about its next instalment.

    `from_stage` is the stage that it left, None for a new loan.
    """
    replanned = await replan_instalment(desk, loan)
    rules = cadence_of(desk).of_stage(loan.stage, from_stage)
    if not rules:
        return replanned
    planned = list(replanned.planned)
    known = await follow_ups.of_loan_by_trigger(desk.session, loan.id) if _had_any(loan) else []
    for rule in rules:
        trigger = trigger_of_stage(rule, loan)
        there = rule.unless_open and any(row.state == "open" and row.purpose == rule.purpose for row in known)
        if not there and not any(row.rule_trigger == trigger and settles(row) for row in known):
            planned += await _plan(desk, loan, rule, trigger=trigger)
    if loan.stage == check_plans.STAGE:
        planned += await plan_checks_of_product(desk, loan)
    return Replanned(tuple(planned), replanned.cancelled)


async def plan_cancelled(desk: Desk, loan: Loan) -> list[PlannedFollowUp]:
    """Plan the calls of the loan's stage again that were cancelled by no member: while nothing was needed, or their rule was
    off."""
    cadence, planned = cadence_of(desk), list[PlannedFollowUp]()
    rows = await follow_ups.of_loan_by_trigger(desk.session, loan.id)
    settled = {row.rule_trigger for row in rows if settles(row)}
    there = {row.purpose for row in rows if row.state == "open"}
    for row in rows:
        rule = cadence.get(row.rule)
        if rule is None or not rule.enabled or row.state != "cancelled" or row.created_at < loan.stage_since:
            continue
        if cadence.stage_of(rule) == loan.stage and row.rule_trigger not in settled and rule.purpose not in there:
            planned += await _plan(desk, loan, rule, trigger=row.rule_trigger)
            settled.add(row.rule_trigger)
            there.add(rule.purpose)
    return planned


def cancel_of_stage(desk: Desk, rows: Iterable[FollowUp], stage: str) -> list[FollowUp]:
    """Cancel the open calls that rules planned for a stage which the loan leaves; what a person planned or moved stays."""
    cadence = cadence_of(desk)
    left = [row for row in rows if row.state == "open" and cadence.ends_with_stage(row.rule, stage)]
    for row in left:
        cancel(desk, row)
    return left


def cancel_reminders(desk: Desk, rows: Iterable[FollowUp], promise: FollowUp | None) -> list[FollowUp]:
    """Cancel the open calls that rules planned about an instalment which the borrower has promised to pay."""
    cadence = cadence_of(desk)
    left: list[FollowUp] = []
    for row in rows:
        rule = cadence.get(row.rule)
        about_instalment = rule is not None and (rule.date == "instalment" or rule.state == "arrears")
        other = (
            promise is not None
            and None not in (row.instalment_on, promise.instalment_on)
            and row.instalment_on != promise.instalment_on
        )
        if row.state == "open" and about_instalment and not other:
            cancel(desk, row)
            left.append(row)
    return left


async def follow_on(
    desk: Desk, loan: Loan, ended: FollowUp | None, outcome: Outcome | None, *, typed: bool = False
) -> tuple[PlannedFollowUp, ...]:
    """Plan what the rules require after a call with that outcome (None: it was finished without one) that ended a follow-up.

    `typed`: the caller agreed on a next call, which takes the place of asking again. A call with a purpose of which one is
    open is not planned.
    """
    cadence = cadence_of(desk)
    code = outcome.code if outcome else None
    begun = cadence.following(code, ended.purpose if ended else None, ended.rule if ended else None)
    rules = [rule for rule in begun if not (typed and rule.after) and cadence.stage_of(rule) in (None, loan.stage)]
    again = None if typed or ended is None else await _again(desk, loan, ended)
    if not rules and again is None:
        return ()
    there = {row.purpose for row in await follow_ups.open_of_loan(desk.session, loan.id)}
    planned: list[PlannedFollowUp] = []
    if again is not None and again.rule.purpose not in there:
        planned += await _plan(desk, loan, again.rule, trigger=again.trigger, instalment_on=again.instalment_on)
    for rule in rules:
        if rule.purpose not in there:
            trigger = trigger_of_call(rule, loan, ended.id if ended else None)
            planned += await _plan(desk, loan, rule, trigger=trigger)
    return tuple(planned)


def trigger_of_stage(rule: Rule, loan: Loan) -> str:
    """Return what a rule that the loan's stage begins plans its call for."""
    return f"{rule.code}@{loan.stage_since:%Y-%m-%dT%H:%M:%SZ}"


def trigger_of_call(rule: Rule, loan: Loan, ended_id: UUID | None) -> str:
    """Return what a rule that a call begins plans its own for: the follow-up that the call answered, if it did."""
    return f"{rule.code}@{ended_id or loan.id}"


async def plan_instalment(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call about arrears, else the reminders of the next instalment; cancel rule plans without a reason. Return the
    first of them.

    Call it when the loan enters repayment, an instalment was paid, or imported data changed.
    """
    planned = (await replan_instalment(desk, loan)).planned
    return planned[0] if planned else None


async def replan_instalment(desk: Desk, loan: Loan, known: Sequence[FollowUp] | None = None) -> Replanned:
    """Do as `plan_instalment` does, and return all of it. `known`, if given, are all follow-ups of the loan about
    instalments; otherwise they are read."""
    if not _had_any(loan):
        known = ()
    elif known is None:
        known = await follow_ups.about_instalments(desk.session, loan.id)
    facts = await facts_of(desk, loan, known)
    required = calls_required(desk, loan, known, facts)
    obsolete = [row for row in known if is_obsolete(desk, loan, row, required, facts)]
    for row in obsolete:
        cancel(desk, row)
    planned: list[PlannedFollowUp] = []
    for call in required:
        planned += await _plan_of_instalment(desk, loan, call, known, planned)
    return Replanned(tuple(planned), len(obsolete))


async def plan_documents(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call that asks for documents requested without a due time, unless its rule is off."""
    if not documents_rule(desk).enabled:
        return None
    planned = await _plan(desk, loan, documents_rule(desk), trigger=None)
    return planned[0] if planned else None


def documents_rule(desk: Desk) -> Rule:
    """Return the rule for documents that were requested without a date."""
    return next(rule for rule in cadence_of(desk).rules if rule.state == DOCUMENTS)


def expiry_rule(desk: Desk) -> Rule | None:
    """Return the rule for documents that expire, if there is one."""
    return next((rule for rule in cadence_of(desk).rules if rule.state == "expiry"), None)


async def plan_expiry(desk: Desk, loan: Loan, rule: Rule, item_id: UUID) -> PlannedFollowUp | None:
    """Plan the call that asks for a new document in place of this one."""
    planned = await _plan(desk, loan, rule, trigger=f"{rule.code}@{item_id}")
    return planned[0] if planned else None


async def due_by_rule(
    desk: Desk, rule: Rule, assignee: Member, *, on: date | None = None, since: datetime | None = None
) -> Due:
    """Return when a call by that rule is due for that assignee, at an hour when borrowers may be called."""
    return plan_due(
        rule,
        desk.now,
        hours_of(desk, assignee),
        await calendar_of(desk),
        since=since,
        on=on,
        contact=contact_hours(desk),
    )


async def plan_since(desk: Desk, loan: Loan, rule: Rule, *, trigger: str, since: datetime) -> list[PlannedFollowUp]:
    """Plan a call by a rule for what happened at that instant, from which its due time counts."""
    return await _plan(desk, loan, rule, trigger=trigger, since=since)


async def is_late(desk: Desk, loan: Loan, rule: Rule, since: datetime) -> bool:
    """Return whether a call by a rule for what happened at that instant would be late now."""
    assignee = await assignee_of(desk, loan, rule.assignee)
    if assignee is None:
        return True
    hours, contact = hours_of(desk, assignee), contact_hours(desk)
    due = plan_due(rule, since, hours, await calendar_of(desk), contact=contact)
    return due.at < desk.now if due.at is not None else due.on < today_of(desk, assignee)


async def _plan(
    desk: Desk,
    loan: Loan,
    rule: Rule,
    *,
    trigger: str | None,
    since: datetime | None = None,
    instalment_on: date | None = None,
    others: Iterable[date] = (),
) -> list[PlannedFollowUp]:
    assignee = await assignee_of(desk, loan, rule.assignee)
    if assignee is None:
        return []
    if check_plans.is_check(rule):
        due = await check_plans.place(desk, rule, assignee)
    else:
        since = since or await counted_from(desk, loan.id, rule)
        due = await due_by_rule(desk, rule, assignee, on=instalment_on, since=since)
    if instalment_on is not None and InstalmentCall(rule, instalment_on).is_superfluous(due, others):
        return []
    planned = await lifecycle.plan(
        desk,
        loan,
        purpose=rule.purpose,
        assignee=assignee,
        due=due,
        rule=rule.code,
        rule_trigger=trigger,
        instalment_on=instalment_on,
    )
    return [planned]


async def _plan_of_instalment(
    desk: Desk, loan: Loan, call: InstalmentCall, known: Sequence[FollowUp], planned: Sequence[PlannedFollowUp]
) -> list[PlannedFollowUp]:
    if not is_wanted(desk, call, known):
        return []
    others = [*days_of_others(known, call), *(each.follow_up.due_on for each in planned)]
    return await _plan(desk, loan, call.rule, trigger=call.trigger, instalment_on=call.instalment_on, others=others)


async def _again(desk: Desk, loan: Loan, ended: FollowUp) -> InstalmentCall | None:
    """Return the call that repeats a finished one while the loan is in arrears, as often as its rule says."""
    rule = cadence_of(desk).get(ended.rule)
    if rule is None or not rule.again_days or ended.instalment_on is None:
        return None
    if days_in_arrears(desk, loan, await facts_of(desk, loan)) is None:
        return None
    call = InstalmentCall(replace(rule, place="day", days=rule.again_days), ended.instalment_on)
    known = await follow_ups.about_instalments(desk.session, loan.id)
    return call if sum(row.rule_trigger == call.trigger for row in known) < rule.at_most else None


def cancel(desk: Desk, row: FollowUp) -> None:
    """Cancel a call that a rule planned; no member did, so that the rule may plan it again."""
    lifecycle.close(desk, row, "cancelled")
    row.closed_by_id = None
    desk.audit("follow_up_cancelled", loan_id=row.loan_id, subject_id=row.id)


def _had_any(loan: Loan) -> bool:
    """Return whether a follow-up was ever planned on the loan: its counter never goes back."""
    return loan.next_follow_up_number > 1
