"""What is read after a follow-up was planned, moved or closed by hand."""

from zoneinfo import ZoneInfo

from desk.assigning import Assigned, Closed
from handlers.i18n import Translator
from handlers.render import parts
from handlers.render.message import Message
from handlers.render.next_steps import offer_next
from handlers.render.writer import Bold, Code, Writer, phrase


def assigned(t: Translator, result: Assigned) -> Message:
    """What is planned now."""
    writer = Writer()
    writer.line(parts.masked_loan(t, result.loan))
    if result.moved:
        writer.line(t("Moved."))
    parts.planned_lines(t, writer, result.planned)
    writer.quote(result.note)
    return writer.buttons(*parts.fit_buttons(t, result.planned), parts.undo_button(t, result.undo_id)).message()


def closed(t: Translator, result: Closed, zone: ZoneInfo) -> Message:
    """What was closed, and that nothing else is planned."""
    follow_up = result.follow_up
    writer = Writer()
    writer.line(parts.masked_loan(t, result.loan))
    name, what = Code(f"{follow_up.loan_number}/{follow_up.number}"), Bold(parts.purpose(t, follow_up.purpose))
    done = follow_up.state == "done"
    writer.line(
        phrase(t, "{what} ({name}) is done." if done else "{what} ({name}) is cancelled.", what=what, name=name)
    )
    writer.quote(result.why)
    offer_next(t, writer, result.unplanned, zone)
    return writer.buttons(parts.undo_button(t, result.undo_id)).message()
