"""Note that the lender's payments reach the desk: then a promise waits for the money without a reminder."""

from desk.core.transaction import Desk
from desk.follow_ups.lifecycle import acts_on, payments_reach, reschedule
from desk.people.calendars import calendar_of
from desk.people.members import stand_ins_for
from desk.repayment.promises import PURPOSE
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members, workspaces


async def note_payments(desk: Desk) -> None:
    """Note that payments of the lender came now. The first time, and after a long time without, the calls about open promises get
    the times that they have where payments come."""
    reached = payments_reach(desk)
    desk.workspace = await workspaces.locked(desk.session, desk.workspace.id)
    desk.workspace.payments_at = desk.now
    desk.add(desk.workspace)
    if not reached:
        await _reschedule_promises(desk)


async def _reschedule_promises(desk: Desk) -> None:
    found = await follow_ups.open_about(desk.session, desk.workspace.id, PURPOSE)
    await loans.lock_all(desk.session, {row.loan_id for row in found})
    rows = await follow_ups.still_open(desk.session, [row.id for row in found])
    assignees = await members.by_ids(desk.session, {row.assignee_id for row in rows})
    stand_ins = await stand_ins_for(desk, assignees.values())
    calendar = await calendar_of(desk)
    for row in rows:
        assignee = assignees[row.assignee_id]
        reschedule(desk, row, stand_ins.acting(assignee, acts_on(desk, row, assignee)), calendar, announce_again=False)
