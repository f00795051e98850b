"""What the desk plans on a locked loan by the rules of its cadence (`desk/data/cadence.toml` and the workspace's numbers).

Each function returns what it planned: nothing when no rule applies, the call was planned before for the same trigger, or no
member could make it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from desk.core.transaction import Desk
from desk.core.values import Due
from desk.core.vocabulary import Outcome
from desk.follow_ups import check_plans, lifecycle
from desk.follow_ups.assignees import Terms, assignee_of
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.workspace_cadence import cadence_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of
from desk.rules.cadence import Condition, Rule, plan_due
from desk.rules.checks import latest
from desk.rules.instalments import ALL_PAID, instalment_on_or_after, is_paused, next_unpaid_instalment
from storage.queries.follow_ups import checks, follow_ups
from storage.queries.loans import terms
from storage.queries.repayment import repayment
from storage.tables import FollowUp, Loan, Member

DOCUMENTS = "documents"
"""The rule of a call that was placed by the dates of the documents that it asks for."""

_AFTER_ARREARS = timedelta(days=183)
"""How long arrears or a promise make a second reminder of an instalment: half a year."""


@dataclass(frozen=True, slots=True)
class InstalmentCall:
    """A call about an instalment that a loan's terms require."""

    rule: Rule
    instalment_on: date

    @property
    def trigger(self) -> str:
        """Return what it is planned for: once only."""
        return f"{self.rule.code}@{self.instalment_on}"

    def is_superfluous(self, due: Due, others: Iterable[date]) -> bool:
        """Return whether a second reminder comes too late, or on the day of another one."""
        return bool(self.rule.only_if) and (due.on >= self.instalment_on or due.on in set(others))


async def plan_check(desk: Desk, loan: Loan, purpose: str) -> PlannedFollowUp | None:
    """Plan a check, for the next working morning of a verifier, unless one of this purpose is open."""
    if any(row.purpose == purpose for row in await follow_ups.open_of_loan(desk.session, loan.id)):
        return None
    planned = await _plan(desk, loan, check_plans.rule_of(desk, purpose), trigger=None)
    return planned[0] if planned else None


async def plan_checks_of_product(desk: Desk, loan: Loan) -> list[PlannedFollowUp]:
    """Plan the other checks that an application for the loan's product needs, as far as none is open or was confirmed."""
    known, _vehicle = await terms.of_loan(desk.session, loan.id)
    wanted = check_plans.checks_for(known.product if known else None)[1:]
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
        trigger = f"{rule.code}@{loan.stage_since:%Y-%m-%dT%H:%M:%SZ}"
        there = rule.unless_open and any(row.state == "open" and row.purpose == rule.purpose for row in known)
        if not there and not any(row.rule_trigger == trigger and _settles(row) for row in known):
            planned += await _plan(desk, loan, rule, trigger=trigger)
    if loan.stage == check_plans.STAGE:
        planned += await plan_checks_of_product(desk, loan)
    return Replanned(tuple(planned), replanned.cancelled)


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
            subject = ended.id if ended else loan.id
            planned += await _plan(desk, loan, rule, trigger=f"{rule.code}@{subject}")
    return tuple(planned)


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
    first_due_on = await _first_due_on(desk, loan, known)
    required = calls_required(desk, loan, known, first_due_on, await _grace_days(desk, loan))
    cancelled = _cancel_obsolete(desk, loan, required, known, first_due_on)
    planned: list[PlannedFollowUp] = []
    for call in required:
        planned += await _plan_of_instalment(desk, loan, call, known, planned)
    return Replanned(tuple(planned), cancelled)


