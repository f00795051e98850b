"""A manager changes the numbers of a rule that plans calls, or switches it off; the calls that it has planned follow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from desk.core import recomputations
from desk.core.changes import offer_undo
from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid
from desk.core.permissions import require_role
from desk.core.recomputations import computes, leave_to_worker
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo, recomputes_after
from desk.core.values import Due
from desk.follow_ups import appointment_calls, lifecycle, past_triggers, rule_plans
from desk.follow_ups.instalment_calls import InstalmentCall
from desk.follow_ups.pickups import counted_from
from desk.follow_ups.replanning import request_expiring
from desk.follow_ups.workspace_cadence import cadence_of, replace_numbers, scale_of
from desk.people.members import today_of
from desk.rules.arrears import BUCKETS, Bucket
from desk.rules.cadence import BUCKET, CADENCE, LARGEST, LOOKS_BACK, Rule, usual_bucket
from storage.queries.core import recomputations as queries
from storage.queries.follow_ups import follow_ups, replanning
from storage.queries.loans import loans
from storage.queries.people import members, workspaces
from storage.tables import CadenceVersion, CalendarOverride, FollowUp, Loan, Member, Recomputation, Undo, Workspace

KIND = "cadence"
"""Recompute when the calls that rules planned are due: those of one rule, whose code follows behind a point, or of all."""

CALENDAR = "cadence_calendar"
"""Recompute when the calls that rules placed by a date are due."""

SWITCHED_ON = "cadence_on"
"""Plan the calls of the rule whose code follows behind a point."""


@dataclass(frozen=True, slots=True)
class RulesToChange:
    """The rules of the workspace, the buckets past due from which on rules of arrears may apply, and the version of the row that
    keeps its own numbers."""

    rules: tuple[Rule, ...]
    buckets: tuple[Bucket, ...]
    version: int


@dataclass(frozen=True, slots=True)
class RuleChanged:
    """A rule with its new numbers. The worker moves and cancels the calls that it planned.

    `switched`: it was switched on or off. One that is on also plans for what it begins with from `since` on; None: it plans for
    what there is now.
    """

    rule: Rule
    undo_id: UUID
    switched: bool = False
    since: date | None = None


def rules_to_change(desk: Desk) -> RulesToChange:
    """Return the rules of the workspace. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "change_cadence")
    return RulesToChange(cadence_of(desk).rules, scale_of(desk).buckets[1:], desk.workspace.version)


async def change_rule(
    desk: Desk, code: str, *, enabled: bool, numbers: Mapping[str, int], version: int, bucket: int | None = None
) -> RuleChanged:
    """Give a rule other numbers, switch it on or off, or have a rule of arrears apply from another `bucket` on, counted from 1.
    From the commit on it plans by them.

    Raises NotAllowed (`role_missing`), Conflict (`rules_changed`), Invalid (`nothing_changed_here`, `rule_number`,
    `bucket_gone`, `bucket_in_use`: another rule begins with it).
    """
    require_role(desk, "change_cadence")
    row = await workspaces.locked(desk.session, desk.workspace.id)
    if row.version != version:
        raise Conflict("rules_changed")
    rule, shipped = cadence_of(desk).rule(code), CADENCE.rule(code)
    for name, value in numbers.items():
        if name not in rule.numbers or not 1 <= value <= LARGEST:
            raise Invalid("rule_number", given=value, low=1, high=LARGEST)
    wanted = {name: numbers.get(name, getattr(rule, name)) for name in rule.numbers} | {"enabled": int(enabled)}
    reached = _bucket(desk, rule, bucket, enabled=enabled)
    if reached == rule.reached and all(int(getattr(rule, name)) == value for name, value in wanted.items()):
        raise Invalid("nothing_changed_here")
    own = {name: value for name, value in wanted.items() if int(getattr(shipped, name)) != value}
    if reached is not None and reached != usual_bucket(shipped, scale_of(desk)):
        own[BUCKET] = scale_of(desk).place(reached)
    replace_numbers(desk, row, {code: own})
    switched_on = enabled and not rule.enabled
    _leave_to_worker(desk, code, switched_on=switched_on)
    desk.audit("change_cadence", subject_id=row.id, rule=code)
    await desk.session.flush()
    return RuleChanged(
        cadence_of(desk).rule(code),
        offer_undo(desk, "change_cadence"),
        switched=enabled is not rule.enabled,
        since=desk.workspace_today - LOOKS_BACK if switched_on and rule.begins_with_event else None,
    )


