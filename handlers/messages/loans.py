"""Answers about loans: lists, the reader's day, new inquiries, corrections. Only the reader sees them."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from desk.handover.reassigning import Reassignment
from desk.loans.edits import LoanCorrected
from desk.loans.inquiries import KnownPhone, NewInquiry
from desk.loans.lists import PAGE, LoanList, LoanRow, MyDay, Pool
from desk.loans.views import LoanView
from desk.rules.stages import BEFORE_PAYOUT, next_of
from handlers.messages.block_kit.elements import (
    brief_when,
    follow_up_line,
    form_button,
    next_stage_button,
    pages,
    phone,
    phone_ending,
    purpose,
    stage,
    undo_button,
    write_cards,
    write_more,
    write_plan,
    write_wrong_number,
)
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer
from handlers.messages.contact import states_words
from handlers.messages.exports import export_button
from handlers.messages.follow_ups import offer_next
from handlers.messages.related_names import named_role
from handlers.messages.usage import Usage, write_usage

_DAY_ROWS = 5
"""How many of the day's calls are listed below the usage."""


def usage_and_day(t: Translator, usage: Usage, day: MyDay) -> Message:
    """Render the usage of `/loan`, and the reader's calls of the day."""
    writer = Writer()
    write_usage(t, writer, usage)
    writer.line(Bold(t("Your day:")))
    if day.due.total == 0:
        writer.line(t("Nothing is due today."))
    else:
        counts = [t.n("{n} follow-up is due today", "{n} follow-ups are due today", day.due.total)]
        if day.late:
            counts.append(t.n("{n} of them late", "{n} of them late", day.late))
        writer.line(" · ".join(counts))
        writer.bullets(
            [
                *follow_up_line(t, row.follow_up, with_loan=True, promise=row.promise),
                f" · {row.name}",
                *states_words(t, row.states),
            ]
            for row in day.due.rows[:_DAY_ROWS]
        )
        write_more(t, writer, day.due.total - _DAY_ROWS)
        write_cards(t, writer, [(row.loan_id, row.follow_up.loan_number, row.name) for row in day.due.rows[:_DAY_ROWS]])
    if day.unplanned:
        writer.line(t.n("{n} loan has nothing planned.", "{n} loans have nothing planned.", day.unplanned))
    return writer.buttons(
        *_lists_of(t, day),
        *([form_button(t("Log a call"), "call")] if day.offers.log_call else ()),
        *([form_button(t("New inquiry"), "inquiry")] if day.offers.open_inquiry else ()),
    ).message()


def _lists_of(t: Translator, day: MyDay) -> list[Button]:
    """Return a button for the list behind each count."""
    counts = ((t("Show all"), "today", day.due.total), (t("{n} late", n=day.late), "late", day.late))
    buttons = [Button(label, "due.list", {"p": period}) for label, period, count in counts if count]
    return [*buttons, *([Button(t("Nothing planned"), "due.list", {"p": "unplanned"})] if day.unplanned else [])]


def search_results(t: Translator, result: LoanList, words: Mapping[str, str] | None = None) -> Message:
    """Render the loans that match a search. `words` are those of the search as the button carries them that has all of them made
    into a file, None: without that button."""
    writer = Writer()
    if not result.rows:
        writer.line(t("No loan you can see matches all of these words."))
        writer.small(t("Search by name (or how it begins), pinyin, phone number, last four digits or loan number."))
        return writer.message()
    writer.line(Bold(t.n("{n} loan found", "{n} loans found", result.total)))
    _write_rows(t, writer, result.rows)
    if result.more:
        writer.small(
            t.n("and {n} more: add a word to narrow it down", "and {n} more: add a word to narrow it down", result.more)
        )
    if words is not None:
        writer.buttons(export_button(t, "find", words))
    return writer.message()


