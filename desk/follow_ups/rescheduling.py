"""Recompute when the desk reminds, after a member's hours or absence, or the calendar, changed."""

from collections.abc import Sequence
from uuid import UUID

from desk.core.changes import track
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.follow_ups.follow_ups import acts_on, retime
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
        await everybody(desk)
    else:
        await for_members(desk, [member.id for member in people])


async def everybody(desk: Desk) -> int:
    """All open follow-ups of the workspace, after a change of its calendar. Gives how many changed."""
    people = await members.everybody(desk.session, desk.workspace.id)
    return await for_members(desk, [member.id for member in people])


async def for_members(desk: Desk, member_ids: Sequence[UUID]) -> int:
    """The open follow-ups of these members and of those for whom they cover. Gives how many changed.

    One that was announced to somebody who no longer acts is announced again, to whoever does now.
    """
    covered = await members.covered_by_any(desk.session, member_ids)
    ids = {*member_ids, *(member.id for member in covered)}
    held = {row.loan_id for row in await follow_ups.open_held_by(desk.session, sorted(ids))}
    await loans.lock_all(desk.session, sorted(held))
    # Read again: somebody may have moved or finished one while its loan was waited for.
    rows = [row for row in await follow_ups.open_held_by(desk.session, sorted(ids)) if row.loan_id in held]
    assignees = await members.by_ids(desk.session, ids)
    stand_ins = await stand_ins_for(desk, assignees.values())
    told = await acts.last_readers(desk.session, [row.id for row in rows])
    calendar = await calendar_of(desk)
    changed = 0
    for row in rows:
        assignee = assignees[row.assignee_id]
        acting = stand_ins.acting(assignee, acts_on(desk, row, assignee))
        announced = row.announced_for is not None and row.remind_at is None
        moved_on = announced and told.get(row.id) not in (None, acting.id)
        if moved_on:
            track(desk, row)
            row.announced_for = None
        changed += retime(desk, row, acting, calendar, announce_again=moved_on)
    return changed
