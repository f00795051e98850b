"""Compliance: the day's report, and what was set."""

from desk.core.vocabulary import VOCABULARY
from desk.messages.compliance import DayReport, NamedDay
from desk.people.compliance import ComplianceChanged
from handlers.messages.block_kit.elements import undo_button
from handlers.messages.block_kit.message import Bold, Channel, Code, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def compliance_day(t: Translator, view: DayReport) -> Message:
    """Render the report of a day. It names members and counts, and no borrower."""
    writer = Writer()
    writer.line(Bold(t("For compliance: {date}", date=t.date(view.day))))
    if view.unusual:
        writer.line(t("Unusually many phone numbers:"))
        writer.bullets([_unusual(t, each)] for each in view.unusual)
    else:
        writer.line(t("Nobody looked at unusually many phone numbers."))
    writer.line(t("Refused attempts: {count}", count=view.refused))
    if view.late_requests:
        writer.line(Bold(t("Late answers to data requests: {count}", count=view.late_requests)))
    if not view.segment:
        return writer.message()
    head = Code(f"{view.segment} {view.place} {view.head}")
    writer.phrase(t, "Head of the audit trail: {head}", head=head)
    return writer.small(t("Keep the head: it shows later whether anything before it was changed.")).message()


def _unusual(t: Translator, each: NamedDay) -> str:
    return t("{name}: {count}, usually {usual} a day", name=each.name, count=each.count, usual=each.usual)


def compliance_changed(t: Translator, result: ComplianceChanged) -> Message:
    """Render what was set."""
    writer, now = Writer(), result.now
    if now.channel_id is not None:
        writer.phrase(t, "The day's report goes to {channel}.", channel=Channel(now.channel_id))
    else:
        writer.line(t("The day's report goes to each compliance officer."))
    for role, limit in now.limits:
        word = VOCABULARY.role(role).word(t.language)
        writer.line(t("{role}: at most {count} phone numbers a day", role=word, count=limit))
    return writer.buttons(undo_button(t, result.undo_id)).message()
