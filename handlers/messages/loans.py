"""What `/loan` says: lists of loans, the day, a new inquiry, a correction. Only whoever asked sees it."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from desk.loans.edits import Corrected
from desk.loans.inquiries import KnownPhone, NewInquiry
from desk.loans.lists import LoanList, LoanRow, MyDay
from desk.loans.stages import StageChanged
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.parts import (
    brief_when,
    fit_buttons,
    follow_up_line,
    form_button,
    planned_lines,
    purpose,
    stage,
    undo_button,
)
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Bold, Button, Code, Mention, Part, Writer, phrase
from handlers.messages.follow_ups import offer_next
from handlers.messages.usage import Usage, write_usage

_DAY_SHOWN = 5
"""How many calls of the day are listed below the usage."""


def usage_and_day(t: Translator, told: Usage, day: MyDay) -> Message:
    """How `/loan` is typed, and what the reader has to do today."""
    writer = Writer()
    write_usage(t, writer, told)
    writer.line(Bold(t("Your day:")))
    if day.due.total == 0:
        writer.line(t("Nothing is due today."))
    else:
        counts = [t.n("{n} call is due today", "{n} calls are due today", day.due.total)]
        if day.overdue:
            counts.append(t.n("{n} of them overdue", "{n} of them overdue", day.overdue))
        writer.line(" · ".join(counts))
        writer.bullets(
            [*follow_up_line(t, row.follow_up, with_loan=True), " · ", row.name] for row in day.due.rows[:_DAY_SHOWN]
        )
        _more(t, writer, day.due.total - _DAY_SHOWN)
    if day.unplanned:
        text = t.n("{n} loan of yours has nothing planned", "{n} loans of yours have nothing planned", day.unplanned)
        writer.line(text, t(": "), Code(t("/loan-due unplanned")))
    writer.buttons(form_button(t("Log a call"), "call"), form_button(t("New inquiry"), "inquiry"))
    return writer.message()


def found(t: Translator, result: LoanList) -> Message:
    """What a search found."""
    writer = Writer()
    if not result.rows:
        writer.line(t("No loan that you can see fits all of these words."))
        writer.small(
            t("A name, the beginning of one, its pinyin, a phone number, its last four digits, a loan number.")
        )
        return writer.message()
    writer.line(Bold(t.n("{n} loan fits", "{n} loans fit", result.total)))
    _rows(t, writer, result.rows)
    if result.more:
        writer.small(t.n("and {n} more: add a word", "and {n} more: add a word", result.more))
    return writer.message()


def mine(t: Translator, result: LoanList) -> Message:
    """The reader's own loans."""
    writer = Writer()
    if result.stage is not None:
        name = stage(t, result.stage)
        counted = t.n("{n} loan of yours in {stage}", "{n} loans of yours in {stage}", result.total, stage=name)
    else:
        counted = t.n("{n} live loan of yours", "{n} live loans of yours", result.total)
    writer.line(Bold(counted))
    if result.by_stage:
        writer.line(" · ".join(f"{stage(t, code)} {count}" for code, count in result.by_stage))
    _rows(t, writer, result.rows)
    if result.more:
        writer.small(t.n("and {n} more", "and {n} more", result.more))
        value = {"s": result.stage or "", "o": result.offset + len(result.rows)}
        writer.buttons(Button(t("Show more"), "loan.mine", value))
    return writer.message()


def opened(t: Translator, result: NewInquiry, zone: ZoneInfo) -> Message:
    """A new inquiry."""
    writer = Writer()
    owner: Part = Mention(result.loan.owner) if result.loan.owner else t("nobody")
    writer.line(
        phrase(
            t,
            "New inquiry {loan}: {name} · tail {tail} · owner: {owner}",
            loan=Bold(result.loan.number),
            name=Bold(result.name),
            tail=result.loan.tail,
            owner=owner,
        )
    )
    writer.quote(result.note)
    offer_next(t, writer, result.unplanned, zone)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def known_phone(t: Translator, result: KnownPhone) -> Message:
    """The phone of a new inquiry is known: nothing was opened yet."""
    writer = Writer()
    writer.line(Bold(t("This phone number is known. Nothing was opened yet.")))
    _rows(t, writer, result.loans)
    if result.more:
        writer.small(t("There are more."))
    again = Button(t("Open a new inquiry all the same"), "loan.new_anyway", {"d": str(result.draft_id)})
    return writer.buttons(again).message()


