"""Read one row of a lender's file strictly: completely, or refuse it with the column and the reason."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from desk.core.errors import Invalid
from desk.core.values import NAME_LIMIT, NUMBER_LIMIT
from desk.core.vocabulary import VOCABULARY, term_key
from desk.rules.contacts import clean_name, read_phone

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "loan", "loan number", "贷款编号", "贷款号", "合同号", "合同编号", "编号"),
    "name": ("name", "borrower", "姓名", "客户姓名", "借款人"),
    "phone": ("phone", "mobile", "手机", "手机号", "手机号码", "电话", "联系电话"),
    "stage": ("stage", "阶段", "状态"),
    "owner": ("owner", "agent", "客户经理", "负责人"),
    "amount": ("amount", "金额", "贷款金额"),
    "due_day": ("due day", "due_day", "还款日", "每月还款日"),
    "autopay": ("autopay", "代扣", "自动扣款"),
    "unpaid_since": ("unpaid since", "unpaid_since", "逾期起始", "未还起始", "逾期日期"),
}
"""Each column and its headings; blanks, `_` and case do not count."""

REQUIRED = ("number", "name", "phone", "stage")
"""The columns that a file must have."""

_SEPARATED = re.compile(r"[\s,，、;；]")
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")
_SCIENTIFIC = re.compile(r"[\d.]+e[+-]?\d+", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_YES, _NO = frozenset({"yes", "y", "true", "1", "是", "有"}), frozenset({"no", "n", "false", "0", "否", "无", ""})


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row as read. `owner` is a Slack id, an e-mail address, or empty. A column that is not `given` changes nothing."""

    line: int
    number: str
    name: str = field(repr=False)
    phone: str = field(repr=False)
    stage: str
    owner: str = ""
    amount: Decimal | None = None
    due_day: int | None = None
    autopay: bool = False
    unpaid_since: date | None = None
    given: frozenset[str] = frozenset()


def read_header(cells: list[str]) -> dict[str, int]:
    """Return the position of each known column.

    Raises Invalid: `import_column_missing` (with the headings that would do), `import_column_twice`.
    """
    known = {term_key(heading): column for column, headings in COLUMNS.items() for heading in headings}
    places: dict[str, int] = {}
    for place, cell in enumerate(cells):
        column = known.get(term_key(cell))
        if column in places:
            raise Invalid("import_column_twice", column=column)
        if column is not None:
            places[column] = place
    for column in REQUIRED:
        if column not in places:
            raise Invalid("import_column_missing", column=column, nearest=COLUMNS[column])
    return places


def read_row(line: int, cells: Mapping[str, str], *, today: date, region: str) -> ImportRow:
    """Return the row at `line` of the file. Raises Invalid with `column` and the reason."""
    values: dict[str, Any] = {}
    for column, text in cells.items():
        try:
            values[column] = _READERS[column](text.strip(), today, region)
        except Invalid as error:
            raise Invalid(error.code, **{**error.params, "column": column, "line": line}) from None
    return ImportRow(line=line, given=frozenset(cells), **values)


def _number(text: str, _today: date, _region: str) -> str:
    number = unicodedata.normalize("NFKC", text)
    if not number:
        raise Invalid("import_empty")
    if _SEPARATED.search(number):
        raise Invalid("import_number_separated", given=text)
    if _SCIENTIFIC.fullmatch(number):
        raise Invalid("import_scientific", given=text)
    if len(number) > NUMBER_LIMIT:
        raise Invalid("import_too_long", length=len(number), limit=NUMBER_LIMIT)
    return number


def _name(text: str, _today: date, _region: str) -> str:
    text = clean_name(text)
    if not text:
        raise Invalid("import_empty")
    if len(text) > NAME_LIMIT:
        raise Invalid("import_too_long", length=len(text), limit=NAME_LIMIT)
    return text


def _phone(text: str, _today: date, region: str) -> str:
    if not text:
        raise Invalid("import_empty")
    if _SCIENTIFIC.fullmatch(unicodedata.normalize("NFKC", text)):
        raise Invalid("import_scientific", given=text)
    return read_phone(text, region)


def _stage(text: str, _today: date, _region: str) -> str:
    key = term_key(text)
    for stage in VOCABULARY.stages:
        if key in stage.terms():
            return stage.code
    raise Invalid("unknown_stage", given=text, nearest=tuple(stage.code for stage in VOCABULARY.stages))


def _amount(text: str, _today: date, _region: str) -> Decimal | None:
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text)
    if not _AMOUNT.fullmatch(plain):
        raise Invalid("import_amount", given=text, nearest=("120000", "120000.00"))
    return Decimal(plain)


def _due_day(text: str, _today: date, _region: str) -> int | None:
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text).removesuffix("日").removesuffix("号")
    if not plain.isdecimal() or not 1 <= int(plain) <= 31:
        raise Invalid("import_due_day", given=text, nearest=("1", "15", "31"))
    return int(plain)


def _autopay(text: str, _today: date, _region: str) -> bool:
    key = term_key(text)
    if key not in _YES | _NO:
        raise Invalid("import_yes_no", given=text, nearest=("yes", "no", "是", "否"))
    return key in _YES


def _unpaid_since(text: str, today: date, _region: str) -> date | None:
    if not text:
        return None
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        day = None
    if day is None or day > today:
        raise Invalid("import_date", given=text, nearest=(today.isoformat(),))
    return day


_READERS: Mapping[str, Callable[[str, date, str], Any]] = {
    "number": _number,
    "name": _name,
    "phone": _phone,
    "stage": _stage,
    "owner": lambda text, _today, _region: text,
    "amount": _amount,
    "due_day": _due_day,
    "autopay": _autopay,
    "unpaid_since": _unpaid_since,
}
