"""`/loan-team`: who is at the desk, and when."""

from desk.core.errors import Invalid
from desk.core.permissions import allows
from desk.core.values import PersonRef
from desk.handover.removing import remove_member
from desk.people import calendars, team
from desk.people.members import resolve
from handlers.door.directory import candidate, reminder_channel
from handlers.door.request import Visit
from handlers.grammar import team as grammar
from handlers.grammar.reader import Asked
from handlers.grammar.text import Line
from handlers.messages import team as render
from handlers.messages.block_kit.message import Message
from handlers.messages.usage import usage


async def loan_team(visit: Visit) -> Message:
    """Lists the members, or adds, removes, sends away, brings back, sets hours and days."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    match request:
        case Asked():
            return usage(t, "/loan-team")
        case grammar.ListTeam():
            return render.members(
                t,
                await team.list_team(desk),
                sets_up=allows(desk.member, "add_member"),
                admin=allows(desk.member, "change_admin_roles"),
                year_to_enter=await calendars.year_to_enter(desk),
            )
        case grammar.Add(who, roles, channel, name):
            newcomer = _candidate(visit, who)
            where = reminder_channel(visit.looked, channel.id) if channel else None
            added = await team.add_member(desk, newcomer, roles=roles, channel=where, team_name=name)
            return render.added(t, added)
        case grammar.Remove(who, to):
            return render.removed(t, await remove_member(desk, await resolve(desk, who), await resolve(desk, to)))
        case grammar.Away(who, until, cover):
            member = await resolve(desk, who)
            covering = await resolve(desk, cover) if cover else None
            return render.away(t, await team.away(desk, member, until=until, cover=covering))
        case grammar.Back(who):
            return render.back(t, await team.back(desk, await resolve(desk, who)))
        case grammar.SetHours(who, start, end, days):
            member = await resolve(desk, who)
            return render.hours(t, await team.set_hours(desk, member, start=start, end=end, days=days))
        case grammar.SetDay(on, working, name):
            return render.day(t, await calendars.set_day(desk, on, working=working, name=name))


def _candidate(visit: Visit, who: PersonRef) -> team.Candidate:
    if who.slack_id is None:
        raise Invalid("mention_needed", given=who.word)
    return candidate(visit.looked, who.slack_id)
