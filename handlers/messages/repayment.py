"""Repayment: what a card shows of it, its page, and the answers to changes. Only the reader sees them."""

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

from desk.calls.views import PaidPart
from desk.follow_ups.standing import LastPromise, PromiseCounts, RepaymentSummary
from desk.loans.events import Event
from desk.loans.views import LoanView
from desk.messages.notice_views import FollowUpNotice
from desk.repayment.overview import InstalmentView, PaymentView, RepaymentPage
from desk.repayment.pauses import PauseSet, PauseView
from desk.repayment.payments import PaymentRecorded
from desk.repayment.schedules import ScheduleSet
from handlers.messages.block_kit.elements import (
    card_button,
    fit_buttons,
    follow_up_line,
    form_button,
    masked_loan,
    phone_ending,
    purpose,
    undo_button,
    write_more,
    write_plan,
)
from handlers.messages.block_kit.message import Bold, Button, Confirm, Inline, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def pause_kind(t: Translator, kind: str) -> str:
    """Return the words for a kind of pause."""
    words = {"extension": t("extension"), "holiday": t("payment holiday"), "hardship": t("hardship")}
    return words.get(kind, kind)


def promise_state(t: Translator, state: str) -> str:
    """Return the words for what became of a promise."""
    words = {
        "open": t("promise: open"),
        "kept": t("promise: kept"),
        "partly_kept": t("promise: partly kept"),
        "broken": t("promise: broken"),
        "replaced": t("promise: replaced by another"),
    }
    return words.get(state, state)


def write_summary(t: Translator, writer: Writer, summary: RepaymentSummary, currency: str) -> None:
    """Write the next instalment, days past due with their bucket and basis, the pause, and the last promise."""
    _write_next(t, writer, summary, currency)
    if past_due := past_due_line(t, summary, currency):
        writer.line(Bold(past_due))
    if summary.paused is not None and summary.paused_until is not None:
        paused = t("Paused until {day}: {kind}", day=t.date(summary.paused_until), kind=pause_kind(t, summary.paused))
        writer.line(Bold(paused))
    if summary.promise is not None:
        writer.line(promise_line(t, summary.promise, currency))
    if summary.counts.kept + summary.counts.broken > 1:
        writer.line(_counts(t, summary.counts))


def _write_next(t: Translator, writer: Writer, summary: RepaymentSummary, currency: str) -> None:
    following = summary.next
    if summary.all_paid:
        writer.line(t("All instalments are paid."))
    if following is None:
        return
    day, left = t.date(following.due_on), t.money(following.left, currency)
    if following.paid:
        whole = t.money(following.amount, currency)
        line = t("Next instalment: {left} left of {amount}, due {day}", left=left, amount=whole, day=day)
    else:
        line = t("Next instalment: {amount}, due {day}", amount=left, day=day)
    writer.line(f"{line} {t('(computed, an estimate)')}" if summary.source == "computed" else line)


def past_due_line(t: Translator, summary: RepaymentSummary, currency: str) -> str:
    """Return days and amount past due, with the bucket and where they come from; empty if nothing is past due."""
    if not summary.days:
        return ""
    days = t.n("{n} day past due", "{n} days past due", summary.days)
    basis = t("by the schedule") if summary.basis == "schedule" else t("by the lender's data")
    bucket = t("{days} ({bucket}, {basis})", days=days, bucket=summary.bucket.word(t.language), basis=basis)
    if summary.past_due is None:
        return bucket
    count = t.n("{n} instalment", "{n} instalments", summary.instalments_past_due)
    return t(
        "{days}: {amount} in {instalments}", days=bucket, amount=t.money(summary.past_due, currency), instalments=count
    )


def _counts(t: Translator, counts: PromiseCounts) -> str:
    return t("Promises: {kept} kept, {broken} not kept", kept=counts.kept, broken=counts.broken)


def promise_line(t: Translator, promise: LastPromise, currency: str) -> str:
    """Return what was promised for when, and what became of it."""
    day, state = t.date(promise.due_on), promise_state(t, promise.state)
    if promise.amount is None:
        return t("Promised for {day} · {state}", day=day, state=state)
    return t("Promised {amount} for {day} · {state}", amount=t.money(promise.amount, currency), day=day, state=state)


