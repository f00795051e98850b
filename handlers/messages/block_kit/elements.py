"""Elements that many messages share: a due time, a loan, a follow-up, a plan, the Undo button."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from desk.core.values import Due
from desk.core.vocabulary import VOCABULARY
from desk.follow_ups.promises import Promise
from desk.loans.views import FollowUpView, LoanView, PlannedView
from desk.rules.contacts import EXTENSION_SIGN
from desk.rules.reminders import ScheduleWarning
from handlers.messages.block_kit.message import Bold, Button, Code, Inline, Mention
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.view import UNDO
from handlers.messages.block_kit.writer import Writer

_CARD_BUTTONS = 10
"""Up to how many loans of a list have a button each."""

_MEMBER_BUTTONS = 20
"""Up to how many members of a team have a button each."""

_MENTIONS = 20
"""How many people a list of mentions names."""


def when(t: Translator, due: Due, zone: ZoneInfo) -> str:
    """Return a due time in full, with weekday and zone; one without a time of day as its calendar date."""
    return t.date(due.on) if due.at is None else t.instant(due.at, zone)


def brief_when(t: Translator, due: Due, zone: ZoneInfo) -> str:
    """Return a due time for a list, without year and zone."""
    return t.short_date(due.on) if due.at is None else t.minute(due.at, zone)


def purpose(t: Translator, code: str) -> str:
    """Return a purpose in the reader's language."""
    return VOCABULARY.purpose(code).word(t.language)


def outcome(t: Translator, code: str) -> str:
    """Return an outcome in the reader's language."""
    return VOCABULARY.outcome(code).word(t.language)


def outcome_and_amount(
    t: Translator, code: str, amount: Decimal | None, currency: str, share: str | None = None
) -> str:
    """Return an outcome with the amount that was promised or paid, and whether it is still asked what that covers."""
    words = outcome(t, code)
    if amount is not None:
        words += f" {t.money(amount, currency)}"
    return f"{words} · {t('whole instalment or part?')}" if share == "asked" else words


def purpose_and_promise(t: Translator, code: str, promise: Promise | None) -> str:
    """Return a purpose with the promised amount: `promise to pay CN¥3,000.00`."""
    words = purpose(t, code)
    return f"{words} {t.money(promise.amount, promise.currency)}" if promise else words


def stage(t: Translator, code: str) -> str:
    """Return a stage in the reader's language."""
    return VOCABULARY.stage(code).word(t.language)


def phone_ending(t: Translator, digits: str) -> str:
    """Return the last digits of a phone number as lists and channels show them."""
    return t("phone ending {digits}", digits=digits)


def phone(t: Translator, number: str) -> str:
    """Return a number as `desk.rules.contacts.format_phone` wrote it, with its extension in the reader's words."""
    read, _sign, extension = number.partition(EXTENSION_SIGN)
    return t("{number} ext. {extension}", number=read, extension=extension) if extension else read


def write_wrong_number(t: Translator, writer: Writer, loan: LoanView) -> None:
    """Write that the borrower's number is marked as wrong, and how to correct it."""
    line = Code(t("/loan edit {loan} phone 138 0013 8000", loan=loan.number))
    writer.phrase(t, "Careful: this number is marked as wrong. To correct it: {line}", line=line)


def follow_up_name(follow_up: FollowUpView) -> str:
    """Return a follow-up as people type it: `L-1042/2`."""
    return f"{follow_up.loan_number}/{follow_up.number}"


def mentions(t: Translator, slack_ids: Sequence[str]) -> list[Inline]:
    """Return a list of people, cut after the first ones. In an ephemeral answer a mention notifies nobody."""
    line: list[Inline] = []
    for slack_id in slack_ids[:_MENTIONS]:
        line += [t(", "), Mention(slack_id)] if line else [Mention(slack_id)]
    if more := len(slack_ids[_MENTIONS:]):
        line += [" ", t.n("and {n} more", "and {n} more", more)]
    return line


def masked_loan(t: Translator, loan: LoanView) -> list[Inline]:
    """Return a loan as a channel may see it: `L-1042 · 王* · 尾号5678`."""
    return [Bold(loan.number), " · ", loan.masked, " · ", t("phone ending {digits}", digits=loan.tail)]