def calls_required(
    desk: Desk,
    loan: Terms,
    known: Sequence[FollowUp] = (),
    first_due_on: date | None = None,
    grace_days: int = 0,
) -> list[InstalmentCall]:
    """Return the calls that the terms of a loan require: about arrears, if its schedule, the lender's data or a member
    (`unpaid_since`) says that there are any, or else the reminders of the next unpaid instalment, unless that is on autopay. In
    a pause of its instalments, none.

    `known` are its follow-ups about instalments. `first_due_on` is its first instalment, if none was paid or missed: none is
    before it. `grace_days` are those of its schedule, on which nothing is past due.
    """
    instalment_on = _next_unpaid(desk, loan, first_due_on)
    if instalment_on is None or _is_paused(desk, loan, instalment_on):
        return []
    cadence = cadence_of(desk)
    if _in_arrears(desk, loan, grace_days):
        rule = cadence.of_arrears((desk.workspace_today - instalment_on).days)
        rules = (rule,) if rule else ()
    else:
        holds: set[Condition] = set()
        if _had_arrears(desk, known):
            holds.add("after_arrears")
        if instalment_on == first_due_on:
            holds.add("first_instalment")
        dated = () if loan.autopay else cadence.of_date("instalment")
        rules = tuple(each for each in dated if not each.only_if or holds & set(each.only_if))
    return [InstalmentCall(rule, instalment_on) for rule in rules if rule.stage in (None, loan.stage)]


async def plan_documents(desk: Desk, loan: Loan) -> PlannedFollowUp | None:
    """Plan the call that asks for documents requested without a due time."""
    planned = await _plan(desk, loan, documents_rule(desk), trigger=None)
    return planned[0] if planned else None


def documents_rule(desk: Desk) -> Rule:
    """Return the rule for documents that were requested without a date."""
    return next(rule for rule in cadence_of(desk).rules if rule.state == DOCUMENTS)


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
        contact=lifecycle.contact_hours(desk),
    )


async def _plan(
    desk: Desk,
    loan: Loan,
    rule: Rule,
    *,
    trigger: str | None,
    instalment_on: date | None = None,
    others: Iterable[date] = (),
) -> list[PlannedFollowUp]:
    assignee = await assignee_of(desk, loan, rule.assignee)
    if assignee is None:
        return []
    if check_plans.is_check(rule):
        due = await check_plans.place(desk, rule, assignee)
    else:
        due = await due_by_rule(desk, rule, assignee, on=instalment_on)
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
    about = [row for row in known if row.purpose == call.rule.purpose]
    if any(_settles(row) and _is_of(row, call) for row in about):
        return []
    others = [row.due_on for row in about if row.instalment_on == call.instalment_on and _settles(row)]
    others += [each.follow_up.due_on for each in planned]
    return await _plan(desk, loan, call.rule, trigger=call.trigger, instalment_on=call.instalment_on, others=others)


def _is_of(row: FollowUp, call: InstalmentCall) -> bool:
    """Return whether a follow-up of the same purpose takes the place of that call: it was planned for it, or it is a member's.

    Members plan one call about an instalment: it counts as that of the first rule, and while it is open as that of each.
    """
    if row.rule_trigger is not None:
        return row.rule_trigger == call.trigger or (row.rule is None and row.state == "open" and not call.rule.only_if)
    first = not call.rule.only_if and not call.rule.days_past_due
    return row.instalment_on == call.instalment_on and (first or (row.state == "open" and not call.rule.only_if))


async def _again(desk: Desk, loan: Loan, ended: FollowUp) -> InstalmentCall | None:
    """Return the call that repeats a finished one while the loan is in arrears, as often as its rule says."""
    rule = cadence_of(desk).get(ended.rule)
    if rule is None or not rule.again_days or ended.instalment_on is None:
        return None
    if not _in_arrears(desk, loan, await _grace_days(desk, loan)):
        return None
    call = InstalmentCall(replace(rule, place="day", days=rule.again_days), ended.instalment_on)
    known = await follow_ups.about_instalments(desk.session, loan.id)
    return call if sum(row.rule_trigger == call.trigger for row in known) < rule.at_most else None


def _settles(row: FollowUp) -> bool:
    """Return whether its trigger needs no other plan, unlike one that ended, was undone, or was cancelled by the rule."""
    return row.state in ("open", "done") or (row.state == "cancelled" and row.closed_by_id is not None)


async def _grace_days(desk: Desk, loan: Loan) -> int:
    """Return the days of grace of the loan's schedule; they are read only where they count."""
    if loan.next_instalment_on is None or loan.next_instalment_on >= desk.workspace_today:
        return 0
    found = (await repayment.schedules_of(desk.session, [loan.id])).get(loan.id)
    return found.grace_days if found is not None else 0


