"""`/loan-docs`: asks for documents, ticks them off, sends one back, or lists them."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef
from handlers.grammar.reader import Asked, Reader
from handlers.grammar.terms import DOCUMENTS, Terms, is_chinese, keyword
from handlers.grammar.text import Line, is_separator, splits_word

Tick = Literal["got", "accept", "cancel"]

_ACTS = Terms(
    (
        keyword("got", "收到", "已收", "已收到", "收到了", "收了", "received", "receive"),
        keyword("accept", "通过", "已通过", "审核通过", "合格", "接受", "accepted", "ok"),
        keyword("cancel", "取消", "不需要", "不用", "不要了", "免", "cancelled", "canceled", "not needed"),
        keyword("reject", "退回", "驳回", "不合格", "不通过", "打回", "rejected", "send back"),
    )
)
_TICKS: dict[str, Tick] = {"got": "got", "accept": "accept", "cancel": "cancel"}
_BY = Terms((keyword("by", "截止", "截止到", "在", "before", "until"),), joins=True)
_MAY_BE_BEFORE = re.compile(r"[周星礼明后今本下这月年大0-9一二三四五六七八九十][^\s,、;]{0,16}前")
_AND = re.compile(r"(?:和|与|及|以及|[&+]|and(?![a-z]))\s*")


@dataclass(frozen=True, slots=True)
class Item:
    """A document by code; `words` name what `other` stands for."""

    code: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """`<loan> <document>[, …] [by <due>]`."""

    loan: LoanRef
    items: tuple[Item, ...]
    by: Due | None


@dataclass(frozen=True, slots=True)
class TickOff:
    """`<loan> got|accept|cancel <document>[, …]`. An `other` without words is the only one there is."""

    loan: LoanRef
    state: Tick
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    """`<loan> reject <document>: <reason>`."""

    loan: LoanRef
    item: Item
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ListDocuments:
    """`<loan>`."""

    loan: LoanRef


DocumentsRequest = Request | TickOff | Reject | ListDocuments


def parse(line: Line, now: datetime, zone: ZoneInfo) -> DocumentsRequest | Asked:
    """Raises Invalid: `loan_missing`, `document_missing`, `document_unknown`, `document_words_missing`, `document_twice`,
    `by_missing`, `by_twice`, `by_due_missing`, `reason_missing`, and what the due grammar refuses, with `part="by"`."""
    reader = Reader(line, now, zone)
    if asked := reader.asked():
        return asked
    loan = reader.take_loan(_ACTS, DOCUMENTS)
    if reader.done:
        return ListDocuments(loan)
    act = reader.take_word(_ACTS)
    if act is None:
        return _request(reader, loan)
    reader.take_colon()
    if act.code == "reject":
        return _reject(reader, loan)
    return TickOff(loan, _TICKS[act.code], _Items(reader, by_allowed=False, words_needed=False).read())


def _request(reader: Reader, loan: LoanRef) -> Request:
    items = _Items(reader, by_allowed=True, words_needed=True)
    return Request(loan, items.read(), items.by)


def _reject(reader: Reader, loan: LoanRef) -> Reject:
    """One document and why; for `other`, words behind a first colon and the reason behind a second."""
    if reader.done:
        reader.refuse("document_missing", "document", DOCUMENTS.shown(reader.norm))
    start, document = reader.at, reader.take_word(DOCUMENTS)
    if document is None:
        reader.refuse("document_unknown", "document", DOCUMENTS.nearest(reader.norm, reader.at))
    _refuse_second(reader, start)
    words = ""
    second = reader.norm.find(":", reader.at + 1)
    if document.takes_words and reader.norm.startswith(":", reader.at) and second > 0:
        words = reader.take_note(second)
    reason = reader.take_note()
    if not reason:
        shown = f"{document.zh}：不清晰" if is_chinese(reader.norm) else f"{document.en}: blurred"
        raise Invalid("reason_missing", part="reason", given="", nearest=(shown,))
    return Reject(loan, Item(document.code, words), reason)


def _refuse_second(reader: Reader, start: int) -> None:
    """`reject id and bank: blurred` would send back the first alone, with the second in its reason."""
    probe, first_end = reader.probe(reader.at), reader.at
    while _take_further(probe):
        pass
    if probe.at > first_end and reader.norm.startswith(":", probe.at):
        given, first = reader.line.trimmed(start, probe.at), reader.line.trimmed(start, first_end)
        raise Invalid("document_each", part="document", given=given, nearest=(f"{first}: {probe.take_note()}",))


def _take_further(reader: Reader) -> bool:
    joined, at = _AND.match(reader.norm, reader.at), reader.at
    if joined is not None:
        reader.move(joined.end())
    if reader.take_word(DOCUMENTS) is not None:
        return True
    reader.move(at)
    return False


class _Items:
    """The list of documents, with the time by which they are wanted where that may be said."""

    def __init__(self, reader: Reader, *, by_allowed: bool, words_needed: bool) -> None:
        self._reader = reader
        self._by_allowed = by_allowed
        self._words_needed = words_needed
        self._items: dict[tuple[str, str], Item] = {}
        self.by: Due | None = None

    def read(self) -> tuple[Item, ...]:
        """All there is up to the end of the line."""
        reader = self._reader
        while not reader.done:
            if self._take_item() or (self._by_allowed and self._take_by()):
                continue
            if self._by_allowed and reader.find_word(_BY):
                reader.refuse("by_due_missing", "by", ("周五前" if is_chinese(reader.norm) else "by fri",))
            reader.refuse("document_unknown", "document", DOCUMENTS.nearest(reader.norm, reader.at))
        if not self._items:
            reader.refuse("document_missing", "document", DOCUMENTS.shown(reader.norm))
        return tuple(self._items.values())

    def _take_by(self) -> bool:
        reader, start = self._reader, self._reader.at
        said_by = reader.take_word(_BY) is not None
        try:
            due = reader.take_due(part="by", before=True)
        except Invalid as refusal:
            raise refusal if said_by else _with_by(refusal) from None
        if due is None:
            reader.move(start)
            return False
        given = reader.line.trimmed(start, reader.at)
        if not said_by and not given.endswith("前"):
            nearest = f"{given}前" if is_chinese(given) else f"by {given}"
            raise Invalid("by_missing", part="by", given=given, nearest=(nearest,))
        if self.by is not None:
            raise Invalid("by_twice", part="by", given=given, nearest=(given,))
        self.by = due
        return True

    def _take_item(self) -> bool:
        reader, start = self._reader, self._reader.at
        joined = _AND.match(reader.norm, start) if self._items else None
        if joined is not None and self._begins_item(joined.end()):
            reader.move(joined.end())
        document = reader.take_word(DOCUMENTS)
        if document is None:
            return False
        item = Item(document.code, self._words(start) if document.takes_words else "")
        key = (item.code, item.words.casefold())
        if key in self._items:
            given = reader.line.trimmed(start, reader.at)
            raise Invalid("document_twice", part="document", given=given, nearest=(given,))
        self._items[key] = item
        return True

    def _words(self, item_start: int) -> str:
        """The words behind `other:`, up to the next comma, an `and` before a document, or the time. A blank parts
        Chinese; within English words it belongs to them."""
        reader = self._reader
        said = reader.take_colon()
        start = end = reader.at
        while said and end < len(reader.norm) and not (end > start and self._words_end(end)):
            end += 1
        if end > start:
            reader.move(end)
            return reader.line.trimmed(start, end)
        if self._words_needed or said:
            nearest = "其他：结婚证" if is_chinese(reader.norm) else "other: marriage certificate"
            given = reader.line.trimmed(item_start, reader.at)
            raise Invalid("document_words_missing", part="document", given=given, nearest=(nearest,))
        return ""

    def _words_end(self, at: int) -> bool:
        norm = self._reader.norm
        if is_separator(norm[at]):
            parts = not norm[at].isspace() or is_chinese(norm[at - 1])
            return parts or self._begins_by(self._reader.line.skip(at))
        joined = None if splits_word(norm, at) else _AND.match(norm, at)
        if joined is not None and self._begins_item(joined.end()):
            return True
        return _MAY_BE_BEFORE.match(norm, at) is not None and self._begins_before(at)

    def _begins_item(self, at: int) -> bool:
        return DOCUMENTS.longest(self._reader.norm, at) is not None

    def _begins_by(self, at: int) -> bool:
        """Whether `by` and a time stand there, even one that will be refused."""
        probe = self._reader.probe(at)
        try:
            return self._by_allowed and probe.take_word(_BY) is not None and probe.take_due() is not None
        except Invalid:
            return True

    def _begins_before(self, at: int) -> bool:
        """Whether `周五前` stands there and ends the line."""
        probe = self._reader.probe(at)
        try:
            return self._by_allowed and probe.take_due(before=True) is not None and probe.done
        except Invalid:
            return False


def _with_by(refusal: Invalid) -> Invalid:
    """The refusal of a time that stands there without `by`: the forms it shows need the word."""
    by = "截止" if is_chinese(refusal.params["given"]) else "by "
    nearest = tuple(f"{by}{form}" for form in refusal.params["nearest"])
    return Invalid(refusal.code, **{**refusal.params, "nearest": nearest})
