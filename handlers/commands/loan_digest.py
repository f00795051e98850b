"""`/loan-digest`: when one's digest comes, or now."""

from desk.core.permissions import allows
from desk.messages import digests
from desk.messages.notices import takes_native
from handlers.door.request import Visit
from handlers.grammar import digest as grammar
from handlers.grammar.reader import Asked
from handlers.grammar.text import Line
from handlers.messages import digests as render
from handlers.messages.block_kit.message import Message
from handlers.messages.usage import usage


async def loan_digest(visit: Visit) -> Message:
    """Shows the setting, changes it, or shows the digest at once."""
    desk, t = visit.desk, visit.t
    request = grammar.parse(Line.read(visit.text), desk.now, visit.zone)
    if isinstance(request, Asked):
        return usage(t, "/loan-digest")
    match request.act:
        case "show":
            return render.setting(t, digests.setting_of(desk.member))
        case "off":
            return render.setting(t, await digests.set_digest(desk, None))
        case "time":
            return render.setting(t, await digests.set_digest(desk, request.at))
        case "now":
            own = render.digest(t, await digests.digest_of(desk, desk.member), visit.zone)
            if not allows(desk.member, "see_team_digest"):
                return own
            stands = await digests.team_digest_of(desk, desk.member)
            team = render.team_digest(t, stands, with_charts=await takes_native(desk))
            return render.both(own, team)
