"""Recompute reminder times after a member's hours or absence, or the calendar, changed."""

from collections.abc import Collection, Sequence
from uuid import UUID

from desk.core import recomputations
from desk.core.changes import track
from desk.core.recomputations import computes, leave_to_worker
from desk.core.setting_aside import set_aside
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.follow_ups.lifecycle import acts_on, reschedule
from desk.people.calendars import calendar_of
from desk.people.members import StandIns, concerned_by, stand_ins_for
from desk.rules.calendar import Calendar
from storage.queries.core import acts
from storage.queries.core import recomputations as queries
from storage.queries.core.recomputations import REMINDER_TIMES
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import CalendarOverride, FollowUp, Member, Recomputation, Workspace


@recomputes_after(Member, CalendarOverride, Workspace)
async def reschedule_after(desk: Desk, rows: Sequence[Member | CalendarOverride | Workspace]) -> bool:
    """Recompute reminder times: of the members that changed; of all when the calendar or the workspace changed.

    Return whether it is left to the worker.
    """
    people = [row for row in rows if isinstance(row, Member)]
    if len(people) < len(rows):
        return await _recompute(desk, None)
    return await for_members(desk, [member.id for member in people])


async def for_members(desk: Desk, member_ids: Sequence[UUID]) -> bool:
    """Recompute the open follow-ups of these members and of those for whom another acts now (`concerned_by`), and return
    whether that is left to the worker.

    A follow-up announced to a member who no longer acts is announced again to the one who does, snoozed or not.
    """
    return await _recompute(desk, sorted(await concerned_by(desk, member_ids)))


async def _recompute(desk: Desk, member_ids: Sequence[UUID] | None) -> bool:
    if await queries.more_open_than(desk.session, desk.workspace.id, member_ids, recomputations.AT_ONCE):
        leave_to_worker(desk, REMINDER_TIMES, member_ids)
        return True
    if member_ids is None:
        held = await follow_ups.open_of_workspace(desk.session, desk.workspace.id)
    else:
        held = await follow_ups.open_held_by(desk.session, member_ids)
    await _reschedule(desk, [row.id for row in held], {row.loan_id for row in held})
    return False


@computes(REMINDER_TIMES)
async def reschedule_batch(desk: Desk, work: Recomputation) -> bool:
    """Recompute the next follow-ups of what is left to the worker, and return whether those were the last."""
    ahead = await queries.follow_ups_ahead(desk.session, work, limit=recomputations.BATCH)
    if ahead:
        work.at_member_id, work.at_follow_up_id, _ = ahead[-1]
    await _reschedule(desk, [row_id for _, row_id, _ in ahead], {loan_id for _, _, loan_id in ahead})
    return len(ahead) < recomputations.BATCH


async def _reschedule(desk: Desk, ids: Sequence[UUID], loan_ids: Collection[UUID]) -> None:
    await loans.lock_all(desk.session, loan_ids)
    # Read again: one may have been moved or finished while this waited for the lock on its loan.
    rows = await follow_ups.still_open(desk.session, ids)
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, assignees.values())
    told = await acts.last_readers(desk.session, [row.id for row in rows])
    calendar = await calendar_of(desk)
    for row in rows:
        try:
            _reschedule_one(desk, row, assignees[row.assignee_id], stand_ins, calendar, told.get(row.id))
        except Exception as error:  # one that cannot be computed keeps its times and must not hold up the others
            await set_aside(desk, REMINDER_TIMES, row.id, error)


def _reschedule_one(
    desk: Desk, row: FollowUp, assignee: Member, stand_ins: StandIns, calendar: Calendar, told: UUID | None
) -> None:
    acting = stand_ins.acting(assignee, acts_on(desk, row, assignee))
    announced = row.announced_for is not None and row.remind_at is None
    snoozed = (
        row.remind_at is not None and row.remind_at == row.snoozed_until
    )  # by the member who was told, not by this one
    changed_hands = (announced or snoozed) and told not in (None, acting.id)
    reschedule(desk, row, acting, calendar, announce_again=changed_hands)
    if changed_hands:
        track(desk, row)
        row.announced_for = None