def named_loan(t: Translator, loan: LoanView) -> list[Inline]:
    """Return a loan for an answer that only its reader sees: `L-1042 · 王小明 · 尾号5678`."""
    return [Bold(loan.number), " · ", loan.name, " · ", phone_ending(t, loan.tail)]


def follow_up_line(
    t: Translator, follow_up: FollowUpView, *, with_loan: bool = False, promise: Promise | None = None
) -> list[Inline]:
    """Return a follow-up as a row of a list: name, purpose with what was promised, due time, assignee, attempts."""
    zone = ZoneInfo(follow_up.zone)
    name = follow_up_name(follow_up) if with_loan else f"/{follow_up.number}"
    what = purpose_and_promise(t, follow_up.purpose, promise)
    line: list[Inline] = [Code(name), " ", what, " · ", brief_when(t, follow_up.due, zone)]
    if follow_up.late:
        line += [" · ", Bold(t("late"))]
    line += [" · ", Mention(follow_up.assignee)]
    if follow_up.attempts:
        line += [" · ", t.n("{n} attempt", "{n} attempts", follow_up.attempts)]
    return line


def write_why(t: Translator, writer: Writer, follow_up: FollowUpView) -> None:
    """Write which rule planned a follow-up, and why; nothing of one that a member planned."""
    rule = follow_up.rule
    if rule is None:
        return
    why = rule.why(t.language)
    writer.small(t("By rule, urgent: {why}", why=why) if rule.priority == "high" else t("By rule: {why}", why=why))


def write_next(t: Translator, writer: Writer, follow_up: FollowUpView) -> None:
    """Write what is planned and for when, with its absolute time."""
    writer.phrase(
        t,
        "Next: {what} {when}, {who} ({name})",
        what=Bold(purpose(t, follow_up.purpose)),
        when=Bold(when(t, follow_up.due, ZoneInfo(follow_up.zone))),
        who=Mention(follow_up.assignee),
        name=Code(follow_up_name(follow_up)),
    )
    write_why(t, writer, follow_up)


def write_plan(t: Translator, writer: Writer, planned: PlannedView) -> None:
    """Write the plan with its absolute time, and every warning that the planner should see."""
    follow_up = planned.follow_up
    zone = ZoneInfo(follow_up.zone)
    write_next(t, writer, follow_up)
    if planned.moved_from is not None:
        writer.line(t("It was planned for {when}.", when=when(t, planned.moved_from, zone)))
    if planned.acting is not None:
        writer.phrase(
            t,
            "{who} is away then, so {acting} will be reminded.",
            who=Mention(follow_up.assignee),
            acting=Mention(planned.acting),
        )
    for warning in planned.warnings:
        writer.line(warning_text(t, warning))
    if planned.suggestion is not None:
        writer.line(t("Next suitable time: {when}.", when=t.instant(planned.suggestion, zone)))


def fit_buttons(t: Translator, planned: PlannedView | None) -> list[Button]:
    """Return the button that moves the follow-up to the next suitable minute, when a warning suggests one."""
    if planned is None or planned.suggestion is None:
        return []
    when = t.minute(planned.suggestion, ZoneInfo(planned.follow_up.zone))
    value = {**follow_up_value(planned.follow_up), "a": planned.suggestion.isoformat()}
    return [Button(t("Move to {when}", when=when), "follow_up.fit", value)]


def warning_text(t: Translator, warning: ScheduleWarning) -> str:
    """Return a warning in the reader's language."""
    if warning.kind == "waits_for_payment" and warning.moved_to is not None:
        return t("A payment closes it. If none comes, you are reminded on {day}.", day=t.date(warning.moved_to))
    if warning.moved_to is not None:
        return t("The assignee doesn't work that day, so it counts from {day}.", day=t.date(warning.moved_to))
    texts = {
        "outside_working_hours": t("Careful: that's outside the assignee's working hours."),
        "holiday": t("Careful: that day is a public holiday."),
        "day_off": t("Careful: the assignee doesn't work that day."),
        "outside_contact_hours": t("Careful: borrowers may not be called at that time."),
        "waits_for_payment": t("A payment closes it."),
    }
    return texts[warning.kind]


