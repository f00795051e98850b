"""Read the cells of a lender's file that say a loan's terms and its vehicle."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from desk.core.errors import Invalid
from desk.core.terms import TERM_FIELDS, ChoiceValue, ProductValue, RateValue, TermName, TermValue
from desk.core.vocabulary import VOCABULARY, ChoiceField, term_for
from desk.importing.figures import amount, day, figures
from desk.rules.vehicles import clean_plate, clean_vin, is_plate, is_vin

RATE_BASIS = "rate_basis"
"""The column that says what the rate of a row is of: a year or a month."""

_MONTHS = re.compile(r"([0-9]{1,3})(?:\.0+)?\s*(?:期|个月|月|months?)?", re.IGNORECASE)
_RATE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*(%?)")


def term_name(column: str) -> TermName:
    """Return the field that a column has values of."""
    name: TermName = "rate" if column == "monthly_rate" else column  # pyright: ignore[reportAssignmentType]
    return name


def read_term(column: str, text: str) -> TermValue:
    """Return the value of a cell that is not empty. Raises Invalid with the reason."""
    return _READERS[column](column, unicodedata.normalize("NFKC", text).strip())


def rate_of(text: str, basis: str) -> RateValue | None:
    """Return a rate and what it is of: a year, unless `basis` says otherwise. None without a rate. Raises Invalid with the
    reason."""
    monthly = bool(basis) and _choice("rate_basis", basis).code == "month"
    return _rate("monthly_rate" if monthly else "rate", text) if text else None


def _choice(field: ChoiceField, text: str) -> ChoiceValue:
    words = VOCABULARY.choices[field]
    word = term_for(words, text)
    if word is None:
        raise Invalid("import_choice", given=text, nearest=words)
    return ChoiceValue(field, word.code)


def _term(column: str, text: str) -> int:
    found = _MONTHS.fullmatch(figures(text))
    each = TERM_FIELDS[term_name(column)]
    if found is None or not each.low <= int(found[1]) <= each.high:
        raise Invalid("import_term", given=text)
    return int(found[1])


def _rate(column: str, text: str) -> RateValue:
    """Return a rate in percent. Without its sign, what may be a fraction (0.0599 for 5.99 %) is refused."""
    found = _RATE.fullmatch(unicodedata.normalize("NFKC", figures(text)).strip())
    basis, fraction = ("month", Decimal("0.05")) if column == "monthly_rate" else ("year", Decimal("0.5"))
    if found is None or Decimal(found[1]) > 100 or (not found[2] and 0 < Decimal(found[1]) < fraction):
        raise Invalid("import_rate", given=text)
    return RateValue(Decimal(found[1]), basis)


def _day(_column: str, text: str) -> date:
    found = day(text)
    if found is None:
        raise Invalid("import_day", given=text)
    return found


def _product(_column: str, text: str) -> ProductValue:
    word = term_for(VOCABULARY.products, text)
    return ProductValue(word.code) if word else ProductValue(None, _text("product", text))


def _text(column: str, text: str) -> str:
    limit = TERM_FIELDS[term_name(column)].high
    if len(text) > limit:
        raise Invalid("import_too_long", length=len(text), limit=limit)
    return text


def _vin(_column: str, text: str) -> str:
    if not is_vin(vin := clean_vin(text)):
        raise Invalid("import_vin", given=text)
    return vin


def _plate(_column: str, text: str) -> str:
    if not is_plate(plate := clean_plate(text)):
        raise Invalid("import_plate", given=text)
    return plate


_READERS: Mapping[str, Callable[[str, str], TermValue]] = {
    "price": lambda _column, text: amount(text),
    "down_payment": lambda _column, text: amount(text),
    "term": _term,
    "rate": _rate,
    "monthly_rate": _rate,
    "method": lambda _column, text: _choice("method", text),
    "first_due": _day,
    "product": _product,
    "make": _text,
    "model": _text,
    "vin": _vin,
    "plate": _plate,
    "reference": _text,
    "source": _text,
}

TERM_COLUMNS = frozenset(_READERS)
"""The columns of a loan's terms and its vehicle."""
