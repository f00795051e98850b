"""Which calls about its instalments a loan requires on a day, and which planned ones have lost their reason."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.values import Due
from desk.follow_ups.assignees import Terms
from desk.follow_ups.workspace_cadence import cadence_of
from desk.rules.arrears import Pause, days_past_due
from desk.rules.cadence import Condition, Rule
from desk.rules.instalments import (
    ALL_PAID,
    instalment_on_or_after,
    instalment_on_or_before,
    is_paused,
    next_unpaid_instalment,
)
from desk.rules.queues import BROKEN
from desk.rules.working_time import local_date
from storage.queries.loans import terms
from storage.queries.repayment import repayment
from storage.tables import FollowUp, Loan, Promise

_ARREARS, _PROMISE = "overdue", "promise"

_AFTER_ARREARS = timedelta(days=183)
"""How long arrears or a broken promise make a second reminder of an instalment: half a year."""


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


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides about the calls of a loan besides its row. `first_due_on` is its first instalment, if none was paid or
    missed: none is before it. On the days of `grace_days` nothing is past due, and the days of `pauses` do not count.
    `unkept_on` is the last day on which a promise was made that was broken or only partly kept."""

    first_due_on: date | None = None
    grace_days: int = 0
    pauses: tuple[Pause, ...] = ()
    unkept_on: date | None = None


NO_FACTS = Facts()


class FirstDueDays(dict[UUID, date | None]):
    """The dates of the first instalments of loans of which many are changed in one transaction, read at once. Code that changes
    one removes it. Kept in `desk.cache`."""


async def facts_of(desk: Desk, loan: Loan, known: Sequence[FollowUp] = ()) -> Facts:
    """Return these of a loan, whose follow-ups about instalments are `known`; each is read only where it counts."""
    return Facts(
        await _first_due_on(desk, loan, known),
        await _grace_days(desk, loan),
        await _pauses(desk, loan),
        await _unkept_on(desk, loan, known),
    )


def calls_required(
    desk: Desk, loan: Terms, known: Sequence[FollowUp] = (), facts: Facts = NO_FACTS
) -> list[InstalmentCall]:
    """Return the calls that the terms of a loan require: about arrears, if its schedule, the lender's data or a member
    (`unpaid_since`) says that there are any, or else the reminders of the next unpaid instalment, unless that is on autopay.
    None in a pause of its instalments.

    `known` are its follow-ups about instalments.
    """
    instalment_on = _next_unpaid(desk, loan, facts.first_due_on)
    if instalment_on is None or _is_paused(desk, loan, instalment_on):
        return []
    cadence = cadence_of(desk)
    if (days := days_in_arrears(desk, loan, facts)) is not None:
        rule = cadence.of_arrears(days)
        rules = (rule,) if rule else ()
    else:
        holds: set[Condition] = set()
        if _had_arrears(desk, known, instalment_on, facts.unkept_on):
            holds.add("after_arrears")
        if instalment_on == facts.first_due_on:
            holds.add("first_instalment")
        dated = () if loan.autopay else cadence.of_date("instalment")
        rules = tuple(each for each in dated if not each.only_if or holds & set(each.only_if))
    return [InstalmentCall(rule, instalment_on) for rule in rules if rule.stage in (None, loan.stage)]


def days_in_arrears(desk: Desk, loan: Terms, facts: Facts = NO_FACTS) -> int | None:
    """Return how many days a loan is past due, if it is in arrears. The lender may call an instalment unpaid on its day."""
    oldest = _next_unpaid(desk, loan)
    if oldest is None or _is_paused(desk, loan, oldest):
        return None
    if loan.next_instalment_on is not None:
        days = days_past_due(oldest, desk.workspace_today, grace_days=facts.grace_days, pauses=facts.pauses)
        return days if days > 0 else None
    if loan.unpaid_since is None or oldest > desk.workspace_today:
        return None
    return max(days_past_due(oldest, desk.workspace_today, pauses=facts.pauses), 0)


