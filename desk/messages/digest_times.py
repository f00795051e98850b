"""When a member's next digest is due: at their local digest time on a working day."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.messages.kinds import DIGEST, NoticeKind
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, today_of, zone_of
from desk.rules.digests import next_digest_at
from desk.rules.working_time import instant_of
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import CalendarOverride, Member, Workspace

_BEFORE = timedelta(microseconds=1)


async def next_for(desk: Desk, member: Member) -> datetime | None:
    """Return when the member's next digest is due, after now; None for a member who wants none or was removed.

    Each local date has one: after today's was queued, the next one is tomorrow's at the earliest.
    """
    if member.digest_time is None or member.removed_at is not None:
        return None
    after, today = desk.now, today_of(desk, member)
    if await notices.ids_of_keys(desk.session, desk.workspace.id, [digest_key(DIGEST, member, today)]):
        after = max(after, instant_of(today + timedelta(days=1), time(0), zone_of(member)) - _BEFORE)
    try:
        return next_digest_at(after, member.digest_time, hours_of(member), await calendar_of(desk))
    except Invalid:
        return None


@recomputes_after(Member, CalendarOverride, Workspace)
async def plan_digests(desk: Desk, rows: Sequence[Member | CalendarOverride | Workspace]) -> None:
    """Recompute the next digest of the members that changed; of all members when the calendar or the workspace changed."""
    people = [row for row in rows if isinstance(row, Member)]
    if len(people) < len(rows):
        people = await members.everybody(desk.session, desk.workspace.id)
    for member in people:
        member.next_digest_at = await next_for(desk, member)
        desk.add(member)


def digest_key(kind: NoticeKind, member: Member, on: date) -> str:
    """Return the notice key of a member's digest on a local date."""
    return f"{kind.name}:{member.id}:{on}"
