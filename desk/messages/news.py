"""Tell each member once, at work, what an upgrade changed for them."""

from datetime import datetime, timedelta

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.permissions import roles_of
from desk.core.releases import LATEST, Change, changes_for
from desk.core.transaction import Desk
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.calendars import calendar_of
from desk.people.members import hours_of, is_at_desk, is_away_today
from desk.rules.calendar import Calendar
from desk.rules.working_time import next_working_minute
from storage.queries.messages import news
from storage.queries.people import members, workspaces
from storage.tables import Member, MemberNews, Notice

BATCH = 200
"""Members who are told in one transaction."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new for a member."""

    changes: tuple[Change, ...]


async def plan_news(desk: Desk) -> None:
    """Note who is to be told what this release changed: the present members of a workspace that has run an earlier one."""
    workspace = await workspaces.locked(desk.session, desk.workspace.id)
    if workspace.release >= LATEST:
        return
    since, workspace.release = workspace.release, LATEST
    desk.workspace = workspace
    calendar = await calendar_of(desk)
    for member in await members.everybody(desk.session, workspace.id):
        if changes_for(roles_of(member), since):
            tell_at = _next_work(desk, member, calendar)
            desk.add(MemberNews(workspace_id=workspace.id, member_id=member.id, since=since, tell_at=tell_at))


async def tell_news(desk: Desk) -> bool:
    """Tell the members whose time has come, those who are away once they are back. Return whether there may be more."""
    due = await news.due(desk.session, desk.workspace.id, desk.now, limit=BATCH)
    if not due:
        return False
    people = await members.by_ids(desk.session, {row.member_id for row in due})
    calendar = await calendar_of(desk)
    for row in due:
        member = people[row.member_id]
        if not is_at_desk(member):
            await desk.session.delete(row)
        elif not is_away_today(desk, member) and _next_work(desk, member, calendar) <= desk.now:
            key = f"{kinds.NEWS.name}:{LATEST}:{member.id}"
            await queue_notice(desk, kind=kinds.NEWS, key=key, to=member, facts={"since": row.since})
            await desk.session.delete(row)
        else:
            row.tell_at = _next_work(desk, member, calendar, after=timedelta(hours=1))
            desk.add(row)
    return len(due) == BATCH


def news_of(notice: Notice, member: Member) -> News:
    """Return what the notice tells this member, by the roles of now."""
    return News(changes_for(roles_of(member), int(notice.facts["since"])))


def _next_work(desk: Desk, member: Member, calendar: Calendar, *, after: timedelta = timedelta()) -> datetime:
    """Return when the member is at work next, from now or that much later on; at once for one who has no working day near."""
    try:
        return next_working_minute(desk.now + after, hours_of(desk, member), calendar)
    except Invalid:
        return desk.now + after