def is_obsolete(desk: Desk, loan: Loan, row: FollowUp, required: Sequence[InstalmentCall], facts: Facts) -> bool:
    """Return whether an open call that a rule planned has lost its reason: a call about arrears that are paid, promised or have
    reached another bucket; a reminder of an instalment that is on autopay, paused, promised, past due, or on another day."""
    rule = cadence_of(desk).get(row.rule)
    if row.state != "open" or row.instalment_on is None or rule is None:
        return False
    arrears = next((call for call in required if call.rule.state == "arrears"), None)
    if rule.state == "arrears":
        return arrears is None or rule != arrears.rule or row.instalment_on < arrears.instalment_on
    if rule.date != "instalment":
        return False
    if arrears is not None and row.instalment_on <= arrears.instalment_on:
        return True
    first = row.instalment_on == facts.first_due_on  # it may be on another day than those after it
    early = facts.first_due_on is not None and row.instalment_on < facts.first_due_on
    unwanted = arrears is None and rule.code not in {call.rule.code for call in required}
    moved = row.instalment_on != _instalment_like(loan, row.instalment_on) and not first
    return unwanted or early or moved or _is_paused(desk, loan, row.instalment_on) or _is_long_past(desk, loan, row)


def _is_of(row: FollowUp, call: InstalmentCall) -> bool:
    """Return whether a follow-up of the same purpose takes the place of that call: it was planned for it, or it is a member's.

    Members plan one call about an instalment: it counts as that of the first rule, and while it is open as that of each.
    """
    if row.rule_trigger is not None:
        return row.rule_trigger == call.trigger or (row.rule is None and row.state == "open" and not call.rule.only_if)
    first = not call.rule.only_if and not call.rule.days_past_due
    return row.instalment_on == call.instalment_on and (first or (row.state == "open" and not call.rule.only_if))


def settles(row: FollowUp) -> bool:
    """Return whether its trigger needs no other plan, unlike one that ended, was undone, or was cancelled by the rule."""
    return row.state in ("open", "done") or (row.state == "cancelled" and row.closed_by_id is not None)


def _is_due_again(desk: Desk, call: InstalmentCall, known: Sequence[FollowUp]) -> bool:
    """Return whether a call about arrears is to be repeated: none is open, the last one was made so many days ago as the rule
    says, and the rule has not planned it as often as it may. One that a member cancelled is not."""
    rule = call.rule
    about = [row for row in known if row.purpose in (_ARREARS, _PROMISE)]
    if not rule.again_days or any(row.state == "open" for row in about):
        return False
    if sum(row.rule_trigger == call.trigger and settles(row) for row in about) >= rule.at_most:
        return False
    ended = [(row.closed_at, row.state) for row in about if row.closed_at is not None and settles(row)]
    if not ended:
        return False
    closed_at, state = max(ended)
    made_on = local_date(closed_at, ZoneInfo(desk.workspace.zone))
    return state == "done" and made_on + timedelta(days=rule.again_days) <= desk.workspace_today


def first_is_next(loan: Terms) -> bool:
    """Return whether the next instalment of a loan may be its first: none was paid or missed, and no schedule says more."""
    untouched = not loan.paid_through and not loan.unpaid_since
    return untouched and loan.due_day is not None and loan.next_instalment_on is None


def is_wanted(desk: Desk, call: InstalmentCall, known: Sequence[FollowUp]) -> bool:
    """Return whether a call that the terms require is to be planned now: it was not planned yet, or is to be repeated; its
    instalment is not promised; and a reminder is not too late, within the days of grace or after a pause. A promise ends the
    reminders of its instalment for good, also once it was asked about."""
    if call.rule.date is not None and call.instalment_on < desk.workspace_today:
        return False
    asked = (row for row in known if row.purpose == _PROMISE and row.state == "done")
    if call.rule.date is not None and any(row.instalment_on == call.instalment_on for row in asked):
        return False
    promised = (row for row in known if row.purpose == _PROMISE and row.state == "open")
    if any(row.instalment_on in (None, call.instalment_on) for row in promised):
        return False
    about = (row for row in known if row.purpose == call.rule.purpose)
    return not any(settles(row) and _is_of(row, call) for row in about) or _is_due_again(desk, call, known)


