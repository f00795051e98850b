"""The rows of a lender's files of payments and of schedules, with every fault of each."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.vocabulary import term_key
from desk.importing.cells import clean, read_cell, refuse_unread
from desk.importing.figures import amount, day, figures
from desk.importing.money_columns import PAYMENT_REQUIRED, SCHEDULE_REQUIRED
from desk.importing.past_rows import PastRow
from desk.importing.rows import Header, fault_of
from storage.queries.loans.loans import number_key

_PAID = frozenset({"yes", "y", "true", "1", "是", "paid", "settled", "已还", "已还款", "已结清", "结清", "已还清"})
_UNPAID = frozenset(
    {"no", "n", "false", "0", "否", "unpaid", "open", "due", "overdue", "late", "part paid", "partly paid"}
    | {"未还", "未还款", "未结清", "待还", "待还款", "未到期", "逾期", "已逾期", "部分还款", "部分已还"}
)

REFERENCE_LIMIT = 100
"""The longest reference of a payment, in characters."""

_MINUS = re.compile(r"-\s*(.+)|\((.+)\)")
_DASHES = str.maketrans("−–—", "---")
_YUAN = frozenset({"cny", "rmb", "人民币", "元", "¥", "人民币元"})
_CURRENCY = re.compile(r"[A-Z]{3}")
_REVERSED = frozenset(
    {"yes", "y", "true", "1", "是", "reversal", "reversed", "returned", "return", "chargeback", "bounced"}
    | {"冲正", "已冲正", "撤销", "已撤销", "退回", "退款", "退票"}
)
_NOT_REVERSED = frozenset(
    {"no", "n", "false", "0", "否", "payment", "paid", "repayment", "还款", "正常", "入账", "代扣", "主动还款"}
)


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment, or the reversal of one (`reverses`: the reference of the payment, if the file has a column for it).

    `amount` is positive; `negative`: the file says that it is a payment back. `reversed` says that of the payment itself.
    """

    line: int
    number: str = ""
    paid_on: date | None = None
    amount: Decimal | None = field(default=None, repr=False)
    negative: bool = False
    currency: str | None = None
    reference: str | None = None
    reversed: bool = False
    reverses: str | None = None
    faults: tuple[DeskError, ...] = field(default=(), repr=False)
    headings: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def is_reversal(self) -> bool:
        """Return whether the row takes a payment back."""
        return self.negative or self.reversed or self.reverses is not None

    def fault(self, code: str, column: str, **params: Any) -> Invalid:
        """Return a refusal of this row for what is in that column."""
        return fault_of(Invalid(code, **params), column, self.headings.get(column, column), self.line)


@dataclass(frozen=True, slots=True)
class InstalmentRow:
    """An instalment of a loan's schedule."""

    line: int
    number: str = ""
    due_on: date | None = None
    amount: Decimal | None = field(default=None, repr=False)
    principal: Decimal | None = field(default=None, repr=False)
    interest: Decimal | None = field(default=None, repr=False)
    paid: bool | None = None
    currency: str | None = None
    faults: tuple[DeskError, ...] = field(default=(), repr=False)
    headings: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def fault(self, code: str, column: str, **params: Any) -> Invalid:
        """Return a refusal of this row for what is in that column."""
        return fault_of(Invalid(code, **params), column, self.headings.get(column, column), self.line)


Row = TypeVar("Row", PaymentRow, InstalmentRow, PastRow)


def by_loan(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each loan, by its number as it is compared, in the order of the file."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(number_key(row.number), []).append(row)
    return found


def batches_of(rows: Iterable[Row], size: int) -> list[list[Row]]:
    """Return the rows in batches of about that size, each with all rows of its loans."""
    batches: list[list[Row]] = [[]]
    for found in by_loan(rows).values():
        if len(batches[-1]) >= size:
            batches.append([])
        batches[-1] += found
    return [batch for batch in batches if batch]


def read_payment(header: Header, line: int, cells: Sequence[str]) -> PaymentRow:
    """Return the payment in a line of a file."""
    values, faults = _read(header, line, cells, PAYMENT_REQUIRED)
    signed: Decimal | None = values.pop("amount", None)
    if signed is not None:
        values["amount"], values["negative"] = abs(signed), signed < 0
    return PaymentRow(line=line, faults=faults, headings=header.headings, **values)


def read_instalment(header: Header, line: int, cells: Sequence[str]) -> InstalmentRow:
    """Return the instalment in a line of a file."""
    values, faults = _read(header, line, cells, SCHEDULE_REQUIRED)
    return InstalmentRow(line=line, faults=faults, headings=header.headings, **values)


def _read(
    header: Header, line: int, cells: Sequence[str], required: Sequence[str]
) -> tuple[dict[str, Any], tuple[DeskError, ...]]:
    values: dict[str, Any] = {}
    faults: list[DeskError] = []
    for column, place in header.places.items():
        try:
            refuse_unread(clean(cells[place]))
            value = _READERS[column](cells[place])
            if value is None and column in required:
                raise Invalid("import_empty")
        except DeskError as error:
            faults.append(fault_of(error, column, header.headings[column], line))
            continue
        if value is not None:
            values[column] = value
    return values, tuple(faults)


def _number(cell: str) -> str | None:
    return read_cell("number", cell, today=date.min, region="")


def _day(cell: str) -> date | None:
    text = clean(cell)
    if not text:
        return None
    found = day(text)
    if found is None:
        raise Invalid("import_day", given=text)
    return found


def _money(cell: str) -> Decimal | None:
    text = clean(cell)
    return amount(text) if text else None


def _signed(cell: str) -> Decimal | None:
    text = unicodedata.normalize("NFKC", clean(cell)).translate(_DASHES)
    back = _MINUS.fullmatch(text)
    if back is None:
        return _money(cell)
    try:
        return -amount(back[1] or back[2])
    except Invalid:
        raise Invalid("import_amount", given=text) from None


def _currency(cell: str) -> str | None:
    text = unicodedata.normalize("NFKC", clean(cell))
    if not text or term_key(text) in _YUAN:
        return "CNY" if text else None
    if not _CURRENCY.fullmatch(text.upper()):
        raise Invalid("import_currency", given=text)
    return text.upper()


def _reference(cell: str) -> str | None:
    text = figures(clean(cell))
    if re.fullmatch(r"[\d.]+e[+-]?\d+", text, re.IGNORECASE):
        raise Invalid("import_scientific", given=text)
    if len(text) > REFERENCE_LIMIT:
        raise Invalid("import_too_long", length=len(text), limit=REFERENCE_LIMIT)
    return text or None


def _paid(cell: str) -> bool | None:
    return _yes_or_no(cell, _PAID, _UNPAID, "import_paid")


def _reversal(cell: str) -> bool | None:
    return _yes_or_no(cell, _REVERSED, _NOT_REVERSED, "import_reversed")


def _yes_or_no(cell: str, yes: Set[str], no: Set[str], code: str) -> bool | None:
    text = clean(cell)
    key = term_key(text)
    if not key:
        return None
    if key not in yes | no:
        raise Invalid(code, given=text)
    return key in yes


_READERS: Mapping[str, Callable[[str], Any]] = {
    "number": _number,
    "paid_on": _day,
    "due_on": _day,
    "amount": _signed,
    "principal": _money,
    "interest": _money,
    "currency": _currency,
    "reference": _reference,
    "reversed": _reversal,
    "reverses": _reference,
    "paid": _paid,
}
