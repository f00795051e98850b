"""Reasons why a payment or an instalment of a file was not imported."""

from collections.abc import Callable, Mapping

from desk.core.errors import DeskError
from handlers.messages.block_kit.elements import stage
from handlers.messages.block_kit.translator import Translator

MONEY_ROW: Mapping[str, Callable[[Translator, DeskError], str]] = {
    "import_loan_unknown": lambda t, e: t("there is no loan {given}", given=e.params["given"]),
    "import_currency": lambda t, e: t("{given} isn't a currency, written like CNY", given=e.params["given"]),
    "import_reversed": lambda t, e: t("{given} says neither payment nor reversal", given=e.params["given"]),
    "import_paid": lambda t, e: t("{given} says neither paid nor unpaid", given=e.params["given"]),
    "import_payment_differs": lambda t, e: t(
        "{given} is a payment of {day} with another amount or date here. Correct the file, or reverse that payment first",
        given=e.params["given"],
        day=t.date(e.params["day"]),
    ),
    "import_payment_twice": lambda t, e: t(
        "this payment appears in the file more than once and nothing tells them apart. Give each its own reference"
    ),
    "import_reversal_reference": lambda t, e: t("a reversal needs the reference of the payment that it takes back"),
    "import_reversal_unknown": lambda t, e: t(
        "no payment here is surely the one that {given} takes back. Name it in a column “original reference”",
        given=e.params["given"],
    ),
    "import_reversal_amount": lambda t, e: t(
        "the payment was {amount}; a reversal takes back all of it",
        amount=t.money(e.params["amount"], e.params["currency"]),
    ),
    "import_schedule_rest": lambda t, e: t(
        "not taken, because line {lines} of the same schedule is refused",
        lines=t(", ").join(str(line) for line in e.params["lines"]),
    ),
    "amount_currency": lambda t, e: t("{loan} is in {currency}", loan=e.params["loan"], currency=e.params["currency"]),
    "payment_amount": lambda t, e: t("the amount must be more than 0"),
    "payment_future": lambda t, e: t("{day} hasn't come yet", day=t.date(e.params["given"])),
    "payment_before_disbursement": lambda t, e: t(
        "{loan} isn't paid out: it is {stage}", loan=e.params["loan"], stage=stage(t, e.params["stage"])
    ),
    "payment_larger": lambda t, e: t(
        "more than what is left of {loan}, {left}",
        loan=e.params["loan"],
        left=t.money(e.params["left"], e.params["currency"]),
    ),
    "loan_ended": lambda t, e: t(
        "{loan} has ended: it is {stage}", loan=e.params["loan"], stage=stage(t, e.params["stage"])
    ),
    "schedule_rows": lambda t, e: t(
        "{given} instalments; the most are {most}", given=e.params["given"], most=e.params["most"]
    ),
    "schedule_row_amount": lambda t, e: t("the amount must be more than 0"),
    "schedule_row_order": lambda t, e: t(
        "{day} doesn't come after {before}, the instalment before it",
        day=t.date(e.params["given"]),
        before=t.date(e.params["before"]),
    ),
    "schedule_row_sum": lambda t, e: t(
        "principal and interest are {sum}, and the amount is {given}", sum=e.params["sum"], given=e.params["given"]
    ),
    "schedule_sum": lambda t, e: t(
        "the principal of all instalments is {given}, and the loan {amount}",
        given=t.money(e.params["given"], e.params["currency"]),
        amount=t.money(e.params["amount"], e.params["currency"]),
    ),
}
"""What is said of a row behind the column's heading, by the code of the refusal."""
