"""`/loan`: show the day or a card, find loans, list one's own, create an inquiry, and correct a loan."""

from dataclasses import field
from datetime import datetime
from typing import Literal, NoReturn
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.terms import TermName, TermValue
from desk.core.values import Amount, LoanRef
from desk.exports.lists import Format
from desk.rules.contacts import EXAMPLES, PhoneMatch, find_phone, read_phone
from handlers.grammar.contact_states import EXAMPLES as STATE_EXAMPLES
from handlers.grammar.contact_states import STATE_WORD, TypedState, parse_state
from handlers.grammar.exports import take_export, take_words_and_export
from handlers.grammar.loan_fields import EXAMPLES as TERM_EXAMPLES
from handlers.grammar.loan_fields import FIELD_WORDS, field_name, read_field
from handlers.grammar.reader import HelpRequest, Reader, with_params
from handlers.grammar.terms import STAGES, Terms, example, is_chinese, keyword
from handlers.grammar.text import Line
from handlers.grammar.zones import read_zone

Field = Literal["name", "phone", "zone", "number"]

_ACTS = Terms(
    (
        keyword("find", "查", "查找", "查询", "搜索", "搜", "找", "search"),
        keyword("pool", "公海", "待认领", "无主", "unclaimed", "unowned"),
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
        keyword("zone", "时区", "所在时区", "time zone", "timezone"),
        *FIELD_WORDS.values(),
        STATE_WORD,
    )
)
_FIELD_OF: dict[str, Field] = {"name": "name", "phone": "phone", "number": "number", "zone": "zone"}
_VALUE_EXAMPLES = {
    "name": ("王小明", "Wang Fang"),
    "phone": ("138 0013 8000", "138 0013 8000"),
    "number": ("HT-2024-1042", "HT-2024-1042"),
    "zone": ("America/New_York", "America/New_York"),
    STATE_WORD.code: STATE_EXAMPLES,
}
"""A value per field, in Chinese and in English."""

_OFFERED = ("amount", "due day", "term", "rate", "plate")
"""The fields of the terms that are offered where none is named."""


@dataclass(frozen=True, slots=True)
class Card:
    """`<loan>`."""

    loan: LoanRef


@dataclass(frozen=True, slots=True)
class Find:
    """`find <words>`; `export`: as a file of that format."""

    words: str = field(repr=False)
    export: Format | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """`mine [stage]`; `export`: as a file of that format."""

    stage: str | None = None
    export: Format | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """`pool`: the live loans of nobody; `export`: as a file of that format."""

    export: Format | None = None


@dataclass(frozen=True, slots=True)
class Portfolio:
    """`export`: all loans that the member sees, as a file of that format."""

    export: Format


