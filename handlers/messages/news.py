"""What an upgrade changed, for one member: short, with what to type."""

from collections.abc import Sequence

from desk.core.releases import Change
from desk.messages.news import News
from handlers.messages.block_kit.message import Bold, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, phrase


def news(t: Translator, view: News, *, name: str | None = None) -> Message:
    """Render what is new for a member. `name` is the member's, where others read it too."""
    writer = Writer()
    writer.line(Bold(t("New at the desk for {who}:", who=name) if name else t("New at the desk for you:")))
    writer.bullets(_line(t, change) for change in view.changes)
    writer.line(phrase(t, "More: {command}", command=Code("/loan help")))
    return writer.message()


def _line(t: Translator, change: Change) -> Sequence[Inline]:
    example = change.example(t.language)
    return [change.words(t.language), *([" ", Code(example)] if example else ())]