def write_page(t: Translator, writer: Writer, page: RepaymentPage) -> None:
    """Write the schedule, payments, promises and pauses of a loan, with what the reader may do."""
    write_summary(t, writer, page.summary, page.currency)
    _write_rows(t, writer, page)
    _write_payments(t, writer, page)
    if page.promises:
        writer.line(Bold(_counts(t, page.summary.counts)))
        writer.bullets([promise_line(t, promise, page.currency)] for promise in page.promises)
    _write_pauses(t, writer, page)
    loan_id, offers = page.loan.id, page.offers
    buttons: list[Button] = []
    if offers.record_payment and page.paid_out and page.counts:
        buttons.append(form_button(t("Record a payment"), "payment", loan=loan_id))
    if offers.change_schedule:
        buttons.append(form_button(t("Enter the lender's schedule"), "schedule", loan=loan_id))
        buttons.append(form_button(t("Compute a schedule"), "computed_schedule", loan=loan_id))
    if offers.pause_repayment:
        buttons.append(form_button(t("Pause the instalments"), "pause", loan=loan_id))
    writer.buttons(*buttons)


def _write_rows(t: Translator, writer: Writer, page: RepaymentPage) -> None:
    if not page.rows:
        writer.line(t("There is no repayment schedule yet."))
        return
    source = t("computed, an estimate") if page.summary.source == "computed" else t("from the lender")
    count = t.n("{n} instalment", "{n} instalments", page.count)
    total = t.money(page.total, page.currency)
    writer.line(Bold(t("Schedule ({source}): {instalments}, {total}", source=source, instalments=count, total=total)))
    if page.counts:
        writer.line(t("{amount} left to pay", amount=t.money(page.left, page.currency)))
    else:
        writer.line(t("Days past due are counted from the lender's data, not from payments here."))
    if page.summary.grace_days:
        writer.line(t.n("{n} day of grace", "{n} days of grace", page.summary.grace_days))
    writer.bullets([_row(t, row, page.currency)] for row in page.rows)
    if page.count > len(page.rows):
        writer.small(t("{n} of {count} instalments are shown.", n=len(page.rows), count=page.count))


def _row(t: Translator, row: InstalmentView, currency: str) -> str:
    line = f"{row.number} · {t.date(row.due_on)} · {t.money(row.amount, currency)}"
    if row.paid is None or not row.paid:
        return line
    if row.paid == row.amount:
        return f"{line} · {t('paid in full')}"
    return f"{line} · {t('{amount} paid', amount=t.money(row.paid, currency))}"


def _write_payments(t: Translator, writer: Writer, page: RepaymentPage) -> None:
    if not page.payments:
        return
    writer.line(Bold(t("Last payments:")))
    writer.bullets(_payment(t, payment, page.currency) for payment in page.payments)
    writer.buttons(*(_reverse_button(t, payment, page) for payment in page.payments if payment.may_reverse))


def _payment(t: Translator, payment: PaymentView, currency: str) -> list[Inline]:
    sources = {"call": t("in a call"), "import": t("from the lender's file"), "api": t("from the lender's system")}
    source = sources.get(payment.source, t("by form"))
    line: list[Inline] = [f"{t.date(payment.paid_on)} · {t.money(payment.amount, currency)} · {source}"]
    line += [" · ", Mention(payment.by)] if payment.by else []
    return [*line, " · ", Bold(t("reversed"))] if payment.reversed else line


def _reverse_button(t: Translator, payment: PaymentView, page: RepaymentPage) -> Button:
    amount, day = t.money(payment.amount, page.currency), t.short_date(payment.paid_on)
    return Button(
        t("Reverse {amount}, {day}", amount=amount, day=day),
        "card.reverse_payment",
        {"p": str(payment.id), "v": payment.version},
        confirm=Confirm(
            t("Reverse the payment?"),
            t("What it paid is unpaid again. You can undo this for five minutes."),
            t("Reverse"),
            t("Cancel"),
        ),
    )


def _write_pauses(t: Translator, writer: Writer, page: RepaymentPage) -> None:
    if not page.pauses:
        return
    writer.line(Bold(t("Pauses:")))
    for pause in page.pauses:
        writer.bullets([[_pause(t, pause)]]).quote(pause.reason)
    if page.offers.pause_repayment:
        writer.buttons(*(_end_button(t, pause, page) for pause in page.pauses if pause.can_end))