@dataclass(frozen=True, slots=True)
class New:
    """`new <name> <phone> [note]`; `phone` is E.164 with its extension."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edit:
    """`edit <loan> name|phone|zone|number <value>`; a phone is E.164, a zone an IANA name or empty."""

    loan: LoanRef
    which: Field
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EditState:
    """`edit <loan> contact <state> [until <day>]`."""

    loan: LoanRef
    state: TypedState


@dataclass(frozen=True, slots=True)
class EditTerm:
    """`edit <loan> <field> <value>` of a field of the terms or the vehicle; None clears it."""

    loan: LoanRef
    which: TermName
    value: TermValue | Amount | None = field(repr=False)


LoanRequest = Card | Find | Mine | Pool | Portfolio | New | Edit | EditTerm | EditState


def parse(line: Line, now: datetime, zone: ZoneInfo, *, region: str = "CN") -> LoanRequest | HelpRequest:
    """Parse the line. `region` is the country whose phone numbers need no `+`.

    Raise `Invalid`: `loan_missing`, `words_missing`, `stage_unknown`, `name_missing`, `phone_missing`, `phone_invalid`,
    `field_unknown`, `value_missing`, `not_understood`; for a field of the terms also as `read_term` does.
    """
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    if portfolio := take_export(reader):
        reader.expect_end("line")
        return Portfolio(portfolio)
    act = reader.take_word(_ACTS)
    match act.code if act else None:
        case "find":
            return _find(reader)
        case "mine":
            return _mine(reader)
        case "pool":
            export = take_export(reader)
            reader.expect_end("line")
            return Pool(export)
        case "new":
            return _new(reader, region)
        case "edit":
            return _edit(reader, region)
        case _:
            return _card(reader)


def _card(reader: Reader) -> Card:
    words = reader.line.trimmed(reader.at)[:40]
    near = _ACTS.nearest(reader.line, reader.at)
    loan = reader.expect_loan()
    near = near if len(near) < len(_ACTS.words) else ()
    nearest = (
        example(reader.line, f"查 {words}", f"find {words}"),
        *(f"{act} {words.partition(' ')[2]}" for act in near),
    )
    reader.expect_end("line", *nearest, replaced=words)
    return Card(loan)


def _find(reader: Reader) -> Find:
    words, export = take_words_and_export(reader)
    if not words:
        near = (example(reader.line, "王小明", "Wang"), example(reader.line, "尾号5678", "5678"))
        reader.refuse("words_missing", "words", near)
    return Find(words, export)


def _mine(reader: Reader) -> Mine:
    export = take_export(reader)
    if reader.done:
        return Mine(export=export)
    stage = reader.expect_word(STAGES, "stage", unknown="stage_unknown")
    export = export or take_export(reader)
    reader.expect_end("stage")
    return Mine(stage.code, export)


def _new(reader: Reader, region: str) -> New:
    reader.take_colon()
    phone = find_phone(reader.norm, reader.at, region)
    if phone is None:
        given = reader.line.trimmed(reader.at)[:40]
        fill = {"name": given} if given else {}
        name = "" if given else example(reader.line, "王小明 ", "Wang Fang ")
        nearest = tuple(f"{name}{each}" for each in EXAMPLES)
        raise Invalid("phone_missing", part="phone", given=given, nearest=nearest, ref=None, fill=fill)
    name = reader.line.trimmed(reader.at, phone.start)
    if not name:
        _refuse_without_name(reader, phone)
    reader.move(phone.end)
    return New(name=name, phone=phone.phone, note=reader.take_note())


def _refuse_without_name(reader: Reader, phone: PhoneMatch) -> NoReturn:
    """Refuse a line that begins with the number: the name is mostly what follows it."""
    given, number = reader.line.trimmed(reader.at), reader.line.trimmed(phone.start, phone.end)
    name = reader.line.trimmed(phone.end) or example(reader.line, "王小明", "Wang Fang")
    note = ""
    if is_chinese(name):
        name, _, note = name.partition(" ")
    nearest, fill = (f"{name} {number} {note}".rstrip(),), {"phone": number}
    raise Invalid("name_missing", part="name", given=given, nearest=nearest, ref=None, fill=fill)


def _edit(reader: Reader, region: str) -> Edit | EditTerm | EditState:
    loan = reader.expect_loan(_FIELDS)
    if reader.find_word(_FIELDS) is None and len(reader.line.trimmed(reader.at).split()) < 2:
        reader.refuse("field_unknown", "field", _field_examples(reader))
    word = reader.expect_word(_FIELDS, "field", unknown="field_unknown")
    value = reader.take_note()
    if not value:
        each = _VALUE_EXAMPLES.get(word.code) or TERM_EXAMPLES[field_name(word.code)]
        reader.refuse("value_missing", "value", (example(reader.line, *each),))
    if word.code == STATE_WORD.code:
        return EditState(loan, _state(reader, value))
    which = _FIELD_OF.get(word.code)
    if which is None:
        return EditTerm(loan, field_name(word.code), _term(reader, word.code, value))
    if which == "zone":
        value = _zone(reader, value)
    return Edit(loan, which, _whole_phone(value, region) if which == "phone" else value)


def _field_examples(reader: Reader) -> list[str]:
    """Return fields with a value each, as they may be typed."""
    words = {word.code: word for word in _FIELDS.words}
    shown = {code: _VALUE_EXAMPLES.get(code) or TERM_EXAMPLES[field_name(code)] for code in (*_FIELD_OF, *_OFFERED)}
    return [
        f"{example(reader.line, words[code].zh, words[code].en)} {example(reader.line, *each)}"
        for code, each in shown.items()
    ]


def _term(reader: Reader, code: str, value: str) -> TermValue | Amount | None:
    try:
        return read_field(code, value, reader.now, reader.zone)
    except Invalid as refusal:
        raise with_params(refusal, part="value", given=value[:40], ref=reader.loan) from None


def _state(reader: Reader, value: str) -> TypedState:
    try:
        return parse_state(value, reader.now, reader.zone)
    except Invalid as refusal:
        raise with_params(refusal, part="value", ref=reader.loan) from None


def _zone(reader: Reader, value: str) -> str:
    try:
        return read_zone(value)
    except Invalid as refusal:
        raise with_params(refusal, part="value", ref=reader.loan) from None


def _whole_phone(value: str, region: str) -> str:
    try:
        return read_phone(value, region)
    except Invalid as refusal:
        raise with_params(refusal, part="phone", given=value[:40]) from None
