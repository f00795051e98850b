"""When members work: their absence, who covers for them, and their hours."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.permissions import allows, has_role_for, require
from desk.core.transaction import Desk
from desk.core.undo_rules import RIGHTS, UndoneRow, allow_partial_undo, corrects_after_undo
from desk.follow_ups import rescheduling
from desk.messages.digest_times import next_for
from desk.people.absences import Leave, begin_absence, begin_if_due, end_absence, lock_absences
from desk.people.members import hours_of, manages, today_of
from desk.people.views import MemberChange, MemberView, absence_view, view_of
from desk.rules.hours import WorkingHours
from storage.queries.follow_ups import follow_ups
from storage.queries.people import absences
from storage.tables import Member, Undo

ACTS = ("away", "back", "set_hours")
"""The acts on a member's working time, by their names in Undo."""

allow_partial_undo(*ACTS)


@corrects_after_undo(Member)
async def check_may_manage(desk: Desk, undo: Undo, rows: Sequence[UndoneRow]) -> None:
    """Raise NotAllowed (`team_only`) if the acting member may no longer change the working time that they undo."""
    for each in rows if undo.act in ACTS else ():
        await _require_may_manage(desk, RIGHTS[undo.act], each.row)


async def set_absence(
    desk: Desk, member: Member, *, until: date, cover: Member | None, since: date | None = None
) -> MemberChange:
    """Enter an absence from `since`, or from today, to `until`, inclusive. The cover, or else the manager, gets reminders and
    follow-ups then.

    Raises NotAllowed (`team_only`), and as `begin_absence` does.
    """
    await _require_may_manage(desk, "set_absence", member)
    await lock_absences(desk, member)
    before = await view_of(desk, member)
    entered, replaced = await begin_absence(desk, member, until=until, cover=cover, since=since)
    change = await _rescheduled(desk, member, "away", before)
    ahead = entered.since > today_of(desk, member)
    return replace(
        change,
        absence=await absence_view(desk, entered, ahead=ahead),
        replaced=_ahead(desk, member, replaced),
        may_move_calls=not ahead and has_role_for(desk.member, "move_calls"),
    )


async def clear_absence(desk: Desk, member: Member) -> MemberChange:
    """End the present absence and return the open follow-ups to the member; without one, cancel the next planned absence.

    Raises NotAllowed (`team_only`).
    """
    await _require_may_manage(desk, "set_absence", member)
    await lock_absences(desk, member)
    ended = await end_absence(desk, member)
    change = await _rescheduled(desk, member, "back")
    ahead = ended is not None and ended.since > today_of(desk, member)
    return replace(change, absence=await absence_view(desk, ended, ahead=True) if ended is not None and ahead else None)


def _ahead(desk: Desk, member: Member, leaves: Sequence[Leave]) -> tuple[tuple[date, date], ...]:
    today = today_of(desk, member)
    return tuple((each.since, each.until) for each in leaves if each.since > today)


async def set_hours(desk: Desk, member: Member, *, start: time, end: time, days: frozenset[int] | None) -> MemberChange:
    """Set the member's working hours; `days` None keeps the working days. Raises NotAllowed (`team_only`)."""
    await _require_may_manage(desk, "set_hours", member)
    before = await view_of(desk, member)
    hours = replace(hours_of(desk, member), start=start, end=end, **({"days": days} if days else {}))
    enter_hours(desk, member, hours)
    member.next_digest_at = await next_for(desk, member)
    return await _rescheduled(desk, member, "set_hours", before)


async def absences_to_end(desk: Desk) -> list[list[UUID]]:
    """Return the members whose absences `end_absences` would look at, each in a list of their own."""
    anywhere = desk.now.date() + timedelta(days=1)
    absent = await absences.absent_before(desk.session, desk.workspace.id, anywhere, desk.now)
    return [[member_id] for member_id in absent]


async def end_absences(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """End the absences whose last day is over in the member's time zone (of `only` these, if given); return how many."""
    anywhere = desk.now.date() + timedelta(days=1)
    absent = await absences.lock_absent_before(desk.session, desk.workspace.id, anywhere, desk.now, only)
    over = [m for m in absent if m.absent_until and m.absent_until < today_of(desk, m)]
    for member in over:
        await end_absence(desk, member)
    if over:
        await desk.session.flush()
        await rescheduling.for_members(desk, [member.id for member in over])
    return len(over)


async def absences_to_begin(desk: Desk) -> list[list[UUID]]:
    """Return the members whose absences `begin_absences` would look at, each in a list of their own."""
    return [[each] for each in await absences.to_begin(desk.session, desk.workspace.id, desk.now)]


async def begin_absences(desk: Desk, only: Collection[UUID] | None = None) -> int:
    """Hand the calls of each member whose planned absence begins to who acts for them (of `only` these, if given); return how
    many begin."""
    found = await absences.lock_to_begin(desk.session, desk.workspace.id, desk.now, only)
    begun = [member for member in found if begin_if_due(desk, member)]
    if begun:
        await desk.session.flush()
        await rescheduling.for_members(desk, [member.id for member in begun])
    return len(begun)


def enter_hours(desk: Desk, member: Member, hours: WorkingHours) -> None:
    """Change the member's working hours. The caller checks rights and recomputes reminder times."""
    track(desk, member)
    member.work_start, member.work_end = hours.start, hours.end
    member.working_days = "".join(str(day) for day in sorted(hours.days))
    desk.audit("set_hours", subject_id=member.id)


async def _rescheduled(desk: Desk, member: Member, act: str, before: MemberView | None = None) -> MemberChange:
    await desk.session.flush()
    under_way = await rescheduling.for_members(desk, [member.id])
    held = await follow_ups.open_counts(desk.session, [member.id])
    return MemberChange(
        member=await view_of(desk, member),
        undo_id=offer_undo(desk, act),
        moved=held[member.id],
        under_way=under_way,
        before=before,
    )


async def _require_may_manage(desk: Desk, act: str, member: Member) -> None:
    if allows(desk.member, act, {"own"} if desk.member.id == member.id else ()):
        return
    require(desk, act, {"managed"} if await manages(desk, member) else ())
