"""Reminders and escalations: what has fallen due is announced once, to whoever acts; who did not act is told of once."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.follow_ups.locking import pressed
from desk.loans.views import FollowUpView, LoanView, follow_up_view, loan_view
from desk.messages import kinds
from desk.messages.managers import tell_managers
from desk.messages.notices import may_have_been_sent, owe_to_member
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, require_may_act, stand_ins_for, today_of
from desk.rules.reminders import SnoozeOption, reschedule_reminder_after_snooze, snooze_options
from desk.rules.working_time import add_working_minutes
from storage.queries.messages import due_scan, notices
from storage.queries.people import members
from storage.tables import FollowUp, Loan, Member

BATCH = 500
"""Follow-ups that one transaction announces."""

BUNDLE_ABOVE = 5
"""More than so many for one person in one minute are one message."""

_LATE = timedelta(minutes=1)
"""What is announced so much later than planned comes after a pause of the desk."""

SNOOZES_BEFORE_TELLING = 3
"""The snooze of one follow-up with which its manager hears of it."""


@dataclass(frozen=True, slots=True)
class Snoozed:
    """A follow-up of which the desk speaks again at `option.until`."""

    loan: LoanView
    follow_up: FollowUpView
    option: SnoozeOption
    manager_told: bool
    undo_id: UUID


async def announce_due(desk: Desk) -> int:
    """Owes the reminders whose time has come, each once, to the assignee or whoever acts for them. Gives how many."""
    rows = await due_scan.take_reminders(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    if not rows:
        return 0
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, assignees.values())
    together: dict[tuple[UUID, datetime], list[FollowUp]] = defaultdict(list)
    readers: dict[UUID, Member] = {}
    for row in sorted(rows, key=lambda row: (row.overdue_at, row.id)):
        acting = stand_ins.acting(assignees[row.assignee_id], today_of(desk, assignees[row.assignee_id]))
        readers[row.id] = acting
        together[acting.id, _minute(desk, row)].append(row)
    for (_, minute), mine in together.items():
        if len(mine) > BUNDLE_ABOVE:
            await _owe_bundle(desk, readers[mine[0].id], mine, minute)
        else:
            for row in mine:
                await _owe_reminder(desk, readers[row.id], row)
    await _leave_time_to_act(desk, rows, readers)
    return len(rows)


async def escalate_due(desk: Desk) -> int:
    """Tells the managers, once, of follow-ups on which nobody has acted in time. Gives how many."""
    rows = await due_scan.take_escalations(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    for row in rows:
        loan = await desk.session.get_one(Loan, row.loan_id)
        await tell_managers(
            desk,
            assignees[row.assignee_id],
            kind=kinds.ESCALATION,
            key=f"escalation:{row.id}:{row.version}",
            loan=loan,
            items=[row],
            facts={"why": "nobody_acted"},
            arose_at=row.announced_for or row.overdue_at,
        )
        desk.audit("escalate", loan_id=loan.id, subject_id=row.id)
    return len(rows)


async def snooze(desk: Desk, follow_up_id: UUID, version: int, kind: str) -> Snoozed:
    """Has the desk speak of a follow-up again later; its due time stays. The third time the manager hears of it.

    Raises NotAllowed (`others_may_act`), Conflict (`follow_up_closed`, `follow_up_changed`), Invalid (`snooze_gone`).
    """
    on = await pressed(desk, follow_up_id, version)
    row, loan = on.follow_up, on.loan
    await require_may_act(desk, "snooze", row, loan)
    assignee = (await members.by_ids(desk.session, [row.assignee_id]))[row.assignee_id]
    acting = (await stand_ins_for(desk, [assignee])).acting(assignee, today_of(desk, assignee))
    hours, calendar = hours_of(acting), await calendar_of(desk)
    option = next((each for each in snooze_options(desk.now, hours, calendar) if each.kind == kind), None)
    if option is None:
        raise Invalid("snooze_gone")
    track(desk, row)
    row.remind_at, row.escalate_at = reschedule_reminder_after_snooze(
        option.until,
        hours,
        calendar,
        end_of_workday=None if row.due_at else row.overdue_at,
        escalate_after=timedelta(minutes=desk.workspace.escalate_after_minutes),
    )
    row.snoozed_until, row.announced_for = option.until, None
    row.snoozes += 1
    told = row.snoozes >= SNOOZES_BEFORE_TELLING and await tell_managers(
        desk,
        assignee,
        kind=kinds.ESCALATION,
        key=f"snoozes:{row.id}:{row.version}",
        loan=loan,
        items=[row],
        facts={"why": "snoozed", "times": row.snoozes},
    )
    desk.audit("snooze", loan_id=loan.id, subject_id=row.id, until=option.until.isoformat())
    await desk.session.flush()
    return Snoozed(
        loan=await loan_view(desk, loan),
        follow_up=follow_up_view(desk, loan, row, assignee),
        option=option,
        manager_told=told,
        undo_id=offer_undo(desk, "snooze", loan_id=loan.id),
    )


async def _owe_reminder(desk: Desk, reader: Member, row: FollowUp) -> None:
    assert row.announced_for is not None
    instant = row.announced_for.isoformat()
    await owe_to_member(
        desk,
        kind=kinds.REMINDER,
        key=f"reminder:{row.id}:{row.version}:{instant}",
        member=reader,
        about_loan_id=row.loan_id,
        items=[row],
        facts={"for": instant},
        arose_at=row.announced_for,
    )


def _minute(desk: Desk, row: FollowUp) -> datetime:
    """The minute whose follow-ups are one message: this one, or, after a restore, the one in which it was announced."""
    assert row.announced_for is not None
    instant = row.announced_for if may_have_been_sent(desk, row.announced_for) else desk.now
    return instant.replace(second=0, microsecond=0)


async def _owe_bundle(desk: Desk, reader: Member, rows: Sequence[FollowUp], minute: datetime) -> None:
    # Those of one minute are one message, whichever round of that minute finds them.
    key = f"reminder_bundle:{reader.id}:{minute:%Y-%m-%dT%H:%M}"
    there = (await notices.ids_of_keys(desk.session, desk.workspace.id, [key])).get(key)
    if there is not None:
        await notices.link_more(desk.session, desk.workspace.id, there, rows)
        await notices.touch(desk.session, [there], desk.now)
        return
    await owe_to_member(
        desk, kind=kinds.REMINDER_BUNDLE, key=key, member=reader, items=rows, arose_at=rows[0].announced_for
    )


async def _leave_time_to_act(desk: Desk, rows: Sequence[FollowUp], readers: dict[UUID, Member]) -> None:
    """After a pause of the desk the manager hears no sooner than the full time after the late reminder."""
    calendar = await calendar_of(desk)
    minutes = desk.workspace.escalate_after_minutes
    later: dict[UUID, datetime] = {}
    for row in rows:
        assert row.announced_for is not None
        if row.escalate_at is not None and desk.now - row.announced_for > _LATE:
            full = add_working_minutes(desk.now, minutes, hours_of(readers[row.id]), calendar)
            later[row.id] = max(row.escalate_at, full)
    await due_scan.set_escalations(desk.session, later)
