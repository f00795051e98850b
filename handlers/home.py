"""The App Home: shown when it is opened, and another page of it."""

from desk.home import Showing, home_of, open_home, read_showing
from handlers.render.home import home
from handlers.render.view import View
from handlers.visit import Rewrite, Visit


async def opened(visit: Visit) -> Rewrite:
    """Somebody opens their home: it shows the page that it showed before, as it is now."""
    return Rewrite(await written(visit, await open_home(visit.desk)))


async def show(visit: Visit) -> Rewrite:
    """Another page, or the calls of another kind."""
    return Rewrite(await written(visit, read_showing(visit.value)))


async def written(visit: Visit, showing: Showing) -> View:
    """The home as it is now."""
    return home(visit.t, await home_of(visit.desk, showing))
