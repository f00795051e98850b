"""When members work: their absence, who covers for them, and their hours."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from uuid import UUID

from desk.core.changes import offer_undo, track
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, allows, require, roles_of
from desk.core.transaction import Desk
from desk.core.undo_rules import RIGHTS, UndoneRow, allow_partial_undo, corrects_after_undo
from desk.follow_ups import rescheduling
from desk.messages.digest_times import next_for
from desk.people.members import hours_of, managers_for, require_caller, today_of
from desk.people.views import MemberChange, MemberView, view_of
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


async def set_absence(desk: Desk, member: Member, *, until: date, cover: Member | None) -> MemberChange:
    """Enter an absence from today to `until`, inclusive. The cover, or else the manager, gets reminders and follow-ups.

    Raises NotAllowed (`team_only`), Invalid (`same_person`, `cannot_take_calls`, `absence_past`).
    """
    await _require_may_manage(desk, "set_absence", member)
    before = await view_of(desk, member)
    begin_absence(desk, member, until=until, cover=cover)
    return await _rescheduled(desk, member, "away", before)


async def clear_absence(desk: Desk, member: Member) -> MemberChange:
    """End an absence, and return the open follow-ups to the member. Raises NotAllowed (`team_only`)."""
    await _require_may_manage(desk, "set_absence", member)
    end_absence(desk, member)
    return await _rescheduled(desk, member, "back")


async def set_hours(desk: Desk, member: Member, *, start: time, end: time, days: frozenset[int] | None) -> MemberChange:
    """Set the member's working hours; `days` None keeps the working days. Raises NotAllowed (`team_only`)."""
    await _require_may_manage(desk, "set_hours", member)
    before = await view_of(desk, member)
    hours = replace(hours_of(desk, member), start=start, end=end, **({"days": days} if days else {}))
    enter_hours(desk, member, hours)
    member.next_digest_at = await next_for(desk, member)
    return await _rescheduled(desk, member, "set_hours", before)


def begin_absence(desk: Desk, member: Member, *, until: date, cover: Member | None) -> None:
    """Change the member's columns as `set_absence` does. The caller checks rights and recomputes reminder times."""
    if cover is not None and cover.id == member.id:
        raise Invalid("same_person")
    if cover is not None and roles_of(member) & set(CALLERS):
        require_caller(cover)
    today = today_of(desk, member)
    if until < today:
        raise Invalid("absence_past", given=until)
    track(desk, member)
    member.absent_from, member.absent_until = today, until
    member.cover_id = cover.id if cover else None
    desk.audit("away", subject_id=member.id, until=until.isoformat(), cover=str(cover.id) if cover else None)


def end_absence(desk: Desk, member: Member) -> None:
    """Clear the member's absence. The caller checks rights and recomputes reminder times."""
    track(desk, member)
    member.absent_from = member.absent_until = member.cover_id = None
    desk.audit("back", subject_id=member.id)


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
        end_absence(desk, member)
    if over:
        await desk.session.flush()
        await rescheduling.for_members(desk, [member.id for member in over])
    return len(over)


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
    managers = {manager.id for manager in await managers_for(desk, member)}
    require(desk, act, {"managed"} if desk.member.id in managers else ())