def _bucket(desk: Desk, rule: Rule, place: int | None, *, enabled: bool) -> Bucket | None:
    """Return the bucket from which on a rule is to apply. Raises Invalid as `change_rule` does."""
    reached = rule.reached if place is None else scale_of(desk).at(place)
    if rule.bucket is None or not enabled:
        return reached
    if reached is None or not reached.first:
        raise Invalid("bucket_gone", field=f"{rule.code}_{BUCKET}")
    others = (each for each in cadence_of(desk).rules if each.code != rule.code and each.enabled)
    if (other := next((each for each in others if each.reached == reached), None)) is not None:
        raise Invalid("bucket_in_use", bucket=reached, rule=other, field=f"{rule.code}_{BUCKET}")
    return reached


def follow_buckets(desk: Desk) -> None:
    """Have the worker plan the calls about arrears again: the days from which on their rules apply have changed."""
    for rule in CADENCE.rules:
        if rule.bucket is not None:
            _leave_to_worker(desk, rule.code, switched_on=False)


@corrects_after_undo(CadenceVersion, Workspace)
async def follow_undo(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Let the calls of rules follow the numbers that an Undo brought back."""
    versions = [each.row for each in rows if isinstance(each.row, CadenceVersion)]
    restored = next((each.row for each in rows if isinstance(each.row, Workspace)), desk.workspace)
    present = restored.cadence or {}
    for undone in versions:
        if undone.numbers.get(BUCKETS) != present.get(BUCKETS):
            follow_buckets(desk)
        for code in sorted(present.keys() | undone.numbers.keys()):
            before, now = undone.numbers.get(code, {}), present.get(code, {})
            if before != now and (shipped := CADENCE.get(code)) is not None:
                was_on, is_on = (bool(each.get("enabled", shipped.enabled)) for each in (before, now))
                _leave_to_worker(desk, code, switched_on=is_on and not was_on)


def _leave_to_worker(desk: Desk, code: str, *, switched_on: bool) -> None:
    leave_to_worker(desk, f"{KIND}.{code}", None)
    if switched_on:
        leave_to_worker(desk, f"{SWITCHED_ON}.{code}", None)


@recomputes_after(CalendarOverride, Workspace)
async def follow_calendar(desk: Desk, _: Sequence[CalendarOverride | Workspace]) -> bool:
    """Have the calls that rules placed by a date moved to where the calendar has it now. Nobody need be told to wait for that."""
    leave_to_worker(desk, CALENDAR, None)
    return False


@computes(KIND)
@computes(CALENDAR)
async def follow_batch(desk: Desk, work: Recomputation) -> bool:
    """Move or cancel the next calls that rules planned, and return whether those were the last."""
    code = work.kind.partition(".")[2]
    changed = CADENCE.get(code)
    if work.at_member_id is None and changed is not None and changed.state == "arrears":
        await replanning.request_in_arrears(desk.session, desk.workspace.id, desk.workspace_today, desk.now)
    ahead = await queries.follow_ups_ahead(desk.session, work, limit=recomputations.BATCH)
    if ahead:
        work.at_member_id, work.at_follow_up_id, _ = ahead[-1]
    codes = [rule.code for rule in cadence_of(desk).rules if _concerns(work, rule)]
    found = await follow_ups.planned_by(desk.session, [row_id for _, row_id, _ in ahead], codes)
    await loans.lock_all(desk.session, {row.loan_id for row in found})
    rows = await follow_ups.still_open(desk.session, [row.id for row in found])
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    for row in rows:
        try:
            await _follow(desk, row, assignees[row.assignee_id])
        except Exception as error:  # one that cannot be computed keeps its time and must not hold up the others
            await set_aside(desk, KIND, row.id, error)
    return len(ahead) < recomputations.BATCH


async def plan_switched_on(desk: Desk, work: Recomputation) -> bool:
    """Plan the calls of a rule that is on again: those that were cancelled when it was off, and what it begins with now."""
    rule = cadence_of(desk).rule(work.kind.partition(".")[2])
    if rule.date == "instalment":
        await replanning.request_all_in_repayment(desk.session, desk.workspace.id, desk.now)
    elif rule.date is not None:
        await appointment_calls.plan_confirmations(desk, rule)
    elif rule.state == "expiry":
        await request_expiring(desk)
    elif rule.begins_with_event:
        await past_triggers.request(desk, rule)
    return True


for _rule in CADENCE.rules:
    computes(f"{KIND}.{_rule.code}")(follow_batch)
    computes(f"{SWITCHED_ON}.{_rule.code}")(plan_switched_on)


def _concerns(work: Recomputation, rule: Rule) -> bool:
    """Return whether the calls of a rule are to be followed: those of the changed rule, or placed by a date."""
    code = work.kind.partition(".")[2]
    return rule.date is not None if work.kind == CALENDAR else code in ("", rule.code)


async def _follow(desk: Desk, row: FollowUp, assignee: Member) -> None:
    """Bring a call that a rule planned to the rule's present numbers, unless it is due already or was tried."""
    rule = cadence_of(desk).get(row.rule)
    if rule is None or row.rule_trigger is None or row.attempts or row.due_on <= today_of(desk, assignee):
        return
    if not rule.enabled:
        rule_plans.cancel(desk, row)
        return
    due = await _due(desk, row, rule, assignee)
    if due is None:
        rule_plans.cancel(desk, row)
    elif due != lifecycle.due_of(row):
        loan = await desk.session.get_one(Loan, row.loan_id)
        await lifecycle.move(desk, row, due, assignee=assignee, keeps_hour=False, by_rule_of=loan)


async def _due(desk: Desk, row: FollowUp, rule: Rule, assignee: Member) -> Due | None:
    """Return when a call by that rule is due now; None when the rule asks for no such call any more."""
    if rule.state == "arrears":
        return await _due_again(desk, row, rule, assignee)
    if rule.date == "instalment" or rule.date is None:
        since = await counted_from(desk, row.loan_id, rule) or row.created_at
        due = await rule_plans.due_by_rule(desk, rule, assignee, on=row.instalment_on, since=since)
        if not rule.only_if or row.instalment_on is None:
            return due
        others = await follow_ups.about_instalments(desk.session, row.loan_id)
        same = (each.due_on for each in others if each.instalment_on == row.instalment_on and each.id != row.id)
        return None if InstalmentCall(rule, row.instalment_on).is_superfluous(due, same) else due
    day = appointment_calls.day_of(row)
    due = await rule_plans.due_by_rule(desk, rule, assignee, on=day)
    return lifecycle.due_of(row) if appointment_calls.is_too_late(rule, due, day) else due


async def _due_again(desk: Desk, row: FollowUp, rule: Rule, assignee: Member) -> Due | None:
    """Return when a call about arrears is due: the first one on its day, each later one so many days after the last."""
    known = await follow_ups.about_instalments(desk.session, row.loan_id)
    earlier = [each for each in known if each.rule_trigger == row.rule_trigger and each.number < row.number]
    if not earlier:
        return lifecycle.due_of(row)
    if len(earlier) >= rule.at_most or not rule.again_days:
        return None
    again = replace(rule, place="day", days=rule.again_days)
    return await rule_plans.due_by_rule(desk, again, assignee, since=row.created_at)
