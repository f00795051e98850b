"""The columns of a lender's files of payments and of schedules, and which kind of file the first line of one names."""

from collections.abc import Mapping, Sequence
from typing import Literal

from desk.core.vocabulary import term_key
from desk.importing.cells import clean
from desk.importing.rows import COLUMNS, Header, read_header

MoneyKind = Literal["payments", "schedules"]
"""What the rows of a file about repayment are."""

FileKind = Literal["loans"] | MoneyKind
"""What the rows of a file are."""

_DATE = ("date", "日期")
_AMOUNT = ("amount", "金额")

PAYMENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": COLUMNS["number"],
    "paid_on": (
        *("paid on", "payment date", "date paid", "posting date", "value date", "transaction date", *_DATE),
        *(
            "还款日期",
            "还款时间",
            "实际还款日期",
            "实际还款时间",
            "实还日期",
            "付款日期",
            "入账日期",
            "到账日期",
            "交易日期",
            "交易时间",
        ),
    ),
    "amount": (
        *(*_AMOUNT, "payment", "payment amount", "amount paid", "paid amount", "paid"),
        *(
            "还款金额",
            "实还金额",
            "已还金额",
            "实际还款金额",
            "实际已还金额",
            "付款金额",
            "入账金额",
            "到账金额",
            "交易金额",
        ),
    ),
    "currency": ("currency", "ccy", "币种", "货币"),
    "reference": (
        *(
            "reference",
            "ref",
            "payment reference",
            "transaction reference",
            "transaction id",
            "transaction no",
            "payment id",
        ),
        *(
            "receipt",
            "receipt number",
            "流水号",
            "交易流水号",
            "还款流水号",
            "交易号",
            "交易编号",
            "凭证号",
            "参考号",
            "回单号",
        ),
    ),
    "reversed": (
        "reversed",
        "reversal",
        "type",
        "transaction type",
        "冲正",
        "是否冲正",
        "撤销",
        "是否撤销",
        "类型",
        "交易类型",
    ),
    "reverses": (
        "reverses",
        "original reference",
        "original transaction id",
        "原流水号",
        "原交易流水号",
        "原交易号",
        "原参考号",
    ),
}
"""Each column of a file of payments and its headings."""

PAYMENT_REQUIRED = ("number", "paid_on", "amount")

SCHEDULE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": COLUMNS["number"],
    "due_on": (
        *("due on", "due date", "due", "instalment date", "installment date", *_DATE),
        *(
            "应还日期",
            "应还款日期",
            "应还款日",
            "应还日",
            "应还时间",
            "应还款时间",
            "计划还款日期",
            "计划还款日",
            "到期日",
            "到期日期",
        ),
    ),
    "amount": (
        *(*_AMOUNT, "amount due", "instalment", "installment", "instalment amount", "installment amount"),
        *("应还金额", "应还款金额", "应还总额", "本期应还", "月供", "期供"),
    ),
    "principal": ("principal", "principal due", "应还本金", "应收本金", "本金"),
    "interest": ("interest", "interest due", "应还利息", "应收利息", "利息"),
    "paid": ("paid", "settled", "已还", "是否已还", "是否结清", "还款状态", "状态"),
    "currency": PAYMENT_COLUMNS["currency"],
}
"""Each column of a file of schedules, a row for each instalment, and its headings."""

SCHEDULE_REQUIRED = ("number", "due_on", "amount")

_SHAPES: Mapping[MoneyKind, tuple[Mapping[str, tuple[str, ...]], tuple[str, ...]]] = {
    "payments": (PAYMENT_COLUMNS, PAYMENT_REQUIRED),
    "schedules": (SCHEDULE_COLUMNS, SCHEDULE_REQUIRED),
}


def kind_of(cells: Sequence[str]) -> FileKind:
    """Return what the rows of a file with that first line are. One with borrowers is of loans; one that may be of payments and of
    schedules (a date and an amount) is of payments."""
    keys = {term_key(clean(cell)) for cell in cells}
    if _named(keys, COLUMNS["name"]) or _named(keys, COLUMNS["stage"]):
        return "loans"
    found: FileKind = "loans"
    most = 0
    for kind, (columns, required) in _SHAPES.items():
        named = {column for column, headings in columns.items() if _named(keys, headings)}
        if named.issuperset(required) and len(named) > most:
            found, most = kind, len(named)
    if most == len(PAYMENT_REQUIRED) and found == "payments" and _is_schedule(keys):
        return "schedules"
    return found


def read_money_header(kind: MoneyKind, cells: Sequence[str]) -> Header:
    """Return the columns that the first line of a file of that kind names. Raises as `read_header` does."""
    columns, required = _SHAPES[kind]
    return read_header(cells, columns, required)


def _named(keys: set[str], headings: Sequence[str]) -> bool:
    return any(term_key(heading) in keys for heading in headings)


def _is_schedule(keys: set[str]) -> bool:
    """Return whether one of the two headings is a schedule's alone."""
    shared = (*PAYMENT_COLUMNS["paid_on"], *PAYMENT_COLUMNS["amount"])
    own = [each for column in ("due_on", "amount") for each in SCHEDULE_COLUMNS[column] if each not in shared]
    return _named(keys, SCHEDULE_COLUMNS["due_on"]) and _named(keys, SCHEDULE_COLUMNS["amount"]) and _named(keys, own)
