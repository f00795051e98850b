"""The App Home: shown when it is opened, and another page of it."""

from zoneinfo import ZoneInfo

from desk.core.errors import NotAllowed
from desk.messages.home import Showing, home_of, open_home, read_showing
from handlers.commands import COMMANDS
from handlers.commands.nearest import nearest_command
from handlers.door.declarations import ButtonFamily, Press
from handlers.door.request import Reply, Request, UpdateModal
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import HOME, View
from handlers.messages.home import home
from handlers.messages.overview import help_on
from handlers.messages.refusals.errors import refusal


async def opened(request: Request) -> UpdateModal:
    """Somebody opens their home: it shows the page that it showed before, as it is now."""
    return UpdateModal(await current_home(request, await open_home(request.desk)))


async def show(request: Request) -> UpdateModal:
    """Another page, or the calls of another kind."""
    return UpdateModal(await current_home(request, read_showing(request.value)))


def home_for_non_member(t: Translator, zone: ZoneInfo) -> View:
    """What stands in the place of the home of somebody who is no member any more."""
    return replacement(refusal(t, NotAllowed("not_a_member"), zone))


def replacement(message: Message) -> View:
    """A message in the place of the home."""
    return View(form=HOME, title="", close="", blocks=message.blocks)


async def current_home(request: Request, showing: Showing) -> View:
    """The home as it is now."""
    return home(request.t, await home_of(request.desk, showing))


async def asked(request: Request) -> Reply:
    """Answer with help, and the command that comes nearest to what was written."""
    nearest = nearest_command(request.text)
    others = [command.usage for command in COMMANDS if command is not nearest]
    return Reply(help_on(request.t, nearest.usage, others))


HOME_FAMILY = ButtonFamily(
    "home",
    {
        "opened": Press(opened),
        "show": Press(show),
    },
)

BOT_FAMILY = ButtonFamily(
    "bot",
    {
        "asked": Press(asked),
    },
)