def undo_button(t: Translator, undo_id: UUID) -> Button:
    """Return the button that undoes what was just done."""
    return Button(t("Undo"), UNDO, {"u": str(undo_id)})


def form_button(label: str, form: str, *, loan: UUID | None = None, follow_up: int | None = None) -> Button:
    """Return a button that opens a form, filled in for the loan and its follow-up of that number."""
    value: dict[str, str | int] = {"form": form}
    if loan is not None:
        value["i"] = str(loan)
    if follow_up is not None:
        value["n"] = follow_up
    return Button(label, "form.open", value)


def next_stage_button(label: str, loan_id: UUID, following: str) -> Button:
    """Return a button that opens the form of stages with the stage that usually follows."""
    return Button(label, "form.open", {"form": "stage", "i": str(loan_id), "fill": {"stage": following}})


def card_button(t: Translator, loan_id: UUID, number: str) -> Button:
    """Return the button of a row that opens the loan's card."""
    return Button(t("Card {number}", number=number), "loan.card", {"l": str(loan_id)})


def write_cards(t: Translator, writer: Writer, rows: Sequence[tuple[UUID, str, str]]) -> None:
    """Write what opens the card of each row (loan, number, name): a button for each loan, or for many one menu."""
    loans = {loan_id: (number, name) for loan_id, number, name in rows}
    if len(loans) <= _CARD_BUTTONS:
        writer.buttons(*(card_button(t, loan_id, number) for loan_id, (number, _) in loans.items()))
        return
    choices = [(f"{number} {name}", {"l": str(loan_id)}) for loan_id, (number, name) in loans.items()]
    writer.menu(t("Open a card"), "loan.card", choices)


def write_members(t: Translator, writer: Writer, people: Sequence[tuple[UUID, str]]) -> None:
    """Write what opens each member's list of due calls (id, name): a button each, or for many one menu."""
    lists = [(name, {"w": str(member_id)}) for member_id, name in dict(people).items()]
    if len(lists) <= _MEMBER_BUTTONS:
        writer.buttons(*(Button(name, "due.list", value) for name, value in lists))
    else:
        writer.menu(t("A member's list"), "due.list", lists)


def pages(
    t: Translator, act: str, value: Mapping[str, Any], *, offset: int, shown: int, more: int, page: int
) -> list[Button]:
    """Return the buttons to the pages before and after the `shown` rows from `offset` on, of a list with `page` rows each."""
    buttons: list[Button] = []
    if offset:
        buttons.append(Button(t("Previous page"), act, {**value, "o": max(0, offset - page)}))
    if more > 0:
        buttons.append(Button(t("Next page"), act, {**value, "o": offset + shown}))
    return buttons


def follow_up_value(follow_up: FollowUpView) -> dict[str, str | int]:
    """Return what a button about a follow-up carries: its id and the version on display."""
    return {"f": str(follow_up.id), "v": follow_up.version}


def write_loan_and_time(t: Translator, writer: Writer, loan: LoanView, at: datetime, zone: ZoneInfo) -> None:
    """Write the loan and the time that identify a call or note."""
    writer.line(named_loan(t, loan), " · ", t.minute(at, zone))


def write_under_way(t: Translator, writer: Writer, under_way: bool) -> None:
    """Write that the worker is still to recompute the times which follow from an act, when it is."""
    if under_way:
        writer.line(
            t("The times of reminders are being worked out again. Until then nobody is reminded by an old one.")
        )


def write_moving(t: Translator, writer: Writer, moving: bool) -> None:
    """Write that the worker is still to hand over loans and follow-ups, when it is."""
    if moving:
        writer.line(
            t(
                "This is under way. You get a message when it is done; until then nobody is reminded of what has yet to move."
            )
        )


def write_more(t: Translator, writer: Writer, n: int) -> None:
    """Write how many rows a list leaves out; write nothing when `n` is not positive."""
    if n > 0:
        writer.small(t.n("and {n} more", "and {n} more", n))
