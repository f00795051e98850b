"""The App Home: shown when it is opened, and another page of it."""

from zoneinfo import ZoneInfo

from desk.errors import NotAllowed
from desk.home import Showing, home_of, open_home, read_showing
from handlers.i18n import Translator
from handlers.render.errors import refusal
from handlers.render.home import home
from handlers.render.message import Message
from handlers.render.view import HOME, View
from handlers.visit import Rewrite, Visit


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
