"""Legal holds, and how long records are kept."""

from zoneinfo import ZoneInfo

from desk.loans.holds import HoldChanged, HoldList, HoldView
from desk.retention.policies import Policies, PolicyChanged
from desk.rules.retention import Period
from handlers.messages.block_kit.elements import form_button, undo_button
from handlers.messages.block_kit.message import Bold, Button, Confirm, Mention, Message
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer


def write_holds(t: Translator, writer: Writer, holds: tuple[HoldView, ...], *, lift: bool) -> None:
    """Write the holds on a loan; who may lift them gets a button below each."""
    for hold in holds:
        writer.line(Bold(_hold(t, hold)))
        writer.quote(hold.why)
        if lift:
            writer.buttons(_lift(t, hold, t("Lift the hold")))


def hold_changed(t: Translator, result: HoldChanged) -> Message:
    """Render a hold that was placed or lifted."""
    writer, loan = Writer(), Bold(result.loan.number)
    if result.lifted:
        writer.phrase(t, "{loan}: the hold is lifted. What is older than its period may be deleted again.", loan=loan)
    elif result.hold.until is not None:
        day = t.date(result.hold.until)
        writer.phrase(
            t, "{loan} is under a legal hold until {date}: nothing of its borrower is deleted.", loan=loan, date=day
        )
    else:
        writer.phrase(
            t, "{loan} is under a legal hold: nothing of its borrower is deleted until you lift it.", loan=loan
        )
    if not result.lifted:
        writer.quote(result.hold.why).buttons(_lift(t, result.hold, t("Lift the hold")))
    return writer.message()


def hold_list(t: Translator, view: HoldList, zone: ZoneInfo) -> Message:
    """Render a page of the holds in force."""
    writer = Writer().line(Bold(t("Legal holds")))
    if not view.holds:
        writer.line(t("No loan is under a legal hold."))
    for hold in view.holds:
        since = t.date(hold.since.astimezone(zone).date())
        writer.bullets([[Bold(hold.loan), " · ", _hold(t, hold), " · ", since, " · ", Mention(hold.by)]])
        writer.quote(hold.why).buttons(_lift(t, hold, t("Lift: {loan}", loan=hold.loan)))
    writer.buttons(
        form_button(t("Place a legal hold"), "legal_hold"),
        *([Button(t("More"), "retention.holds", {"o": view.offset + len(view.holds)})] if view.more else ()),
    )
    return writer.message()


def policy_list(t: Translator, view: Policies, zone: ZoneInfo) -> Message:
    """Render how long each kind of record is kept, and since when nothing was deleted."""
    writer = Writer().line(Bold(t("How long records are kept")))
    writer.bullets([_line(t, each)] for each in view.periods)
    if view.last_run is None:
        writer.line(t("Nothing was deleted yet: the operator starts it with “loandesk retention --apply”."))
    else:
        writer.line(t("Last deleted: {time}", time=t.minute(view.last_run, zone)))
    return writer.buttons(form_button(t("Change a period"), "retention"), _holds_button(t)).message()


def policy_changed(t: Translator, result: PolicyChanged) -> Message:
    """Render the period that holds now."""
    return Writer().line(_line(t, result.period)).buttons(undo_button(t, result.undo_id)).message()


def period_words(t: Translator, period: Period) -> str:
    """Return how long a kind is kept, from when, and by which source."""
    if period.months is None:
        words = t("as long as the loan")
    else:
        kept = t.n("{n} month", "{n} months", period.months)
        words = t("{months} after: {event}", months=kept, event=period.kind.since(t.language))
    source = period.source(t.language)
    return t("{period} ({source})", period=words, source=source) if source else words


def _line(t: Translator, period: Period) -> str:
    return t("{kind}: {period}", kind=period.kind.word(t.language), period=period_words(t, period))


def _hold(t: Translator, hold: HoldView) -> str:
    if hold.until is None:
        return t("Under a legal hold: nothing of the borrower is deleted.")
    return t("Under a legal hold until {date}: nothing of the borrower is deleted.", date=t.date(hold.until))


def _lift(t: Translator, hold: HoldView, label: str) -> Button:
    confirm = Confirm(
        t("Lift the hold?"),
        t("What is older than its period may be deleted again. This cannot be undone."),
        t("Lift the hold"),
        t("Cancel"),
    )
    return Button(label, "retention.lift", {"h": str(hold.id), "v": hold.version}, confirm=confirm)


def _holds_button(t: Translator) -> Button:
    return Button(t("Legal holds"), "retention.holds", {"o": 0})
