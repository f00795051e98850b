"""A loan's terms and its vehicle: what each field is called, how its values are written, and what was changed of them."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from desk.core.terms import ChoiceValue, ProductValue, RateValue, TermName, TermValue
from desk.core.vocabulary import VOCABULARY
from desk.loans.terms import TermChange, TermsChanged, TermsView
from handlers.messages.block_kit.elements import fit_buttons, undo_button, write_plan
from handlers.messages.block_kit.message import Bold, Code, Inline, Message
from handlers.messages.block_kit.translator import Translator, _
from handlers.messages.block_kit.writer import Writer, phrase

LABELS: dict[TermName, str] = {
    "amount": _("Amount"),
    "currency": _("Currency"),
    "price": _("Price"),
    "down_payment": _("Down payment"),
    "term": _("Term"),
    "rate": _("Rate"),
    "method": _("Repayment method"),
    "balloon": _("Balloon"),
    "day_count": _("Day count"),
    "due_day": _("Due day"),
    "first_due": _("First due day"),
    "holiday_shift": _("On a day off"),
    "grace_days": _("Days of grace"),
    "autopay": _("Autopay"),
    "product": _("Product"),
    "reference": _("Lender's reference"),
    "source": _("Source"),
    "approved_amount": _("Approved amount"),
    "conditions": _("Conditions"),
    "make": _("Make"),
    "model": _("Model"),
    "model_year": _("Model year"),
    "condition": _("New or used"),
    "vin": _("VIN"),
    "plate": _("Plate"),
}
"""What each field is called."""

_VEHICLE: tuple[TermName, ...] = ("make", "model", "model_year", "condition", "vin", "plate")
_ABOVE: frozenset[TermName] = frozenset(("amount", "currency", "due_day", "autopay"))
"""What the first lines of a card show of the loan."""

_ALONE: frozenset[TermName] = frozenset(("make", "model", "model_year", "condition", "product", "method"))
"""What needs no label to be understood."""


def label(t: Translator, name: TermName) -> str:
    """Return what a field is called."""
    return t(LABELS[name])


def value(t: Translator, name: TermName, given: TermValue, currency: str) -> str:
    """Return the value of a field in the reader's language."""
    match given:
        case bool():
            return t("yes") if given else t("no")
        case Decimal():
            return t.money(given, currency)
        case RateValue(percent, basis):
            rate = f"{percent.normalize():f}"
            return t("{rate}% a month", rate=rate) if basis == "month" else t("{rate}% a year", rate=rate)
        case ProductValue(code, own):
            return own or "" if code is None else VOCABULARY.product(code).word(t.language)
        case ChoiceValue(field, code):
            return VOCABULARY.choice(field, code).word(t.language)
        case date():
            return t.date(given)
        case int() if name == "term":
            return t.n("{n} month", "{n} months", given)
        case int() if name == "grace_days":
            return t.n("{n} day", "{n} days", given)
        case _:
            return str(given)


_IN_EVERY_MONTH = 28
"""The last day that each month has."""


def changed(t: Translator, result: TermsChanged) -> Message:
    """Render what was entered, corrected or cleared."""
    writer = Writer()
    for change in result.changes:
        writer.line(Bold(result.loan.number), " · ", *change_line(t, change, result.currency))
    vin = next((change.after for change in result.changes if change.name == "vin"), None)
    if result.check_digit is not None and isinstance(vin, str):
        writer.phrase(
            t,
            "Please check the VIN {vin}: the 9th character is usually {digit}. It is saved as typed.",
            vin=Code(vin),
            digit=Code(result.check_digit),
        )
    due_day = next((change.after for change in result.changes if change.name == "due_day"), None)
    if isinstance(due_day, int) and due_day > _IN_EVERY_MONTH:
        writer.line(t("In a month without that day, the instalment is due on the last one."))
    if result.cancelled:
        writer.line(
            t.n(
                "{n} reminder of an instalment no longer applies and was cancelled.",
                "{n} reminders of instalments no longer apply and were cancelled.",
                result.cancelled,
            )
        )
    if result.planned is not None:
        write_plan(t, writer, result.planned)
    return writer.buttons(*fit_buttons(t, result.planned), undo_button(t, result.undo_id)).message()


def change_line(t: Translator, change: TermChange, currency: str) -> list[Inline]:
    """Return a change of a field: its value before and after."""
    before = None if change.before is None else value(t, change.name, change.before, currency)
    after = None if change.after is None else value(t, change.name, change.after, currency)
    what = label(t, change.name)
    if after is None:
        return phrase(t, "{field} removed (it was {before})", field=what, before=before or "")
    if before is None:
        return phrase(t, "{field}: {after}", field=what, after=Bold(after))
    return phrase(t, "{field}: {before} → {after}", field=what, before=before, after=Bold(after))


def write_terms(t: Translator, writer: Writer, view: TermsView) -> None:
    """Write the terms and the vehicle on a card, a line each."""
    if terms := _facts(t, view, [name for name in view.values if name not in _ABOVE and name not in _VEHICLE]):
        writer.line(" · ".join(terms))
    if vehicle := _facts(t, view, [name for name in _VEHICLE if name in view.values]):
        writer.line(" · ".join(vehicle))


def _facts(t: Translator, view: TermsView, names: Collection[TermName]) -> list[str]:
    facts: list[str] = []
    for name in names:
        words = value(t, name, view.values[name], view.currency)
        if name == "down_payment" and (share := _down_share(view)):
            words = t("{amount} ({share}%)", amount=words, share=share)
        facts.append(words if name in _ALONE else t("{field}: {value}", field=label(t, name), value=words))
    return facts


def _down_share(view: TermsView) -> str:
    """Return the share of the price that is paid down, in percent; empty where the price is not known."""
    price, paid = view.values.get("price"), view.values.get("down_payment")
    if isinstance(price, Decimal) and isinstance(paid, Decimal) and price:
        return f"{paid / price * 100:.0f}"
    return ""
