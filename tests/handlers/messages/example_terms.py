"""Example terms of a loan, and a change of one of them."""

from decimal import Decimal

from desk.core.terms import TERM_FIELDS, ProductValue, RateValue, TermName, TermValue, choice
from desk.core.vocabulary import VOCABULARY
from desk.loans.terms import TermChange, TermsView
from tests.handlers.messages.choices import Choices
from tests.handlers.messages.example_texts import codes


def terms_view(choices: Choices) -> TermsView:
    """Return the terms of a loan."""
    return TermsView("CNY", _term_values(choices) if choices.includes("terms") else {}, "0.0.0")


def term_change(choices: Choices) -> TermChange:
    """Return a change of one field."""
    values = _term_values(choices)
    name = choices.one_of(list(values))
    before = values[name] if choices.includes("before") else None
    return TermChange(name, before, values[name] if before is None or choices.includes("after") else None)


def _term_values(choices: Choices) -> dict[TermName, TermValue]:
    """Return a value for every field."""
    values: dict[TermName, TermValue] = {}
    for name, each in TERM_FIELDS.items():
        of_kind: dict[str, TermValue] = {
            "money": Decimal(choices.amount()),
            "number": each.low,
            "date": choices.moment().date(),
            "yes_no": True,
            "rate": RateValue(Decimal("4.5"), choices.one_of(("year", "month"))),
            "product": ProductValue(None, choices.name),
        }
        if each.kind == "choice":
            values[name] = choice(name, choices.one_of(codes(VOCABULARY.choices[name])))  # pyright: ignore[reportArgumentType]
        else:
            values[name] = of_kind.get(each.kind, choices.name)
    return values
