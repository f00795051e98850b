"""`/loan`: the day, a card, finding, one's own loans, a new inquiry, and mending one."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Literal
from zoneinfo import ZoneInfo

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

from desk.core.errors import Invalid
from desk.core.values import LoanRef
from handlers.grammar.reader import Asked, Reader
from handlers.grammar.terms import STAGES, Terms, is_chinese, keyword
from handlers.grammar.text import Line

Field = Literal["name", "phone", "number"]

_ACTS = Terms(
    (
        keyword("find", "查", "查找", "查询", "搜索", "搜", "找", "search"),
        keyword("mine", "我的", "我的贷款", "我的客户", "my"),
        keyword("new", "新", "新建", "新增", "新客户", "新咨询", "添加", "add"),
        keyword("edit", "改", "修改", "更改", "编辑", "更正", "change"),
    )
)
_FIELDS = Terms(
    (
        keyword("name", "姓名", "名字", "客户姓名"),
        keyword("phone", "电话", "手机", "手机号", "手机号码", "电话号码", "tel", "mobile", "phone number"),
        keyword("number", "编号", "贷款编号", "合同号", "合同编号", "贷款号", "loan number"),
    )
)
_FIELD_OF: dict[str, Field] = {"name": "name", "phone": "phone", "number": "number"}
_VALUE_EXAMPLES = {"name": ("name 王小明",), "phone": ("phone 138 0013 8000",), "number": ("number HT-2024-1042",)}
_PHONE_BEGINS = re.compile(r"(?<![0-9a-z+\-./(⁄])[+(]?[0-9](?=(?:[^\w]{0,4}[0-9]){4})")
_LONGEST_PHONE, _MOST_RUNS = 60, 20
_PHONE_EXAMPLES = ("138 0013 8000", "+86 138 0013 8000")


@dataclass(frozen=True, slots=True)
class Card:
    """`<loan>`."""

    loan: LoanRef


@dataclass(frozen=True, slots=True)
class Find:
    """`find <words>`."""

    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mine:
    """`mine [stage]`."""

    stage: str | None = None


@dataclass(frozen=True, slots=True)
class New:
    """`new <name> <phone> [note]`; `phone` is E.164."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edit:
    """`edit <loan> name|phone|number <value>`; a phone is E.164."""

    loan: LoanRef
    which: Field
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Phone:
    start: int
    end: int
    e164: str = field(repr=False)


LoanRequest = Card | Find | Mine | New | Edit


def parse(line: Line, now: datetime, zone: ZoneInfo, *, region: str = "CN") -> LoanRequest | Asked:
    """`region` is the country whose phone numbers need no `+`.

    Raises Invalid: `loan_missing`, `words_missing`, `stage_unknown`, `name_missing`, `phone_missing`, `phone_invalid`,
    `field_unknown`, `value_missing`, `not_understood`.
    """
    reader = Reader(line, now, zone)
    if asked := reader.asked():
        return asked
    act = reader.take_word(_ACTS)
    match act.code if act else None:
        case "find":
            return _find(reader)
        case "mine":
            return _mine(reader)
        case "new":
            return _new(reader, region)
        case "edit":
            return _edit(reader, region)
        case _:
            return _card(reader)


def _card(reader: Reader) -> Card:
    words = reader.line.trimmed(reader.at)[:40]
    near = _ACTS.nearest(reader.norm, reader.at)
    loan = reader.take_loan()
    find = f"查 {words}" if is_chinese(words) else f"find {words}"
    reader.expect_end("line", find, *(near if len(near) < len(_ACTS.words) else ()))
    return Card(loan)


def _find(reader: Reader) -> Find:
    words = reader.take_note()
    if not words:
        reader.refuse("words_missing", "words", ("find Wang", "查 王小明", "查 尾号5678"))
    return Find(words)


def _mine(reader: Reader) -> Mine:
    if reader.done:
        return Mine()
    stage = reader.take_word(STAGES)
    if stage is None:
        reader.refuse("stage_unknown", "stage", STAGES.nearest(reader.norm, reader.at))
    reader.expect_end("stage")
    return Mine(stage.code)


def _new(reader: Reader, region: str) -> New:
    reader.take_colon()
    phone = _first_phone(reader.norm, reader.at, region)
    if phone is None:
        given = reader.line.trimmed(reader.at)[:40]
        raise Invalid("phone_missing", part="phone", given=given, nearest=_PHONE_EXAMPLES)
    name = reader.line.trimmed(reader.at, phone.start)
    if not name:
        reader.refuse("name_missing", "name", ("new Wang Fang 138 0013 8000", "新 王小明 138 0013 8000"))
    reader.move(phone.end)
    return New(name=name, phone=phone.e164, note=reader.take_note())


def _first_phone(text: str, start: int, region: str) -> _Phone | None:
    """The first run from `start` on that is a valid number, whatever figures stand in the name before it; a line with more
    figures than a name can have is not searched to its end."""
    for run in islice(_PHONE_BEGINS.finditer(text, start), _MOST_RUNS):
        found = next(iter(PhoneNumberMatcher(text[run.start() : run.start() + _LONGEST_PHONE], region)), None)
        if found is not None and found.start == 0:
            number = format_number(found.number, PhoneNumberFormat.E164)
            return _Phone(run.start(), run.start() + found.end, number)
    return None


def _edit(reader: Reader, region: str) -> Edit:
    loan = reader.take_loan()
    if reader.done:
        reader.refuse("field_unknown", "field", _FIELDS.shown(reader.norm))
    named = reader.take_word(_FIELDS)
    if named is None:
        reader.refuse("field_unknown", "field", _FIELDS.nearest(reader.norm, reader.at))
    value = reader.take_note()
    if not value:
        reader.refuse("value_missing", "value", _VALUE_EXAMPLES[named.code])
    code = _FIELD_OF[named.code]
    return Edit(loan, code, _whole_phone(value, region) if code == "phone" else value)


def _whole_phone(value: str, region: str) -> str:
    norm = Line.plain(value).norm
    phone = next(iter(PhoneNumberMatcher(norm[: _LONGEST_PHONE + 1], region)), None)
    if phone is None or phone.end - phone.start != len(norm):
        raise Invalid("phone_invalid", part="phone", given=value[:40], nearest=_PHONE_EXAMPLES)
    return format_number(phone.number, PhoneNumberFormat.E164)
