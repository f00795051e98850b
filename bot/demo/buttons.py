"""The demo's button family, and the first admin's message with its button."""

from zoneinfo import ZoneInfo

from bot.demo import borrowers, messages
from desk.core.transaction import Desk
from desk.people import onboarding
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.people.onboarding import welcome
from storage.tables import Notice
from storage.upkeep import demo


async def add(request: Request) -> Reply:
    """Add demo borrowers to the presser's loans."""
    return Reply(messages.demo_added(request.t, await borrowers.add_demo(request.desk)))


async def remove(request: Request) -> Reply:
    """Remove the demo borrowers."""
    return Reply(messages.demo_removed(request.t, await borrowers.remove_demo(request.desk)))


async def welcome_with_demo(desk: Desk, _notice: Notice, t: Translator, _zone: ZoneInfo) -> Message:
    """Return the first admin's message, with a button that adds or removes the demo borrowers."""
    count = len(await demo.loans_of(desk.session, desk.workspace.id))
    return welcome(t, await onboarding.setup_status(desk), loans_buttons=(messages.demo_button(t, count),))


FAMILY = ButtonFamily("demo", {"add": add, "remove": remove})