async def _first_due_on(desk: Desk, loan: Loan, known: Iterable[FollowUp]) -> date | None:
    """Return the date of the first instalment of a loan of which none has been paid or missed; it is not asked of others.

    `known` are the loan's follow-ups about instalments: once one was about an earlier instalment, the next is not the first.
    """
    rules = cadence_of(desk).of_date("instalment")
    if not any(rule.stage in (None, loan.stage) for rule in rules):
        return None
    if first_is_next(loan):
        return await terms.first_due_on(desk.session, loan.id)
    following = loan.next_instalment_on
    if following is None or following < desk.workspace_today or following == ALL_PAID:
        return None
    if any(row.instalment_on is not None and row.instalment_on < following for row in known):
        return None
    return following if await repayment.begins_on(desk.session, loan.id) == following else None


def first_is_next(loan: Terms) -> bool:
    """Return whether the next instalment of a loan may be its first: none was paid or missed, and no schedule says more."""
    untouched = not loan.paid_through and not loan.unpaid_since
    return untouched and loan.due_day is not None and loan.next_instalment_on is None


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


def _in_arrears(desk: Desk, loan: Terms, grace_days: int) -> bool:
    oldest = _next_unpaid(desk, loan)
    if oldest is None or _is_paused(desk, loan, oldest):
        return False
    if loan.next_instalment_on is not None:
        return (desk.workspace_today - oldest).days > grace_days
    return loan.unpaid_since is not None and oldest <= desk.workspace_today


def _had_arrears(desk: Desk, known: Iterable[FollowUp]) -> bool:
    """Return whether calls about arrears or promises were planned within half a year."""
    since = desk.now - _AFTER_ARREARS
    return any(
        row.purpose in ("overdue", "promise") and row.state != "undone" and row.created_at >= since for row in known
    )


def _cancel_obsolete(
    desk: Desk,
    loan: Loan,
    required: Sequence[InstalmentCall],
    known: Iterable[FollowUp],
    first_due_on: date | None,
) -> int:
    """Cancel reminders of instalments on autopay, with another due day or before the first one, and calls about arrears that
    are paid or have reached another bucket; return how many."""
    cadence = cadence_of(desk)
    arrears = next((call for call in required if call.rule.state == "arrears"), None)
    rules = {call.rule.code for call in required}
    cancelled = 0
    for row in known:
        rule = cadence.get(row.rule)
        if row.state != "open" or row.instalment_on is None or rule is None:
            continue
        if rule.state == "arrears":
            obsolete = arrears is None or rule != arrears.rule or row.instalment_on < arrears.instalment_on
        elif rule.date == "instalment":
            first = row.instalment_on == first_due_on  # it may be on another day than those after it
            early = first_due_on is not None and row.instalment_on < first_due_on
            unwanted = arrears is None and rule.code not in rules
            moved = row.instalment_on != _instalment_like(loan, row.instalment_on) and not first
            obsolete = unwanted or early or moved or _is_paused(desk, loan, row.instalment_on)
        else:
            continue
        if obsolete:
            cancel(desk, row)
            cancelled += 1
    return cancelled


def _instalment_like(loan: Loan, day: date) -> date | None:
    """Return the instalment that a reminder of one on that day is about now: another one if the due day or the schedule
    has changed."""
    if loan.next_instalment_on is not None:
        return loan.next_instalment_on
    return instalment_on_or_after(day, loan.due_day) if loan.due_day else None


def cancel(desk: Desk, row: FollowUp) -> None:
    """Cancel a call that a rule planned; no member did, so that the rule may plan it again."""
    lifecycle.close(desk, row, "cancelled")
    row.closed_by_id = None
    desk.audit("follow_up_cancelled", loan_id=row.loan_id, subject_id=row.id)


def _had_any(loan: Loan) -> bool:
    """Return whether a follow-up was ever planned on the loan: its counter never goes back."""
    return loan.next_follow_up_number > 1
