"""The calendar of a workspace: public holidays, and working days and days off that it sets itself."""

from datetime import date
from uuid import UUID

from desk.core.changes import create, offer_undo, track
from desk.core.dataclass import dataclass
from desk.core.permissions import allows, require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import allow_partial_undo, recompute, takes_back
from desk.people.members import today_of
from desk.rules.calendar import Calendar
from storage.queries.people import workspaces
from storage.tables import CalendarOverride


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that was set in the calendar. `under_way`: the worker is still to recompute the times that follow from it.

    `was_working` is what the workspace had set for the day before, if anything.
    """

    on: date
    working: bool
    name: str
    undo_id: UUID
    under_way: bool = False
    was_working: bool | None = None


async def calendar_of(desk: Desk) -> Calendar:
    """Return the workspace's calendar, cached in the transaction until `recompute`."""
    known = desk.cache.get(Calendar)
    if known is None:
        overrides = await workspaces.calendar_overrides(desk.session, desk.workspace.id)
        known = desk.cache[Calendar] = Calendar(country=desk.workspace.country, overrides=overrides)
    return known


async def year_to_enter(desk: Desk) -> int | None:
    """Return the year whose make-up days are still to be entered, or None; always None for members who may not set days."""
    if not allows(desk.member, "set_day"):
        return None
    return (await calendar_of(desk)).year_to_enter(today_of(desk, desk.member))


async def set_day(desk: Desk, on: date, *, working: bool, name: str) -> CalendarDay:
    """Make a day a working day or a day off, overriding the public calendar. Raises NotAllowed (`role_missing`)."""
    require_role(desk, "set_day")
    row = await workspaces.calendar_override(desk.session, desk.workspace.id, on)
    was_working = row.working if row is not None else None
    if row is None:
        row = create(desk, CalendarOverride(workspace_id=desk.workspace.id, day=on, working=working, name=name))
    else:
        track(desk, row)
        row.working, row.name = working, name
    desk.audit("set_day", subject_id=row.id, on=on.isoformat(), working=working)
    under_way = await recompute(desk, [row])
    undo_id = offer_undo(desk, "set_day")
    return CalendarDay(on=on, working=working, name=name, undo_id=undo_id, under_way=under_way, was_working=was_working)


allow_partial_undo("set_day")


@takes_back(CalendarOverride)
async def take_back_day(desk: Desk, row: CalendarOverride) -> None:
    """Delete a day that the workspace set, so that the public calendar applies again."""
    await desk.session.delete(row)
