"""The App Home: shown when it is opened, and another page of it."""

from zoneinfo import ZoneInfo

from desk.core.errors import NotAllowed
from desk.messages.home import Showing, home_of, open_home, read_showing
from handlers.door.request import Reply, Rewrite, Visit
from handlers.grammar.nearest import nearest_command
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import HOME, View
from handlers.messages.home import home
from handlers.messages.overview import help_on
from handlers.messages.refusals.errors import refusal


async def opened(visit: Visit) -> Rewrite:
    """Somebody opens their home: it shows the page that it showed before, as it is now."""
    return Rewrite(await written(visit, await open_home(visit.desk)))


async def show(visit: Visit) -> Rewrite:
    """Another page, or the calls of another kind."""
    return Rewrite(await written(visit, read_showing(visit.value)))


def closed(t: Translator, zone: ZoneInfo) -> View:
    """What stands in the place of the home of somebody who is no member any more."""
    return instead(refusal(t, NotAllowed("not_a_member"), zone))


def instead(message: Message) -> View:
    """A message in the place of the home."""
    return View(form=HOME, title="", close="", blocks=message.blocks)


async def written(visit: Visit, showing: Showing) -> View:
    """The home as it is now."""
    return home(visit.t, await home_of(visit.desk, showing))


async def asked(visit: Visit) -> Reply:
    """Help, and the command that comes nearest to what they wrote."""
    return Reply(help_on(visit.t, nearest_command(visit.text)))
