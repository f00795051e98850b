"""When a member's next digest is written: at their own local digest time, on days on which they work."""

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
    """The instant of the member's next digest later than now; None for a member who wants none or is gone.

    There is one a local date: when today's was written, the next one is tomorrow's at the earliest.
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
    """The key of a digest: one of its kind for a member and a local date."""
    return f"{kind.name}:{member.id}:{on}"
