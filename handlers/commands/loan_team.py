"""`/loan-team`: members, their absences and working hours, and the calendar."""

from desk.core.errors import Invalid
from desk.core.values import PersonRef
from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import remove_member
from desk.people import calendars, team, working_time
from desk.people.members import find_member
from handlers.buttons.people import team_list
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import Request
from handlers.forms import arrears_scale, cadence, contact_rules, import_columns, importing, member, playbook, workspace
from handlers.forms.team import FORM, MANAGERS
from handlers.grammar.reader import HelpRequest
from handlers.grammar.team import Add, Away, Back, Drop, ListTeam, Remove, SetDay, SetHours, parse
from handlers.grammar.terms import Terms, keyword
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.people.team import added, away, back, day, hours, removed
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-team",
    about=_("Who is at the desk, and when they work."),
    forms=(
        _("add @who <role> [#channel] [team]"),
        _("drop @who <role>"),
        _("remove @who to @whom"),
        _("away @who [from <date>] until <date> [cover @whom]"),
        _("back @who"),
        _("hours @who 09:00-18:00 [mon-sat]"),
        _("calendar <date> work|off [name]"),
    ),
    examples=(
        Example("add @wang agent", "添加 @wang 客户经理", _("a new member, or another role for a member")),
        Example("drop @wang agent", "去掉 @wang 客户经理", _("one role less")),
        Example(
            "away @wang until dec 5 cover @lin",
            "请假 @wang 到12月5日 代班 @lin",
            _("until that day; the cover takes over"),
        ),
        Example(
            "away @wang from dec 1 until dec 5",
            "请假 @wang 从12月1日到12月5日",
            _("an absence that begins later"),
        ),
        Example("hours @wang 09:00-18:00 mon-sat", "工时 @wang 09:00-18:00 周一到周六", _("a member's working hours")),
        Example("calendar dec 25 off Christmas", "日历 12月25日 休息 圣诞节", _("a day off for everyone")),
    ),
    words=VOCABULARY.roles,
)


async def loan_team(request: Request) -> Message:
    """List the members; add or remove one; set an absence, working hours or a calendar day."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    match parsed:
        case HelpRequest():
            return usage(t, USAGE)
        case ListTeam():
            return await team_list(request)
        case Add(who, roles, channel, name):
            newcomer = _candidate(request, who)
            where = request.entries.channel(channel.id) if channel else None
            return added(t, await team.add_member(desk, newcomer, roles=roles, channel=where, team_name=name))
        case Drop(who, roles):
            return added(t, await team.drop_roles(desk, await find_member(desk, who), roles))
        case Remove(who, to):
            return removed(
                t, await remove_member(desk, await find_member(desk, who), await find_member(desk, to)), request.zone
            )
        case Away(who, until, cover, since):
            member = await find_member(desk, who)
            covering = await find_member(desk, cover) if cover else None
            return away(t, await working_time.set_absence(desk, member, until=until, cover=covering, since=since))
        case Back(who):
            return back(t, await working_time.clear_absence(desk, await find_member(desk, who)))
        case SetHours(who, start, end, days):
            member = await find_member(desk, who)
            return hours(t, await working_time.set_hours(desk, member, start=start, end=end, days=days))
        case SetDay(on, working, name):
            return day(t, await calendars.set_day(desk, on, working=working, name=name))


def _candidate(request: Request, who: PersonRef) -> team.Candidate:
    if who.slack_id is None:
        raise Invalid("mention_needed", given=who.word)
    return request.entries.candidate(who.slack_id)


COMMAND = Command(
    usage=USAGE,
    description="Members, absence, hours, calendar · 团队",
    hint="[add|drop|remove|away|back|hours|calendar …]",
    handler=loan_team,
    nearest=(Terms((keyword("team", "团队", "成员", "请假", "休假", "members", "absence", "leave", "holiday"),)),),
    precedence=30,
    forms=(
        FORM,
        member.FORM,
        member.LEAVER,
        MANAGERS,
        workspace.FORM,
        playbook.FORM,
        cadence.FORM,
        arrears_scale.FORM,
        contact_rules.FORM,
        importing.FORM,
        import_columns.FORM,
    ),
    looks_up=True,
)
