"""The demo borrowers in Slack: the buttons that add and remove them, the answers, and the first admin's message with a button."""

from zoneinfo import ZoneInfo

from bot.demo.borrowers import DemoAdded, add_demo, remove_demo
from desk.core.transaction import Desk
from desk.messages.kinds import WELCOME
from desk.people import onboarding
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.block_kit.message import Bold, Button, Code, Confirm, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase
from handlers.messages.people.onboarding import welcome
from storage.tables import Notice
from storage.upkeep import demo


def demo_added(t: Translator, result: DemoAdded) -> Message:
    """Name the demo loans, and say what to try."""
    writer = Writer()
    writer.line(phrase(t, "You now have five demo borrowers: {numbers}.", numbers=Bold(t(", ").join(result.numbers))))
    if not result.may_call:
        writer.line(
            phrase(
                t,
                "To log calls, you need a role that takes calls: {command}",
                command=Code(t("/loan-team add @me admin, agent")),
            )
        )
    for number in result.numbers[:1]:
        writer.line(phrase(t, "Try {command}, or open your Home tab.", command=Code(f"/loan {number}")))
    return writer.message()


def demo_removed(t: Translator, count: int) -> Message:
    """Say that the demo borrowers were removed."""
    words = t.n(
        "{n} demo borrower was removed, with all their records.",
        "{n} demo borrowers were removed, with all their records.",
        count,
    )
    return Writer().line(words).message()


def demo_button(t: Translator, count: int) -> Button:
    """Return the button that adds the demo borrowers, or removes the `count` that are there."""
    if not count:
        return Button(t("Try it with demo borrowers"), "demo.add")
    confirm = Confirm(
        title=t("Remove the demo borrowers?"),
        text=t("Their calls, follow-ups and documents are removed too. Your own loans stay."),
        yes=t("Remove"),
        no=t("Keep"),
    )
    return Button(t("Remove the demo borrowers"), "demo.remove", style="danger", confirm=confirm)


async def _add(request: Request) -> Reply:
    return Reply(demo_added(request.t, await add_demo(request.desk)))


async def _remove(request: Request) -> Reply:
    return Reply(demo_removed(request.t, await remove_demo(request.desk)))


async def _welcome(desk: Desk, _notice: Notice, t: Translator, _zone: ZoneInfo) -> Message:
    count = len(await demo.loans_of(desk.session, desk.workspace.id))
    return welcome(t, await onboarding.setup_status(desk), loans_buttons=(demo_button(t, count),))


DEMO_BUTTONS = ButtonFamily("demo", {"add": _add, "remove": _remove})

DEMO_COMPOSERS = {WELCOME: _welcome}
