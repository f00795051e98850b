"""That a follow-up was moved to a minute that fits."""

from desk.fitting import Fitted
from handlers.i18n import Translator
from handlers.render import parts
from handlers.render.message import Message
from handlers.render.writer import Bold, Writer


def fitted(t: Translator, moved: Fitted) -> Message:
    """The new time, and a button that takes it back."""
    writer = Writer().line(Bold(moved.loan.number))
    parts.planned_lines(t, writer, moved.planned)
    return writer.buttons(parts.undo_button(t, moved.undo_id)).message()
