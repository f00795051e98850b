"""What the presser of a reminder's button reads."""

from zoneinfo import ZoneInfo

from desk.reminders import HandedOver, Snoozed
from handlers.i18n import Translator
from handlers.render.message import Message
from handlers.render.parts import undo_button
from handlers.render.writer import Bold, Mention, Writer, phrase


def snoozed(t: Translator, result: Snoozed, zone: ZoneInfo) -> Message:
    """When the desk speaks of it again."""
    writer = Writer()
    name = f"{result.follow_up.loan_number}/{result.follow_up.number}"
    until = Bold(t.instant(result.option.until, zone))
    writer.line(phrase(t, "{name}: you are reminded again {until}. Its due time stays.", name=Bold(name), until=until))
    if result.manager_told:
        writer.line(t("It was put off several times: the manager is told."))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def handed_over(t: Translator, result: HandedOver) -> Message:
    """Whose it is now."""
    name = f"{result.follow_up.loan_number}/{result.follow_up.number}"
    writer = Writer().line(phrase(t, "{name} is {to}'s now.", name=Bold(name), to=Mention(result.to)))
    return writer.buttons(undo_button(t, result.undo_id)).message()