def own_loans(t: Translator, result: LoanList, value: Mapping[str, str] | None = None) -> Message:
    """Render a page of the reader's own loans, or of a colleague's: then `value` is what the button to the next page carries
    besides stage and offset."""
    writer = Writer()
    if result.of is not None:
        what = stage(t, result.stage) if result.stage else t("Live loans")
        writer.line(Bold(what), " · ", Mention(result.of), f" · {result.total}")
    else:
        writer.line(Bold(_own_count(t, result)))
    if result.by_stage:
        writer.line(" · ".join(f"{stage(t, code)} {count}" for code, count in result.by_stage))
    _write_rows(t, writer, result.rows)
    if result.of is None:
        writer.buttons(*next_stages(t, result.rows))
    write_more(t, writer, result.more)
    if result.more:
        following = {"s": result.stage or "", "o": result.offset + len(result.rows), **(value or {})}
        writer.buttons(Button(t("Show more"), "loan.mine", following))
    if result.may_export and result.rows:
        writer.buttons(export_button(t, "mine", {"s": result.stage, **(value or {})}))
    return writer.message()


def next_stages(t: Translator, rows: Sequence[LoanRow]) -> list[Button]:
    """Return a button for the next stage of each loan that is not paid out."""
    following = ((row, next_of(row.stage)) for row in rows if row.stage in BEFORE_PAYOUT)
    return [
        next_stage_button(t("Next stage of {loan}: {stage}", loan=row.number, stage=stage(t, code)), row.id, code)
        for row, code in following
        if code is not None
    ]


def pool(t: Translator, result: Pool) -> Message:
    """Render the loans that are nobody's, each with a button that claims it for a reader who may own one."""
    writer = Writer()
    if not result.rows:
        return writer.line(t("No loan is without an owner.")).message()
    writer.line(Bold(t("Loans without an owner")))
    for row, version in zip(result.rows, result.versions, strict=True):
        writer.bullets([_row(t, row)])
        value = {"l": str(row.id)}
        claim = Button(t("Claim {number}", number=row.number), "loan.claim", {**value, "v": version}, style="primary")
        card = Button(t("Card {number}", number=row.number), "loan.card", value)
        writer.buttons(*([claim] if result.may_claim else ()), card)
    if result.more:
        writer.buttons(Button(t("Show more"), "loan.pool", {"o": result.offset + len(result.rows)}))
    if result.may_export:
        writer.buttons(export_button(t, "pool", {}))
    return writer.message()


def claimed(t: Translator, result: Reassignment) -> Message:
    """Render that the reader owns the loan now."""
    writer = Writer().phrase(t, "{loan} is yours now.", loan=Bold(result.loan or ""))
    return writer.buttons(undo_button(t, result.undo_id)).message()


def planned_loans(t: Translator, result: LoanList, value: Mapping[str, str]) -> Message:
    """Render a page of the loans that a plan would move. `value` is what the buttons to other pages carry besides the offset."""
    writer = Writer().line(Bold(t("Loans to reassign")), f" · {result.total}")
    _write_rows(t, writer, result.rows)
    write_more(t, writer, result.more)
    shown = len(result.rows)
    buttons = pages(t, "reassign.list", value, offset=result.offset, shown=shown, more=result.more, page=PAGE)
    return writer.buttons(*buttons).message()


def _own_count(t: Translator, result: LoanList) -> str:
    if result.stage is not None:
        name = stage(t, result.stage)
        return t.n("You have {n} loan in {stage}", "You have {n} loans in {stage}", result.total, stage=name)
    return t.n("You have {n} live loan", "You have {n} live loans", result.total)


