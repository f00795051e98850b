"""What people read about the demo borrowers: the button that adds or removes them, and the answers."""

from bot.demo.borrowers import DemoAdded
from handlers.messages.block_kit.message import Bold, Button, Code, Confirm, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase


def demo_added(t: Translator, result: DemoAdded) -> Message:
    """Say which demo borrowers there are, and what to try."""
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
    """Say that they were removed."""
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
