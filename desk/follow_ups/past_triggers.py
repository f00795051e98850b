"""Calls for what happened while the rule that asks for them was off."""

from datetime import datetime

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import rule_plans
from desk.follow_ups.first_plans import BEGINNINGS
from desk.follow_ups.instalment_calls import settles
from desk.follow_ups.lifecycle import PlannedFollowUp
from desk.follow_ups.pickups import counted_from
from desk.follow_ups.workspace_cadence import cadence_of
from desk.rules.cadence import LOOKS_BACK, Rule
from storage.queries.calls import calls
from storage.queries.follow_ups import follow_ups, quiet_periods, replanning
from storage.queries.loans import loans
from storage.tables import Loan


@dataclass(frozen=True, slots=True)
class _Event:
    """When what a rule begins with happened last on a loan, and the call that it would have planned for it. Its days count from
    `counted_from`."""

    at: datetime
    trigger: str
    counted_from: datetime


async def request(desk: Desk, rule: Rule) -> None:
    """Have the worker plan, by a rule that was switched on, for what happened lately."""
    since = desk.now - rule.looks_back
    session, workspace_id = desk.session, desk.workspace.id
    if rule.outcome is not None:
        await replanning.request_with_call(session, workspace_id, rule.outcome, rule.code, desk.now, since)
    elif rule.done is not None or rule.after is not None:
        await replanning.request_with_finished(
            session, workspace_id, rule.code, desk.now, since, purpose=rule.done, by_rule=rule.after
        )
    elif rule.stage is not None:
        await replanning.request_of_stage(session, workspace_id, rule.stage, rule.code, desk.now, since=since)
        if rule.counts_from is not None:
            await replanning.request_picked_up(session, workspace_id, rule.stage, rule.code, desk.now, since=since)


async def plan(desk: Desk, loan: Loan, code: str) -> list[PlannedFollowUp]:
    """Plan on a locked loan what a rule would have planned had it been on when it was to begin, unless it is too long ago, the
    loan needs no call, or one with the same purpose is open or was planned since.

    What began within `LOOKS_BACK` is planned for the first working time if it is late by now, what began earlier only if its
    call is still to come.
    """
    rule = cadence_of(desk).get(code)
    if rule is None or not rule.enabled or not _fits(desk, loan, rule):
        return []
    if await quiet_periods.current(desk.session, loan.id, desk.workspace_today) is not None:
        return []
    event = await _event(desk, loan, rule)
    if event is None:
        return []
    rows = await follow_ups.with_purpose(desk.session, loan.id, rule.purpose, since=event.at)
    if any(row.state == "open" or settles(row) for row in rows):
        return []
    begins = max(event.at, event.counted_from)
    if begins < desk.now - LOOKS_BACK and await rule_plans.is_late(desk, loan, rule, event.counted_from):
        return []
    return await rule_plans.plan_since(desk, loan, rule, trigger=event.trigger, since=event.counted_from)


def _fits(desk: Desk, loan: Loan, rule: Rule) -> bool:
    """Return whether the rule plans calls in the stage of the loan."""
    stage = cadence_of(desk).stage_of(rule)
    return stage == loan.stage if stage is not None else not VOCABULARY.stage(loan.stage).ended


async def _event(desk: Desk, loan: Loan, rule: Rule) -> _Event | None:
    if rule.begins_with_stage:
        return await _entry(desk, loan, rule)
    if rule.outcome is not None:
        # A later call with another outcome has answered what this one left open.
        last = next(iter(await calls.last_of_loan(desk.session, loan.id, limit=1)), None)
        if last is None or last.outcome != rule.outcome:
            return None
        return _Event(last.at, rule_plans.trigger_of_call(rule, loan, last.follow_up_id), last.at)
    ended = await follow_ups.last_finished(desk.session, loan.id, purpose=rule.done, rule=rule.after)
    if ended is None or ended.closed_at is None:
        return None
    made = await calls.last_answering(desk.session, ended.id)
    if made is not None and made.outcome in rule.never_after:
        return None
    return _Event(ended.closed_at, rule_plans.trigger_of_call(rule, loan, ended.id), ended.closed_at)


async def _entry(desk: Desk, loan: Loan, rule: Rule) -> _Event | None:
    """Return the entry of the loan into its stage. A file may bring a loan that has been at a later stage for years."""
    change = next(iter(await loans.stage_changes(desk.session, loan.id, limit=1)), None)
    from_stage = change.from_stage if change is not None else None
    if from_stage is None and loan.stage not in BEGINNINGS:
        return None
    if rule.only_from and from_stage not in rule.only_from:
        return None
    since = await counted_from(desk, loan.id, rule) or loan.stage_since
    return _Event(loan.stage_since, rule_plans.trigger_of_stage(rule, loan), since)