def inquiry_opened(t: Translator, result: NewInquiry, zone: ZoneInfo) -> Message:
    """Render the answer to a new inquiry."""
    writer = Writer()
    owner: Inline = Mention(result.loan.owner) if result.loan.owner else t("nobody")
    writer.phrase(
        t,
        "New inquiry {loan}: {name} · phone ending {tail} · owner: {owner}",
        loan=Bold(result.loan.number),
        name=Bold(result.name),
        tail=result.loan.tail,
        owner=owner,
    )
    writer.quote(result.note)
    if result.phone_is_wrong:
        write_wrong_number(t, writer, result.loan)
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    offer_next(t, writer, result.next_steps, zone, planned=result.planned is not None)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def known_phone(t: Translator, result: KnownPhone) -> Message:
    """Render the loans that already have the phone number of an inquiry, which was not opened."""
    writer = Writer()
    writer.line(Bold(t("This phone number is already on a loan, so no inquiry was opened yet.")))
    _write_rows(t, writer, result.loans)
    if result.more:
        writer.small(t("There are more."))
    again = Button(t("Open a new inquiry anyway"), "loan.new_anyway", {"d": str(result.draft_id)})
    return writer.buttons(again).message()


def corrected(t: Translator, results: Sequence[LoanCorrected]) -> Message:
    """Render the corrected details of a loan."""
    writer = Writer()
    for result in results:
        _write_correction(t, writer, result)
    write_owner_left(t, writer, results[-1].loan, results[-1].owner_left)
    return writer.buttons(undo_button(t, results[-1].undo_id)).message()


def write_owner_left(t: Translator, writer: Writer, loan: LoanView, owner_left: str | None) -> None:
    """Write that the owner of a loan, by name, has left the desk; ask who takes it on if it has no other."""
    if owner_left is not None:
        asks = t("Its owner {name} has left the desk. Who takes it on?", name=owner_left)
        writer.line(
            Bold(t("Its owner {name} has left the desk. It is yours now.", name=owner_left) if loan.owner else asks)
        )
        writer.buttons(form_button(t("Reassign"), "reassign", loan=loan.id))


def _write_correction(t: Translator, writer: Writer, result: LoanCorrected) -> None:
    before, after = result.before, result.after
    if result.what == "phone":
        before, after = phone(t, before), phone(t, after)
    values: dict[str, Inline] = {"after": Bold(after), "before": before, "loan": Bold(result.loan.number)}
    match result.what:
        case "name":
            writer.phrase(t, "{loan}: the borrower's name is now {after} (it was {before}).", **values)
        case "phone" if before == after:
            writer.phrase(t, "{loan}: {after} is no longer marked as wrong, here and on other loans with it.", **values)
        case "phone":
            writer.phrase(t, "{loan}: the phone number is now {after} (it was {before}).", **values)
            if result.phone_is_wrong:
                write_wrong_number(t, writer, result.loan)
        case "number":
            writer.phrase(t, "Loan {before} now has the number {after}.", **values)
        case "zone" if after:
            writer.phrase(t, "{loan}: contact rules take the borrower's time zone to be {after}.", **values)
        case "zone":
            writer.phrase(t, "{loan}: the borrower's time zone is no longer stated.", **values)


def _write_rows(t: Translator, writer: Writer, rows: Sequence[LoanRow]) -> None:
    writer.bullets(_row(t, row) for row in rows)
    writer.buttons(*(Button(t("Card {number}", number=row.number), "loan.card", {"l": str(row.id)}) for row in rows))


def _row(t: Translator, row: LoanRow) -> list[Inline]:
    tail = phone_ending(t, row.tail)
    line: list[Inline] = [Code(row.number), " ", Bold(row.name), f" · {tail} · {stage(t, row.stage)}"]
    line += states_words(t, row.states)
    if row.owner is not None:
        line += [" · ", Mention(row.owner)]
    if row.related:
        line += [" · ", t(", ").join(named_role(t, each) for each in row.related)]
    if row.next is None:
        return line
    when = brief_when(t, row.next.due, ZoneInfo(row.next.zone))
    line.append(f" · {purpose(t, row.next.purpose)} {when}")
    if row.next.late:
        line += [" · ", Bold(t("late"))]
    return line