def days_of_others(known: Iterable[FollowUp], call: InstalmentCall) -> list[date]:
    """Return the days of the other calls of its purpose about the instalment: a second reminder is on none of them."""
    about = (row for row in known if row.purpose == call.rule.purpose and row.instalment_on == call.instalment_on)
    return [row.due_on for row in about if settles(row)]


async def _first_due_on(desk: Desk, loan: Loan, known: Iterable[FollowUp]) -> date | None:
    """Return the date of the first instalment of a loan of which none has been paid or missed; it is not asked of others.

    `known` are the loan's follow-ups about instalments: once one was about an earlier instalment, the next is not the first.
    """
    rules = cadence_of(desk).of_date("instalment")
    if not any(rule.stage in (None, loan.stage) for rule in rules):
        return None
    if first_is_next(loan):
        days: FirstDueDays = desk.cache.get(FirstDueDays) or FirstDueDays()
        return days[loan.id] if loan.id in days else await terms.first_due_on(desk.session, loan.id)
    following = loan.next_instalment_on
    if following is None or following < desk.workspace_today or following == ALL_PAID:
        return None
    if any(row.instalment_on is not None and row.instalment_on < following for row in known):
        return None
    return following if await repayment.begins_on(desk.session, loan.id) == following else None


async def _grace_days(desk: Desk, loan: Loan) -> int:
    """Return the days of grace of the loan's schedule; they are read only where they count."""
    if loan.next_instalment_on is None or loan.next_instalment_on >= desk.workspace_today:
        return 0
    found = (await repayment.schedules_of(desk.session, [loan.id])).get(loan.id)
    return found.grace_days if found is not None else 0


async def _pauses(desk: Desk, loan: Loan) -> tuple[Pause, ...]:
    if loan.paused_from is None:
        return ()
    found = (await repayment.pauses_of(desk.session, [loan.id])).get(loan.id, [])
    return tuple(Pause(row.starts_on, row.ends_on) for row in found)


async def _unkept_on(desk: Desk, loan: Loan, known: Iterable[FollowUp]) -> date | None:
    """Return when the last promise was made that was not kept; promises are read only of a loan that has calls about one."""
    if not any(row.purpose == _PROMISE for row in known):
        return None
    return last_unkept(desk, (await repayment.promises_of(desk.session, [loan.id])).get(loan.id, ()))


def last_unkept(desk: Desk, promises: Iterable[Promise]) -> date | None:
    """Return the last day on which one of these promises was made that was broken or only partly kept."""
    zone = ZoneInfo(desk.workspace.zone)
    return max((local_date(row.at, zone) for row in promises if row.state in BROKEN), default=None)


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


def _had_arrears(desk: Desk, known: Iterable[FollowUp], instalment_on: date, unkept_on: date | None) -> bool:
    """Return whether the borrower was in arrears or broke a promise within half a year before that instalment: a call about
    arrears was planned, or one about a promise for an instalment that was past due, or a promise was made and not kept."""
    zone, since = ZoneInfo(desk.workspace.zone), instalment_on - _AFTER_ARREARS
    if unkept_on is not None and unkept_on >= since:
        return True
    about = ((row, local_date(row.created_at, zone)) for row in known if row.state != "undone")
    return any(
        made_on >= since
        and (row.purpose == _ARREARS or (row.purpose == _PROMISE and (row.instalment_on or made_on) < made_on))
        for row, made_on in about
    )


def _instalment_like(loan: Loan, day: date) -> date | None:
    """Return the instalment that a reminder of one on that day is about now: another one if the due day or the schedule
    has changed."""
    if loan.next_instalment_on is not None:
        return loan.next_instalment_on
    return instalment_on_or_after(day, loan.due_day) if loan.due_day else None


def _is_long_past(desk: Desk, loan: Loan, row: FollowUp) -> bool:
    """Return whether another instalment has fallen due since the one that an unanswered reminder is about."""
    if loan.due_day is None or row.instalment_on is None:
        return False
    return row.instalment_on < instalment_on_or_before(desk.workspace_today - timedelta(days=1), loan.due_day)
