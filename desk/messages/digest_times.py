"""When a member's next digest is due: at their local digest time on a working day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from desk.core import recomputations
from desk.core.errors import Invalid
from desk.core.permissions import makes_calls
from desk.core.recomputations import computes, leave_to_worker
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.messages.kinds import DIGEST, NoticeKind
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of, zone_of
from desk.rules.calendar import Calendar
from desk.rules.digests import next_digest_at
from desk.rules.working_time import instant_of
from storage.queries.core import recomputations as queries
from storage.queries.core.recomputations import DIGEST_TIMES
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import CalendarOverride, Member, Recomputation, Workspace

_BEFORE = timedelta(microseconds=1)


async def next_for(desk: Desk, member: Member) -> datetime | None:
    """Return when the member's next digest is due, after now; None for a member who wants none, makes no calls, or was removed.

    Each local date has one: after today's was queued, the next one is tomorrow's at the earliest.
    """
    if not _wants_digest(member):
        return None
    queued = await notices.ids_of_keys(desk.session, desk.workspace.id, [_todays_key(desk, member)])
    return _next(desk, member, await calendar_of(desk), is_queued=bool(queued))


@recomputes_after(Member, CalendarOverride, Workspace)
async def plan_digests(desk: Desk, rows: Sequence[Member | CalendarOverride | Workspace]) -> bool:
    """Recompute the next digest of the members that changed; of all members when the calendar or the workspace changed.

    Return whether it is left to the worker.
    """
    people = [row for row in rows if isinstance(row, Member)]
    if len(people) < len(rows):
        if await queries.more_members_than(desk.session, desk.workspace.id, recomputations.AT_ONCE):
            leave_to_worker(desk, DIGEST_TIMES, None)
            return True
        people = await members.everybody(desk.session, desk.workspace.id)
    await _plan(desk, people)
    return False


@computes(DIGEST_TIMES)
async def plan_batch(desk: Desk, work: Recomputation) -> bool:
    """Recompute the next digests of what is left to the worker, and return whether those were the last."""
    ahead = await queries.members_ahead(desk.session, work, limit=recomputations.BATCH)
    if ahead:
        work.at_member_id = ahead[-1].id
    await _plan(desk, ahead)
    return len(ahead) < recomputations.BATCH


async def _plan(desk: Desk, people: Sequence[Member]) -> None:
    calendar, keys = await calendar_of(desk), {member.id: _todays_key(desk, member) for member in people}
    queued = await notices.ids_of_keys(desk.session, desk.workspace.id, keys.values())
    for member in people:
        member.next_digest_at = _next(desk, member, calendar, is_queued=keys[member.id] in queued)
        desk.add(member)


def _next(desk: Desk, member: Member, calendar: Calendar, *, is_queued: bool) -> datetime | None:
    if member.digest_time is None or not _wants_digest(member):
        return None
    after = desk.now
    if is_queued:
        tomorrow = today_of(desk, member) + timedelta(days=1)
        after = max(after, instant_of(tomorrow, time(0), zone_of(desk, member)) - _BEFORE)
    try:
        return next_digest_at(after, member.digest_time, hours_of(desk, member), calendar)
    except Invalid:
        return None


def _wants_digest(member: Member) -> bool:
    return member.digest_time is not None and member.removed_at is None and makes_calls(member)


def _todays_key(desk: Desk, member: Member) -> str:
    return digest_key(DIGEST, member, today_of(desk, member))


def digest_key(kind: NoticeKind, member: Member, on: date) -> str:
    """Return the notice key of a member's digest on a local date."""
    return f"{kind.name}:{member.id}:{on}"
