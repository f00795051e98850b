"""Reminders, snoozes and escalations: each due follow-up is announced once, and escalated once if no one acts."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.follow_ups.contact_agreements import check_instant
from desk.follow_ups.contact_moves import without_barred
from desk.follow_ups.escalation_rules import escalate_late, escalate_snoozed
from desk.follow_ups.locking import lock_follow_up
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.messages import kinds
from desk.messages.notices import may_have_been_sent, new_notice, queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import acting_for, hours_of, stand_ins_for, today_of
from desk.people.relations import require_may_act
from desk.rules.hours import WorkingHours
from desk.rules.reminders import (
    HOLD,
    SnoozeKind,
    SnoozeOption,
    hold_escalation,
    reschedule_reminder_after_snooze,
    snooze_time,
)
from desk.rules.working_time import add_working_minutes
from storage.queries.messages import due_scan, notices
from storage.queries.messages.due_scan import ESCALATIONS, REMINDERS
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member, Notice

BATCH = 500
"""Follow-ups announced in one transaction."""

BUNDLE_ABOVE = 5
"""More reminders than this for one member in one minute become one message."""

_LATE = timedelta(minutes=1)
"""A reminder this much later than planned means that the desk was down."""

SNOOZES_BEFORE_TELLING = 3
"""The snooze of a follow-up at which its manager is told."""

LONGEST_SNOOZE = timedelta(days=14)
"""How long a reminder can be snoozed: longer than any public holiday. What waits longer is moved, so that lists show it."""


@dataclass(frozen=True, slots=True)
class SnoozeResult:
    """A follow-up whose next reminder comes at `option.until`."""

    loan: LoanView
    follow_up: FollowUpView
    option: SnoozeOption
    manager_told: bool
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class TakenUp:
    """A follow-up whose snooze was ended before its time."""

    follow_up: FollowUpView
    undo_id: UUID


@dataclass(frozen=True, slots=True)
class Held:
    """A follow-up of which the managers hear only at `until` that nobody acted. `left`: how often it may be held further."""

    loan: LoanView
    follow_up: FollowUpView
    until: datetime
    left: int
    undo_id: UUID


async def reminders_due(desk: Desk) -> list[list[UUID]]:
    """Return what `announce_due` would announce, by assignee."""
    due = await due_scan.due_by_assignee(desk.session, desk.workspace.id, REMINDERS, desk.now, limit=BATCH)
    return list(due.values())


async def escalations_due(desk: Desk) -> list[list[UUID]]:
    """Return what `escalate_due` would escalate, by assignee."""
    due = await due_scan.due_by_assignee(desk.session, desk.workspace.id, ESCALATIONS, desk.now, limit=BATCH)
    return list(due.values())


async def announce_due(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Queue each due reminder once (of `only` these, if given), for the assignee or their cover; return how many."""
    rows = await due_scan.take_reminders(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    if not rows:
        return 0
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    rows = await without_barred(desk, rows, assignees)
    stand_ins = await stand_ins_for(desk, assignees.values())
    together: dict[tuple[UUID, datetime], list[FollowUp]] = defaultdict(list)
    readers: dict[UUID, Member] = {}
    for row in sorted(rows, key=lambda row: (row.late_at, row.id)):
        assignee = assignees[row.assignee_id]
        readers[row.id] = acting = stand_ins.acting(assignee, today_of(desk, assignee))
        together[acting.id, _minute(desk, row)].append(row)
    single: list[tuple[Notice, Sequence[FollowUp]]] = []
    for (_, minute), mine in together.items():
        if len(mine) > BUNDLE_ABOVE:
            await _queue_bundle(desk, readers[mine[0].id], mine, minute)
        else:
            single += [(await _reminder(desk, readers[row.id], row), [row]) for row in mine]
    await notices.insert_all(desk.session, single)
    await _leave_time_to_act(desk, rows, readers)
    return len(rows)


async def escalate_due(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Tell the managers once of each follow-up (of `only` these, if given) on which no one acted in time; return how many."""
    rows = await due_scan.take_escalations(desk.session, desk.workspace.id, desk.now, limit=BATCH, only=only)
    await escalate_late(desk, rows)
    return len(rows)


async def snooze(desk: Desk, follow_up_id: UUID, version: int, kind: SnoozeKind) -> SnoozeResult:
    """Remind of a follow-up again later, without moving it; the third time its manager is told.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`snooze_gone`,
    `due_barred`).
    """
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "snooze", row, loan)
    until = snooze_time(kind, desk.now, await _hours(desk, row), await calendar_of(desk))
    if until is None:
        raise Invalid("snooze_gone")
    return await _snooze(desk, loan, row, SnoozeOption(kind, until))


async def snooze_until(desk: Desk, follow_up_id: UUID, version: int, until: datetime) -> SnoozeResult:
    """Remind of a follow-up again at a chosen time.

    Raises as `snooze` does, and Invalid (`offer_past`, `snooze_too_long`).
    """
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "snooze", row, loan)
    if until <= desk.now:
        raise Invalid("offer_past", given=until)
    if until > desk.now + LONGEST_SNOOZE:
        raise Invalid("snooze_too_long", given=until, n=LONGEST_SNOOZE.days)
    return await _snooze(desk, loan, row, SnoozeOption("other", until))


async def hold(desk: Desk, follow_up_id: UUID, version: int) -> Held:
    """Hold the escalation of a follow-up that was reminded of for a while: the acting member is on it.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`hold_not_reminded`,
    `hold_too_late`: the managers were told; `hold_no_more`).
    """
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "snooze", row, loan)
    if row.announced_for is None or row.remind_at is not None:
        raise Invalid("hold_not_reminded")
    if row.escalate_at is None:
        raise Invalid("hold_too_late")
    if row.holds >= HOLD.at_most:
        raise Invalid("hold_no_more", n=HOLD.at_most, at=row.escalate_at)
    assignee = await desk.session.get_one(Member, row.assignee_id)
    until = await hold_row(desk, row)
    await desk.session.flush()
    return Held(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, assignee),
        until=until,
        left=HOLD.at_most - row.holds,
        undo_id=offer_undo(desk, "hold", loan_id=loan.id),
    )


async def hold_row(desk: Desk, row: FollowUp) -> datetime:
    """Hold the escalation of a locked follow-up that `may_be_held`; return when the managers hear."""
    track(desk, row)
    row.holds += 1
    until = hold_escalation(row.escalate_at or desk.now, desk.now, await _hours(desk, row), await calendar_of(desk))
    row.escalate_at = until
    desk.audit("hold", loan_id=row.loan_id, subject_id=row.id, until=until.isoformat())
    return until


def held_until(row: FollowUp) -> datetime | None:
    """Return until when the escalation of a follow-up is held, or None if it is not."""
    return row.escalate_at if row.holds and row.state == "open" else None


def may_be_held(row: FollowUp) -> bool:
    """Return whether who acts may still say that they are on it."""
    return row.escalate_at is not None and row.holds < HOLD.at_most


async def take_up(desk: Desk, follow_up_id: UUID, version: int) -> TakenUp:
    """End a snooze before its time: the reminder waits for an answer again, as it did before.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`not_snoozed`).
    """
    loan, row = await lock_follow_up(desk, follow_up_id, version)
    await require_may_act(desk, "snooze", row, loan)
    if not is_snoozed(row):
        raise Invalid("not_snoozed")
    assignee = await desk.session.get_one(Member, row.assignee_id)
    track(desk, row)
    _, row.escalate_at = await _reschedule(desk, row, desk.now)
    row.remind_at = row.snoozed_until = None
    row.announced_for = await _last_announced(desk, row)
    desk.audit("take_up", loan_id=loan.id, subject_id=row.id)
    await desk.session.flush()
    return TakenUp(follow_up_view(desk, loan, row, assignee), offer_undo(desk, "take_up", loan_id=loan.id))


def is_snoozed(row: FollowUp) -> bool:
    """Return whether a follow-up waits for the end of a snooze."""
    return row.state == "open" and row.snoozed_until is not None and row.remind_at == row.snoozed_until


async def _hours(desk: Desk, row: FollowUp) -> WorkingHours:
    """Return the working hours of the member who acts on a follow-up today."""
    assignee = await desk.session.get_one(Member, row.assignee_id)
    return hours_of(desk, await acting_for(desk, assignee, today_of(desk, assignee)))


async def _reschedule(desk: Desk, row: FollowUp, at: datetime) -> tuple[datetime, datetime]:
    """Return when a follow-up whose snooze ends at that instant is announced and escalated."""
    return reschedule_reminder_after_snooze(
        at,
        await _hours(desk, row),
        await calendar_of(desk),
        end_of_workday=None if row.due_at else row.late_at,
        escalate_after=timedelta(minutes=desk.workspace.escalate_after_minutes),
    )


async def _last_announced(desk: Desk, row: FollowUp) -> datetime:
    """Return the instant for which the last reminder of a follow-up was sent: that message is rewritten."""
    notice = await notices.last_showing(desk.session, row.id, kinds.REMINDER.name)
    return datetime.fromisoformat(notice.facts["for"]) if notice else desk.now


async def _snooze(desk: Desk, loan: Loan, row: FollowUp, option: SnoozeOption) -> SnoozeResult:
    assignee = await desk.session.get_one(Member, row.assignee_id)
    await check_instant(desk, loan, option.until, await _hours(desk, row))
    track(desk, row)
    row.remind_at, row.escalate_at = await _reschedule(desk, row, option.until)
    row.snoozed_until, row.announced_for = option.until, None
    row.snoozes += 1
    told = row.snoozes >= SNOOZES_BEFORE_TELLING and await escalate_snoozed(desk, loan, row, assignee)
    desk.audit("snooze", loan_id=loan.id, subject_id=row.id, until=option.until.isoformat())
    await desk.session.flush()
    return SnoozeResult(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, assignee),
        option=option,
        manager_told=told,
        undo_id=offer_undo(desk, "snooze", loan_id=loan.id),
    )


async def _reminder(desk: Desk, reader: Member, row: FollowUp) -> Notice:
    assert row.announced_for is not None
    instant = row.announced_for.isoformat()
    return await new_notice(
        desk,
        kind=kinds.REMINDER,
        key=f"reminder:{row.id}:{row.version}:{instant}",
        to=reader,
        about_loan_id=row.loan_id,
        facts={"for": instant},
        arose_at=row.announced_for,
    )


def _minute(desk: Desk, row: FollowUp) -> datetime:
    """Return the minute whose follow-ups share a message: this one, or after a restore that of the announcement."""
    assert row.announced_for is not None
    instant = row.announced_for if may_have_been_sent(desk, row.announced_for) else desk.now
    return instant.replace(second=0, microsecond=0)


async def _queue_bundle(desk: Desk, reader: Member, rows: Sequence[FollowUp], minute: datetime) -> None:
    # The worker may run more than once in that minute; all of its rounds share one message.
    key = f"reminder_bundle:{reader.id}:{minute:%Y-%m-%dT%H:%M}"
    there = (await notices.ids_of_keys(desk.session, desk.workspace.id, [key])).get(key)
    if there is not None:
        await notices.link_more(desk.session, desk.workspace.id, there, rows)
        await notices.touch(desk.session, [there], desk.now)
        return
    await queue_notice(desk, kind=kinds.REMINDER_BUNDLE, key=key, to=reader, items=rows, arose_at=rows[0].announced_for)


async def _leave_time_to_act(desk: Desk, rows: Sequence[FollowUp], readers: dict[UUID, Member]) -> None:
    """After an outage, delay escalations until the full time has passed since the late reminder."""
    calendar = await calendar_of(desk)
    minutes = desk.workspace.escalate_after_minutes
    later: dict[UUID, datetime] = {}
    for row in rows:
        assert row.announced_for is not None
        if row.escalate_at is not None and desk.now - row.announced_for > _LATE:
            full = add_working_minutes(desk.now, minutes, hours_of(desk, readers[row.id]), calendar)
            later[row.id] = max(row.escalate_at, full)
    await due_scan.set_escalations(desk.session, later)