def _end_button(t: Translator, pause: PauseView, page: RepaymentPage) -> Button:
    under_way = page.summary.paused_until == pause.ends_on
    label = t("End the pause") if under_way else t("Cancel the pause from {date}", date=t.short_date(pause.starts_on))
    return Button(label, "card.end_pause", {"p": str(pause.id), "v": pause.version})


def _pause(t: Translator, pause: PauseView) -> str:
    return t(
        "{kind}: from {start} until before {end}",
        kind=pause_kind(t, pause.kind),
        start=t.date(pause.starts_on),
        end=t.date(pause.ends_on),
    )


def schedule_set(t: Translator, result: ScheduleSet) -> Message:
    """Render the answer to a new schedule."""
    writer = Writer()
    _write_loan(t, writer, result.loan, result.name)
    money = _money(t, result.currency)
    source = t("computed, an estimate") if result.source == "computed" else t("from the lender")
    count = t.n("{n} instalment", "{n} instalments", result.rows)
    writer.line(
        Bold(
            t(
                "Schedule ({source}): {instalments}, {total}",
                source=source,
                instalments=count,
                total=money(result.total),
            )
        )
    )
    writer.line(t("First: {amount}, due {day}", amount=money(result.first_amount), day=t.date(result.first_on)))
    writer.line(t("Last: {amount}, due {day}", amount=money(result.last_amount), day=t.date(result.last_on)))
    if result.interest is not None:
        writer.line(t("Interest in all: {amount}", amount=money(result.interest)))
    if not result.counts:
        writer.line(t("Days past due are counted from the lender's data, not from payments here."))
    if result.settled:
        writer.line(t.n("{n} instalment counts as paid.", "{n} instalments count as paid.", result.settled))
    if result.next_on is not None and result.next_amount is not None:
        line = t("Next instalment: {amount}, due {day}", amount=money(result.next_amount), day=t.date(result.next_on))
        writer.line(line)
    if result.days_past_due:
        writer.line(Bold(t.n("{n} day past due", "{n} days past due", result.days_past_due)))
    _write_cancelled(t, writer, result.cancelled)
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def payment_recorded(t: Translator, result: PaymentRecorded) -> Message:
    """Render the answer to a payment that was recorded or reversed."""
    writer, money = Writer(), _money(t, result.currency)
    _write_loan(t, writer, result.loan, result.name)
    writer.phrase(
        t,
        "{amount} of {day}: reversed." if result.reversed else "{amount} of {day}: payment recorded.",
        amount=Bold(money(result.amount)),
        day=t.date(result.paid_on),
    )
    _write_effect(t, writer, result, money)
    if result.ended:
        writer.line(t("Also done:"))
        writer.bullets(follow_up_line(t, follow_up) for follow_up in result.ended)
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def _write_effect(t: Translator, writer: Writer, result: PaymentRecorded, money: Callable[[Decimal], str]) -> None:
    for row in result.settled:
        writer.phrase(t, "The instalment due {day} counts as paid.", day=Bold(t.date(row.due_on)))
    if result.next is None:
        writer.line(t("All instalments are paid."))
    elif result.next.paid:
        line = t(
            "Next instalment: {left} left of {amount}, due {day}",
            left=money(result.next.left),
            amount=money(result.next.amount),
            day=t.date(result.next.due_on),
        )
        writer.line(line)
    else:
        day = t.date(result.next.due_on)
        writer.line(t("Next instalment: {amount}, due {day}", amount=money(result.next.left), day=day))
    if result.days_past_due:
        days = t.n("{n} day past due", "{n} days past due", result.days_past_due)
        writer.line(Bold(t("{days}: {amount}", days=days, amount=money(result.past_due))))


def pause_set(t: Translator, result: PauseSet) -> Message:
    """Render the answer to a pause that was entered or ended."""
    writer = Writer()
    _write_loan(t, writer, result.loan, result.name)
    if result.pause.ended:
        writer.line(Bold(t("The pause is over. Instalments are asked for again.")))
    else:
        writer.line(Bold(_pause(t, result.pause))).quote(result.pause.reason)
        writer.line(t("Until then the desk plans no calls about instalments, and these days do not count as past due."))
    _write_cancelled(t, writer, result.cancelled)
    if result.days_past_due:
        writer.line(t.n("{n} day past due", "{n} days past due", result.days_past_due))
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    return writer.buttons(undo_button(t, result.undo_id)).message()