def corrected(t: Translator, results: Sequence[Corrected]) -> Message:
    """Something of a loan was corrected."""
    writer = Writer()
    for result in results:
        _corrected(t, writer, result)
    return writer.buttons(undo_button(t, results[-1].undo_id)).message()


def _corrected(t: Translator, writer: Writer, result: Corrected) -> None:
    values: dict[str, Part] = {"after": Bold(result.after), "before": result.before, "loan": Bold(result.loan.number)}
    match result.what:
        case "name":
            writer.line(phrase(t, "{loan}: the borrower's name is now {after} (it was {before}).", **values))
        case "phone":
            writer.line(phrase(t, "{loan}: the phone number is now {after} (it was {before}).", **values))
        case "number":
            writer.line(phrase(t, "The loan {before} has the number {after} now.", **values))


def _rows(t: Translator, writer: Writer, rows: Sequence[LoanRow]) -> None:
    writer.bullets(_row(t, row) for row in rows)
    writer.buttons(*(Button(t("Card {number}", number=row.number), "loan.card", {"l": str(row.id)}) for row in rows))


def _row(t: Translator, row: LoanRow) -> list[Part]:
    tail = t("tail {digits}", digits=row.tail)
    parts: list[Part] = [Code(row.number), " ", Bold(row.name), f" · {tail} · {stage(t, row.stage)}"]
    if row.owner is not None:
        parts += [" · ", Mention(row.owner)]
    if row.next is None:
        return parts
    when = brief_when(t, row.next.due, ZoneInfo(row.next.zone))
    parts.append(f" · {purpose(t, row.next.purpose)} {when}")
    if row.next.overdue:
        parts += [" · ", Bold(t("overdue"))]
    return parts


def _more(t: Translator, writer: Writer, n: int) -> None:
    if n > 0:
        writer.small(t.n("and {n} more", "and {n} more", n))


def changed(t: Translator, result: StageChanged, zone: ZoneInfo) -> Message:
    """From where to where, what that ended, and what is planned now."""
    writer = Writer()
    writer.line(
        phrase(
            t,
            "{loan} · {name}: {before} → {after}",
            loan=Bold(result.loan.number),
            name=result.name,
            before=stage(t, result.from_stage),
            after=Bold(stage(t, result.loan.stage)),
        )
    )
    writer.quote(result.reason)
    if remark := _remark(t, result):
        writer.line(remark)
    _ended(t, writer, result)
    if result.planned is not None:
        planned_lines(t, writer, result.planned)
    if result.still_open:
        writer.line(t("Also open on this loan:") if result.planned else t("Open on this loan:"))
        writer.bullets(follow_up_line(t, follow_up) for follow_up in result.still_open)
    offer_next(t, writer, result.unplanned, zone)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def _remark(t: Translator, result: StageChanged) -> str:
    before, after = stage(t, result.from_stage), stage(t, result.loan.stage)
    match result.passage.way:
        case "forward":
            return ""
        case "skips":
            skipped = t(", ").join(stage(t, code) for code in result.passage.skipped)
            return t("Careful: this passes over {stages}.", stages=skipped)
        case "back":
            return t("Careful: this goes back, from {before} to {after}.", before=before, after=after)
        case "reopened":
            return t(
                "Careful: the loan had ended ({before}) and is open again. What ended with it stays ended.",
                before=before,
            )
        case "unusual":
            return t(
                "Careful: a loan rarely comes from {before} to {after}. Is that right?", before=before, after=after
            )


def _ended(t: Translator, writer: Writer, result: StageChanged) -> None:
    ended: list[str] = []
    if result.ended_follow_ups:
        ended.append(t.n("{n} open follow-up", "{n} open follow-ups", result.ended_follow_ups))
    if result.ended_documents:
        ended.append(t.n("{n} document asked for", "{n} documents asked for", result.ended_documents))
    if ended:
        writer.line(t("Ended with it: {what}.", what=" · ".join(ended)))
