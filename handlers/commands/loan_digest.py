"""`/loan-digest`: the time of one's digest, or the digest now."""

from desk.core.permissions import allows
from desk.messages import digests
from desk.messages.figures import digest_figures
from desk.messages.notices import accepts_tables
from handlers.door.declarations import Command
from handlers.door.lines import read_line
from handlers.door.request import Request
from handlers.forms import settings
from handlers.grammar.digest import parse
from handlers.grammar.reader import HelpRequest
from handlers.grammar.terms import Terms, keyword
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import _
from handlers.messages.digests import digest, own_and_team_digest, setting, team_digest
from handlers.messages.usage import Example, Usage, usage

USAGE = Usage(
    command="/loan-digest",
    about=_("Your digest of due follow-ups."),
    forms=(_("[now|HH:MM|off]"),),
    examples=(
        Example("now", "现在", _("get the digest now")),
        Example("08:15", "08:15", _("every working day at that time, in your time zone")),
        Example("off", "关闭", _("turn it off")),
    ),
)


async def loan_digest(request: Request) -> Message:
    """Show the setting, change it, or show the digest now."""
    desk, t = request.desk, request.t
    parsed = read_line(request, parse)
    if isinstance(parsed, HelpRequest):
        return usage(t, USAGE)
    match parsed.act:
        case "show":
            return setting(t, digests.setting_of(desk, desk.member))
        case "off":
            return setting(t, await digests.set_digest(desk, None))
        case "time":
            return setting(t, await digests.set_digest(desk, parsed.at))
        case "now":
            own = digest(t, await digests.own_digest(desk), request.zone, in_full=True)
            if not allows(desk.member, "see_team_digest"):
                return own
            state = await digests.team_digest_of(desk, desk.member)
            figures = await digest_figures(desk, desk.member, state.done_on)
            team = team_digest(t, state, figures, with_charts=await accepts_tables(desk))
            return own_and_team_digest(own, team)


COMMAND = Command(
    usage=USAGE,
    description="Your digest of due follow-ups · 每日摘要",
    hint="[now|HH:MM|off]",
    handler=loan_digest,
    nearest=(Terms((keyword("digest", "日报", "每日提醒", "早报"),)),),
    precedence=20,
    forms=(settings.FORM,),
)
