"""The fields of a loan's terms and its vehicle that people enter, the values that they can have, and those as stored text."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Literal

from desk.core.dataclass import dataclass
from desk.core.vocabulary import ChoiceField

TermName = Literal[
    "amount",
    "currency",
    "price",
    "down_payment",
    "term",
    "rate",
    "method",
    "balloon",
    "day_count",
    "due_day",
    "first_due",
    "holiday_shift",
    "grace_days",
    "autopay",
    "product",
    "reference",
    "source",
    "approved_amount",
    "conditions",
    "make",
    "model",
    "model_year",
    "condition",
    "vin",
    "plate",
]

Kind = Literal["money", "number", "date", "yes_no", "rate", "product", "choice", "text", "currency", "vin", "plate"]
Place = Literal["loan", "terms", "vehicle"]


@dataclass(frozen=True, slots=True)
class RateValue:
    """A rate in percent, of a year or a month (`basis`: `year`, `month`)."""

    percent: Decimal
    basis: str


@dataclass(frozen=True, slots=True)
class ProductValue:
    """A product by its code in `desk/data`, or else by the lender's own name."""

    code: str | None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ChoiceValue:
    """A value that is listed in `desk/data/choices.toml`."""

    field: ChoiceField
    code: str


TermValue = Decimal | int | bool | date | RateValue | ProductValue | ChoiceValue | str


@dataclass(frozen=True, slots=True)
class TermField:
    """A field: what its values are, the table that has it (`place`) and its columns there.

    A number lies between `low` and `high`, a text is no longer than `high`. `personal`: the column is encrypted.
    """

    kind: Kind
    place: Place
    columns: tuple[str, ...]
    low: int = 0
    high: int = 0
    personal: bool = False


TERM_FIELDS: Mapping[TermName, TermField] = {
    "amount": TermField("money", "loan", ("amount",)),
    "currency": TermField("currency", "loan", ("currency",)),
    "price": TermField("money", "terms", ("price",)),
    "down_payment": TermField("money", "terms", ("down_payment",)),
    "term": TermField("number", "terms", ("term_months",), 1, 360),
    "rate": TermField("rate", "terms", ("rate", "rate_basis")),
    "method": TermField("choice", "terms", ("method",)),
    "balloon": TermField("money", "terms", ("balloon",)),
    "day_count": TermField("choice", "terms", ("day_count",)),
    "due_day": TermField("number", "loan", ("due_day",), 1, 31),
    "first_due": TermField("date", "terms", ("first_due_on",)),
    "holiday_shift": TermField("choice", "terms", ("holiday_shift",)),
    "grace_days": TermField("number", "terms", ("grace_days",), 0, 60),
    "autopay": TermField("yes_no", "loan", ("autopay",)),
    "product": TermField("product", "terms", ("product", "product_name"), high=100),
    "reference": TermField("text", "terms", ("reference",), high=64),
    "source": TermField("text", "terms", ("source_cipher",), high=100, personal=True),
    "approved_amount": TermField("money", "terms", ("approved_amount",)),
    "conditions": TermField("text", "terms", ("conditions_cipher",), high=1000, personal=True),
    "make": TermField("text", "vehicle", ("make",), high=60),
    "model": TermField("text", "vehicle", ("model",), high=100),
    "model_year": TermField("number", "vehicle", ("model_year",), 1950, 2100),
    "condition": TermField("choice", "vehicle", ("condition",)),
    "vin": TermField("vin", "vehicle", ("vin_cipher",), personal=True),
    "plate": TermField("plate", "vehicle", ("plate_cipher",), personal=True),
}
"""Every field, in the order in which cards and forms show them."""

MOST_MONEY = Decimal(10) ** 12
"""The amounts that a loan can have are below this."""


def value_text(value: TermValue | None) -> str:
    """Return a value as it is stored of what was before a correction; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case RateValue(percent, basis):
            return f"{percent.normalize():f} {basis}"
        case ProductValue(code, name):
            return f"={name}" if code is None else code
        case ChoiceValue(_, code):
            return code
        case date():
            return value.isoformat()
        case _:
            return str(value)


def text_value(name: TermName, text: str) -> TermValue | None:
    """Return the value that `value_text` wrote. What is no such text is returned as it is."""
    if not text:
        return None
    try:
        return _read(name, text)
    except (ValueError, InvalidOperation):
        return text


def _read(name: TermName, text: str) -> TermValue:
    match TERM_FIELDS[name].kind:
        case "money":
            return Decimal(text)
        case "number":
            return int(text)
        case "date":
            return date.fromisoformat(text)
        case "yes_no":
            return text == "yes"
        case "rate":
            percent, basis = text.split(" ")
            return RateValue(Decimal(percent), basis)
        case "product":
            return ProductValue(None, text[1:]) if text.startswith("=") else ProductValue(text)
        case "choice":
            return choice(name, text)
        case _:
            return text


def choice(name: TermName, code: str) -> ChoiceValue:
    """Return the value with that code of a field that has a list of values."""
    field: ChoiceField = name  # pyright: ignore[reportAssignmentType]
    return ChoiceValue(field, code)
