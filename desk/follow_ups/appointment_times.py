"""When a member is free for an appointment: at work, not away, and without another one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from desk.core.transaction import Desk
from desk.core.values import PersonRef
from desk.people.absences import leaves_of
from desk.people.calendars import calendar_of
from desk.people.members import hours_of
from desk.rules import appointments as rules
from desk.rules.working_time import local_date
from storage.queries.follow_ups import appointments
from storage.queries.people import members
from storage.tables import Appointment, Member

MINUTES = 60
"""How long an appointment takes if nothing else is said."""

_AHEAD = timedelta(days=60)


def span_of(row: Appointment) -> rules.Span:
    """Return when an appointment begins and how long it takes."""
    return row.at, timedelta(minutes=row.minutes)


async def free_times(
    desk: Desk, member: Member, minutes: int = MINUTES, *, but: UUID | None = None, limit: int = 4
) -> Sequence[datetime]:
    """Return the next times at which a member works, is not away, and has no appointment but that one."""
    taken = await appointments.open_of_member(desk.session, member.id, desk.now, desk.now + _AHEAD)
    return rules.free_times(
        desk.now,
        timedelta(minutes=minutes),
        hours_of(desk, member),
        await calendar_of(desk),
        [span_of(each) for each in taken if each.id != but],
        away=[(leave.since, leave.until) for leave in await leaves_of(desk, member)],
        limit=limit,
    )


async def times_to_offer(desk: Desk, who: PersonRef | None, minutes: int) -> Sequence[datetime]:
    """Return the free times of that person, without one of the acting member; none for a person who is no member: who books it
    is told so."""
    if who is None or who.slack_id is None:
        return await free_times(desk, desk.member, minutes)
    member = await members.by_slack_id(desk.session, desk.workspace.id, who.slack_id)
    return await free_times(desk, member, minutes) if member is not None and member.removed_at is None else ()


async def works_then(desk: Desk, member: Member, span: rules.Span) -> bool:
    """Return whether a member works all of that time, and is not away that day."""
    hours = hours_of(desk, member)
    day = local_date(span[0], hours.zone)
    away = any(leave.since <= day <= leave.until for leave in await leaves_of(desk, member))
    return not away and rules.fits(span, hours, await calendar_of(desk))