def payment_told(t: Translator, view: FollowUpNotice, *, name: str, paused: bool) -> Message:
    """Render the notice to who holds calls that a payment or a pause has ended; it names those that are open again."""
    writer = Writer()
    ended = [item for item in view.items if item.follow_up.state != "open"]
    if not ended:
        writer.phrase(t, "{name}: what had ended your calls about an instalment was undone.", name=name)
    elif paused:
        writer.phrase(t, "{name}: the instalments are paused. You need not call about them.", name=name)
    else:
        writer.phrase(t, "{name}: a payment was recorded. You need not call about it.", name=name)
    writer.line(masked_loan(t, view.items[0].loan))
    shown = ended or view.items
    writer.bullets([Bold(purpose(t, item.follow_up.purpose)), f" /{item.follow_up.number}"] for item in shown)
    loan = view.items[0].loan
    return writer.buttons(card_button(t, loan.id, loan.number)).message()


def payments_imported(t: Translator, view: FollowUpNotice, *, name: str, n: int) -> Message:
    """Render the notice to who holds `n` calls that a file of payments has ended."""
    writer = Writer()
    text = t.n(
        "{name}: the lender's payments have come. {n} call that you held is not needed any more:",
        "{name}: the lender's payments have come. {n} calls that you held are not needed any more:",
        n,
        name=name,
    )
    writer.line(text)
    ended = [item for item in view.items if item.follow_up.state != "open"]
    writer.bullets(
        [*masked_loan(t, item.loan), f" · {purpose(t, item.follow_up.purpose)} /{item.follow_up.number}"]
        for item in ended
    )
    writer.about(*(item.loan.id for item in ended))
    write_more(t, writer, n - len(view.items))
    return writer.message(item.loan.id for item in view.items)


def write_taken(t: Translator, writer: Writer, payment: PaidPart, currency: str) -> None:
    """Write what a payment that was told in a call paid, and what is left."""
    money = _money(t, currency)
    if payment.recorded is not None:
        writer.line(t("Payment recorded: {amount}", amount=money(payment.recorded)))
    for day in payment.settled[:-1]:
        writer.phrase(t, "The instalment due {day} counts as paid.", day=Bold(t.date(day)))
    if payment.left is not None and payment.of is not None and payment.due_on is not None:
        line = t(
            "Next instalment: {left} left of {amount}, due {day}",
            left=money(payment.left),
            amount=money(payment.of),
            day=t.date(payment.due_on),
        )
        writer.line(line)
    if payment.days:
        days = t.n("{n} day past due", "{n} days past due", payment.days)
        writer.line(Bold(t("{days}: {amount}", days=days, amount=money(payment.past_due))))


def repayment_event(t: Translator, event: Event, currency: str) -> str:
    """Return a payment, a schedule or a pause as an event of the timeline."""
    day = t.date(event.day) if event.day else ""
    match event.kind:
        case "schedule" if event.code == "computed":
            return t("repayment schedule computed")
        case "schedule":
            return t("repayment schedule of the lender")
        case "pause":
            kind, end = pause_kind(t, event.code), t.date(event.until) if event.until else ""
            return t("{kind}: from {start} until before {end}", kind=kind, start=day, end=end)
        case _:
            amount = t.money(event.amount or Decimal(0), currency)
            reversed_ = t("payment of {amount} on {day} reversed", amount=amount, day=day)
            return reversed_ if event.state == "reversed" else t("payment of {amount} on {day}", amount=amount, day=day)


def repayment_button(t: Translator, loan_id: UUID) -> Button:
    """Return the button that opens the tab of the card with payments and schedule."""
    return Button(t("Payments"), "card.open", {"l": str(loan_id), "t": "repayment"})


def _write_cancelled(t: Translator, writer: Writer, cancelled: int) -> None:
    if cancelled:
        writer.line(t.n("{n} planned call was cancelled.", "{n} planned calls were cancelled.", cancelled))


def _write_loan(t: Translator, writer: Writer, loan: LoanView, name: str) -> None:
    writer.line(Bold(loan.number), " · ", name, " · ", phone_ending(t, loan.tail))


def _money(t: Translator, currency: str) -> Callable[[Decimal], str]:
    return lambda amount: t.money(amount, currency)
