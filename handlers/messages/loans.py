"""Answers about loans: lists, the reader's day, new inquiries, corrections, stages. Only the reader sees them."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from desk.core.vocabulary import VOCABULARY
from desk.handover.reassigning import Reassignment
from desk.loans.edits import LoanCorrected
from desk.loans.inquiries import KnownPhone, NewInquiry
from desk.loans.lists import PAGE, LoanList, LoanRow, MyDay, Pool
from desk.loans.stage_rules import StageRulesChanged
from desk.loans.stages import MoveQuestion, StageChanged
from desk.loans.views import LoanView
from desk.rules.stages import BEFORE_PAYOUT, Transition, next_of
from handlers.messages.block_kit.elements import (
    brief_when,
    fit_buttons,
    follow_up_line,
    follow_up_value,
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
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer
from handlers.messages.checks import lacks
from handlers.messages.follow_ups import offer_next
from handlers.messages.related import named_role
from handlers.messages.usage import Usage, write_usage

_ENDED = 5
"""How many of the follow-ups that were closed with a loan an answer lists."""

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
            [*follow_up_line(t, row.follow_up, with_loan=True, promise=row.promise), " · ", row.name]
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


def search_results(t: Translator, result: LoanList) -> Message:
    """Render the loans that match a search."""
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
    _write_owner_left(t, writer, results[-1].loan, results[-1].owner_left)
    return writer.buttons(undo_button(t, results[-1].undo_id)).message()


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


def _write_rows(t: Translator, writer: Writer, rows: Sequence[LoanRow]) -> None:
    writer.bullets(_row(t, row) for row in rows)
    writer.buttons(*(Button(t("Card {number}", number=row.number), "loan.card", {"l": str(row.id)}) for row in rows))


def _row(t: Translator, row: LoanRow) -> list[Inline]:
    tail = phone_ending(t, row.tail)
    line: list[Inline] = [Code(row.number), " ", Bold(row.name), f" · {tail} · {stage(t, row.stage)}"]
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


def stage_answer(t: Translator, result: StageChanged | MoveQuestion, zone: ZoneInfo) -> Message:
    """Render a change of stage, or the question before a write-off or an unusual move."""
    return move_question(t, result) if isinstance(result, MoveQuestion) else changed(t, result, zone)


def move_question(t: Translator, result: MoveQuestion) -> Message:
    """Render what a write-off or an unusual move would do; nothing has been changed yet."""
    writer = Writer()
    if result.changed:
        writer.line(Bold(t("This changed while you were looking. It is now:")))
    values = {"loan": Bold(result.loan.number), "name": Bold(result.name), "stage": stage(t, result.loan.stage)}
    if result.writes_off:
        writer.phrase(t, "Write off {loan} · {name}, now {stage}?", **values)
    else:
        values["after"] = Bold(stage(t, result.stage))
        writer.phrase(t, "Move {loan} · {name} from {stage} to {after}?", **values)
        if why := _why_asked(t, result):
            writer.line(why)
    writer.quote(result.reason)
    if result.lacking:
        writer.line(Bold(t("Missing:")))
        writer.bullets([lacks(t, need)] for need in result.lacking)
    closes = _counted(t, result.follow_ups, result.documents)
    if closes:
        writer.line(t("This would also close: {what}", what=" · ".join(closes)))
    value = {"d": str(result.draft_id)}
    if result.writes_off:
        writer.buttons(
            Button(t("Write off now"), "stage.write_off", value, style="danger"),
            Button(t("Don't write off"), "stage.leave"),
        )
    else:
        writer.buttons(
            Button(t("Move it all the same"), "stage.move", value, style="primary"),
            Button(t("Leave it"), "stage.leave"),
        )
    return writer.message()


def not_moved(t: Translator) -> Message:
    """Render the answer to a write-off or a move that was called off."""
    return Writer().line(t("Nothing was changed.")).message()


def changed(t: Translator, result: StageChanged, zone: ZoneInfo) -> Message:
    """Render a change of stage: what it ended, and what is planned now."""
    writer = Writer()
    writer.phrase(
        t,
        "{loan} · {name}: {before} → {after}",
        loan=Bold(result.loan.number),
        name=result.name,
        before=stage(t, result.from_stage),
        after=Bold(stage(t, result.loan.stage)),
    )
    writer.quote(result.reason)
    if remark := _remark(t, result.transition, result.from_stage, result.loan.stage):
        writer.line(remark)
    _write_lacking(t, writer, result)
    _write_owner_left(t, writer, result.loan, result.owner_left)
    _write_ended(t, writer, result)
    for planned in (result.planned, *result.also_planned):
        if planned is not None:
            write_plan(t, writer, planned)
    if result.still_open:
        writer.line(t("Also open on this loan:") if result.planned else t("Open on this loan:"))
        writer.bullets(follow_up_line(t, follow_up) for follow_up in result.still_open)
    _ask_about_calls(t, writer, result)
    offer_next(t, writer, result.next_steps, zone)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def _write_lacking(t: Translator, writer: Writer, result: StageChanged) -> None:
    if not result.lacking:
        return
    if result.overridden:
        writer.line(Bold(t("Moved all the same, with your reason, although these are missing:")))
    else:
        writer.line(Bold(t("Missing:")))
    writer.bullets([lacks(t, need)] for need in result.lacking)


def _ask_about_calls(t: Translator, writer: Writer, result: StageChanged) -> None:
    """Ask about calls of the stages before that members planned: those of the desk have ended."""
    if not result.asked:
        return
    writer.line(t("Planned by people for the stages before. Still needed?"))
    buttons = [
        Button(
            t("Not needed: {name}", name=f"/{each.number} {purpose(t, each.purpose)}"),
            "follow_up.not_needed",
            follow_up_value(each),
        )
        for each in result.asked[:_ENDED]
    ]
    writer.buttons(*buttons)


def _write_owner_left(t: Translator, writer: Writer, loan: LoanView, owner_left: str | None) -> None:
    if owner_left is not None:
        writer.line(Bold(t("Its owner {name} has left the desk. Who takes it on?", name=owner_left)))
        writer.buttons(form_button(t("Reassign"), "reassign", loan=loan.id))


def _why_asked(t: Translator, result: MoveQuestion) -> str:
    """Return what is unusual about a move that is not made yet."""
    if result.transition.kind == "reopened":
        before = stage(t, result.loan.stage)
        return t(
            "Careful: this loan has ended ({before}) and would be open again. What was closed with it stays closed.",
            before=before,
        )
    return _remark(t, result.transition, result.loan.stage, result.stage)


def _remark(t: Translator, transition: Transition, from_stage: str, to_stage: str) -> str:
    before, after = stage(t, from_stage), stage(t, to_stage)
    match transition.kind:
        case "forward":
            return ""
        case "skips":
            skipped = t(", ").join(stage(t, code) for code in transition.skipped)
            return t("Careful: this skips {stages}.", stages=skipped)
        case "back":
            return t("Careful: this moves back from {before} to {after}.", before=before, after=after)
        case "reopened":
            return t(
                "Careful: this loan had ended ({before}) and is open again. What was closed with it stays closed.",
                before=before,
            )
        case "unusual":
            return t("Careful: loans rarely move from {before} to {after}.", before=before, after=after)


def _write_ended(t: Translator, writer: Writer, result: StageChanged) -> None:
    if closed := _counted(t, result.ended_follow_ups, result.ended_documents):
        writer.line(t("Also closed: {what}", what=" · ".join(closed)))
        writer.bullets(follow_up_line(t, each) for each in result.ended[:_ENDED])
        write_more(t, writer, len(result.ended) - _ENDED)


def _counted(t: Translator, follow_ups: int, documents: int) -> list[str]:
    counted: list[str] = []
    if follow_ups:
        counted.append(t.n("{n} open follow-up", "{n} open follow-ups", follow_ups))
    if documents:
        counted.append(t.n("{n} document request", "{n} document requests", documents))
    return counted


NEED_WORDS = {
    "documents": _("the documents of the stages before, accepted"),
    "checks": _("the checks of its product, confirmed"),
    "amount": _("an amount"),
    "due_day": _("a first due day, before it is disbursed"),
}
"""What a workspace can make a must before a stage."""


def stage_rules_changed(t: Translator, result: StageRulesChanged) -> Message:
    """Render the rules of stages that were set."""
    writer = Writer()
    if result.now.required:
        writer.line(Bold(t("No loan moves on without:")))
        writer.bullets([t(NEED_WORDS[need])] for need in result.now.required)
    else:
        writer.line(t("What a loan lacks for a stage is pointed out, and only a failed check holds it up."))
    a_day = result.now.checks_a_day
    count = t.n("{n} check a day is planned for a verifier.", "{n} checks a day are planned for a verifier.", a_day)
    writer.line(count)
    if result.now.default_product is not None:
        product = VOCABULARY.product(result.now.default_product).word(t.language)
        writer.line(t("A loan without a product counts as {product}.", product=product))
    return writer.buttons(undo_button(t, result.undo_id)).message()
