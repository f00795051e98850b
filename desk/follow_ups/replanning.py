"""Plan the calls of loans again whose answer a new day may have changed: nobody touches a loan on the day on which its instalment
falls past due, its arrears reach another bucket, or its pause is over."""

from collections.abc import Awaitable, Callable, Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups import past_triggers, rule_plans, standing
from desk.follow_ups.workspace_cadence import cadence_of
from desk.rules.cadence import LOOKS_BACK, Rule
from desk.rules.schedules import MOST_GRACE
from storage.queries.follow_ups import quiet_periods, replanning
from storage.queries.follow_ups.replanning import Days
from storage.queries.loans import loans
from storage.queries.people import workspaces
from storage.tables import Loan

BATCH = 20
"""How many loans are planned again in one transaction, which holds up others for less than 0.2 s."""

_FURTHEST = timedelta(days=400)
"""How far a desk looks back that never looked at its loans."""


async def replan_loans(desk: Desk, only: Collection[UUID] | None = None) -> bool:
    """Plan the calls of the next loans again (of `only` these, if given), after listing those of a new day. Return whether there
    may be more.

    A worker that is stopped loses the batch in hand, and the next does it again; two at once take different loans.
    """
    if only is None:
        # Another process may have begun the day, or changed the rules, since this one read the workspace.
        desk.workspace = await workspaces.current(desk.session, desk.workspace.id)
        if await _begin_day(desk):
            return True
    taken = await replanning.take(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    for loan_id, rules in taken:
        await _replan(desk, loan_id, rules)
    return len(taken) == BATCH


async def loans_to_replan(desk: Desk) -> list[list[UUID]]:
    """Return what `replan_loans` would do next, each loan apart."""
    return [[each] for each in await replanning.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)]


async def _begin_day(desk: Desk) -> bool:
    """List the loans whose answer may be another one since the last day on which they were listed. Return False if they are."""
    today = desk.workspace_today
    before = await replanning.last_day(desk.session, desk.workspace.id, today)
    if before == today:
        return False
    if not await replanning.begin_day(desk.session, desk.workspace.id, today):
        return False
    after = max(before, today - _FURTHEST) if before is not None else today - _FURTHEST
    midnight = datetime.combine(after + timedelta(days=1), time(), ZoneInfo(desk.workspace.zone))
    rules = [rule for rule in cadence_of(desk).rules if rule.enabled and rule.state == "arrears"]
    await replanning.request_changed(
        desk.session,
        desk.workspace.id,
        Days(after, today, midnight),
        desk.now,
        past_due={rule.days_past_due for rule in rules},
        again={rule.again_days for rule in rules if rule.again_days},
        most_grace=MOST_GRACE,
    )
    await request_expiring(desk)
    return True


async def request_expiring(desk: Desk) -> None:
    """Have the worker ask again for documents that expire, if the rule for that is on."""
    rule = rule_plans.expiry_rule(desk)
    if rule is not None and rule.enabled:
        since, until = days_of_expiry(desk, rule)
        await replanning.request_expiring(
            desk.session, desk.workspace.id, rule.code, desk.now, since=since, until=until
        )


def days_of_expiry(desk: Desk, rule: Rule) -> tuple[date, date]:
    """Return the first and the last day of those on which a document expires that is asked for again today."""
    today = desk.workspace_today
    return today - LOOKS_BACK, today + timedelta(days=rule.days_before)


ASK_AGAIN: list[Callable[[Desk, Loan, Rule], Awaitable[None]]] = []
"""What asks again for the documents of a locked loan that expire; the module about documents adds it."""


async def _replan(desk: Desk, loan_id: UUID, switched_on: Collection[str]) -> None:
    loan = await loans.lock(desk.session, loan_id)
    is_live = not VOCABULARY.stage(loan.stage).ended
    if is_live:
        if loan.paused_until is not None and loan.paused_until <= desk.workspace_today:
            await standing.refresh(desk, loan)  # another pause may follow
        await rule_plans.replan_instalment(desk, loan)
    for code in switched_on:
        rule = cadence_of(desk).get(code)
        if rule is not None and rule.state == "expiry":
            for ask_again in ASK_AGAIN:
                await ask_again(desk, loan, rule)
        else:
            await past_triggers.plan(desk, loan, code)
        await desk.session.flush()
    if is_live and await quiet_periods.current(desk.session, loan.id, desk.workspace_today) is None:
        await rule_plans.plan_cancelled(desk, loan)
    await desk.session.flush()
