"""Recompute reminder times after a member's hours or absence, or the calendar, changed."""

from collections.abc import Sequence
from uuid import UUID

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.follow_ups.lifecycle import acts_on, reschedule
from desk.people.calendars import calendar_of
from desk.people.members import stand_ins_for
from storage.queries.core import acts
from storage.queries.follow_ups import follow_ups
from storage.queries.loans import loans
from storage.queries.people import members
from storage.tables import CalendarOverride, Member, Workspace


@recomputes_after(Member, CalendarOverride, Workspace)
async def reschedule_after(desk: Desk, rows: Sequence[Member | CalendarOverride | Workspace]) -> None:
    """Recompute reminder times: of the members that changed; of all when the calendar or the workspace changed."""
    people = [row for row in rows if isinstance(row, Member)]
    if len(people) < len(rows):
        people = await members.everybody(desk.session, desk.workspace.id)
    await for_members(desk, [member.id for member in people])


async def for_members(desk: Desk, member_ids: Sequence[UUID]) -> None:
    """Recompute the open follow-ups of these members and of those whom they cover.

    A follow-up announced to a member who no longer acts is announced again to the one who does.
    """
    covered = await members.covered_by_any(desk.session, member_ids)
    ids = {*member_ids, *(member.id for member in covered)}
    held = {row.loan_id for row in await follow_ups.open_held_by(desk.session, sorted(ids))}
    await loans.lock_all(desk.session, sorted(held))
    # Read again: one may have been moved or finished while this waited for the lock on its loan.
    rows = [row for row in await follow_ups.open_held_by(desk.session, sorted(ids)) if row.loan_id in held]
    assignees = await members.by_ids(desk.session, ids)
    stand_ins = await stand_ins_for(desk, assignees.values())
    told = await acts.last_readers(desk.session, [row.id for row in rows])
    calendar = await calendar_of(desk)
    for row in rows:
        assignee = assignees[row.assignee_id]
        acting = stand_ins.acting(assignee, acts_on(desk, row, assignee))
        announced = row.announced_for is not None and row.remind_at is None
        changed_hands = announced and told.get(row.id) not in (None, acting.id)
        if changed_hands:
            track(desk, row)
            row.announced_for = None
        reschedule(desk, row, acting, calendar, announce_again=changed_hands)
