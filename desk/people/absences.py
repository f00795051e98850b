"""The absences of a member: the present or next one, which is in their row, and those after it."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from desk.core.changes import create, track
from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import CALLERS, roles_of
from desk.core.transaction import Desk
from desk.people.members import require_caller, today_of, zone_of
from desk.rules.working_time import day_bounds
from storage.queries.people import absences, members
from storage.tables import Member, PlannedAbsence


@dataclass(frozen=True, slots=True)
class Leave:
    """An absence from `since` until `until`, both inclusive and in the member's zone."""

    since: date
    until: date
    cover_id: UUID | None = None

    def overlaps(self, other: "Leave") -> bool:
        """Return whether both include the same day."""
        return self.since <= other.until and other.since <= self.until


async def lock_absences(desk: Desk, member: Member) -> None:
    """Read a member as they are now, and let no other transaction change their absences until this one ends: one of them may
    move from the member's row to one of its own, and back."""
    await members.lock(desk.session, member.id)
    await desk.session.refresh(member)


async def leaves_of(desk: Desk, member: Member) -> list[Leave]:
    """Return the present and the planned absences of a member, in order."""
    present = _in_row(member)
    rows = await absences.planned_of(desk.session, [member.id]) if present else []
    return present + [_leave(row) for row in rows]


async def begin_absence(
    desk: Desk, member: Member, *, until: date, cover: Member | None, since: date | None = None
) -> tuple[Leave, tuple[Leave, ...]]:
    """Enter an absence, from today on without `since`; return it and those that it replaces: the present one if it begins
    today, and planned ones that share a day with it. The caller checks rights and recomputes reminder times.

    Raises Invalid (`same_person`, `cannot_take_calls`, `account_lost`, `absence_past`, `absence_order`, `absence_overlaps`:
    the present one is not over when it begins).
    """
    if cover is not None and cover.id == member.id:
        raise Invalid("same_person")
    if cover is not None and roles_of(member) & set(CALLERS):
        require_caller(cover)
    today = today_of(desk, member)
    begins = max(since or today, today)
    if until < today:
        raise Invalid("absence_past", given=until)
    if until < begins:
        raise Invalid("absence_order", given=until, since=begins)
    new = Leave(begins, until, cover.id if cover else None)
    known = await leaves_of(desk, member)
    replaced = [each for each in known if each.overlaps(new)]
    for each in replaced:
        if each.since <= today < begins:
            raise Invalid("absence_overlaps", who=member.slack_user_id, until=each.until, since=begins)
    kept = [each for each in known if each not in replaced and each.until >= today]
    await _arrange(desk, member, sorted([*kept, new], key=lambda each: each.since))
    desk.audit(
        "away",
        subject_id=member.id,
        since=begins.isoformat(),
        until=until.isoformat(),
        cover=str(cover.id) if cover else None,
    )
    return new, tuple(replaced)


async def end_absence(desk: Desk, member: Member) -> Leave | None:
    """End the present absence of a member, or cancel the next planned one; return it. The caller checks rights and recomputes
    reminder times."""
    known = await leaves_of(desk, member)
    await _arrange(desk, member, known[1:])
    desk.audit("back", subject_id=member.id)
    return known[0] if known else None


async def end_all(desk: Desk, member: Member) -> None:
    """End every absence of a member who leaves the desk, or is back at it."""
    await _arrange(desk, member, [])


async def forget_cover(desk: Desk, cover: Member) -> None:
    """Let nobody be covered any more by a member who leaves the desk, or makes no calls any more."""
    for covered in await absences.covered_by(desk.session, cover.id):
        track(desk, covered).cover_id = None
    for row in await absences.planned_with_cover(desk.session, cover.id):
        track(desk, row).cover_id = None


def begin_if_due(desk: Desk, member: Member) -> bool:
    """Record that the planned absence of a member has begun; return False if it has not, because they moved to another zone."""
    track(desk, member).absence_begins_at = _begins_at(desk, member)
    return begins_on(desk, member) is None


def begins_on(desk: Desk, member: Member) -> date | None:
    """Return the first day of a member's next absence, None if they are away already or have none."""
    first = member.absent_from
    return first if first is not None and first > today_of(desk, member) else None


def _begins_at(desk: Desk, member: Member) -> datetime | None:
    first = begins_on(desk, member)
    return day_bounds(first, zone_of(desk, member))[0] if first is not None else None


def _in_row(member: Member) -> list[Leave]:
    if member.absent_until is None:
        return []
    return [Leave(member.absent_from or date.min, member.absent_until, member.cover_id)]


def _leave(row: PlannedAbsence) -> Leave:
    return Leave(row.absent_from, row.absent_until, row.cover_id)


async def _arrange(desk: Desk, member: Member, leaves: Sequence[Leave]) -> None:
    """Write these absences, in order: the first in the member's row, the others in rows of their own."""
    rows = await absences.planned_of(desk.session, [member.id]) if member.absent_until is not None else []
    track(desk, member)
    first = leaves[0] if leaves else None
    member.absent_from = first.since if first and first.since != date.min else None
    member.absent_until, member.cover_id = (first.until, first.cover_id) if first else (None, None)
    member.absence_begins_at = _begins_at(desk, member)
    further = list(leaves[1:])
    for row in rows:
        if _leave(row) in further:
            further.remove(_leave(row))
        else:
            track(desk, row).ended_at = desk.now
    for each in further:
        create(
            desk,
            PlannedAbsence(
                workspace_id=desk.workspace.id,
                member_id=member.id,
                absent_from=each.since,
                absent_until=each.until,
                cover_id=each.cover_id,
                made_at=desk.now,
            ),
        )
