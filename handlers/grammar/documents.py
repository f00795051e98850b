"""`/loan-docs`: request documents, tick them off, reject one, or list them."""

import re
from dataclasses import field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef
from desk.core.vocabulary import Document, Word
from handlers.grammar.document_reader import (
    ACTS,
    DocumentReader,
    Item,
    UnknownDocument,
    take_both_sides,
    take_next_document,
)
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import DOCUMENTS, example
from handlers.grammar.text import SEPARATORS, Line

Tick = Literal["got", "accept", "cancel"]


_TICKS: dict[str, Tick] = {"got": "got", "accept": "accept", "cancel": "cancel"}
_REJECTED = 3
"""How many examples there are of a document that is sent back."""
_LISTED = re.compile(rf"[{SEPARATORS}\n]")


@dataclass(frozen=True, slots=True)
class Request:
    """`<loan> <document>[, …] [by <due>]`. `by_words` are those of the time, as they were typed."""

    loan: LoanRef
    items: tuple[Item, ...]
    by: Due | None
    by_words: str = ""
    unknown: tuple[UnknownDocument, ...] = ()


@dataclass(frozen=True, slots=True)
class TickOff:
    """`<loan> got|accept|cancel <document>[, …] [valid until <date>]`. An `other` without words means the only one requested."""

    loan: LoanRef
    state: Tick
    items: tuple[Item, ...]
    valid_until: date | None = None
    unknown: tuple[UnknownDocument, ...] = ()


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


def act_word(language: str, act: Tick) -> str:
    """Return the word for what is done with a document."""
    return next(word for word in ACTS.words if word.code == act).word(language)


def parse(line: Line, now: datetime, zone: ZoneInfo) -> DocumentsRequest | HelpRequest:
    """Parse the line.

    Raise `Invalid`: `loan_missing`, `document_missing`, `document_unknown`, `document_words_missing`, `document_twice`,
    `document_each`, `document_act_behind`, `by_missing`, `by_twice`, `by_due_missing`, `reason_missing`, and the codes of due
    times with `part="by"`.
    """
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan(ACTS, DOCUMENTS)
    if reader.done:
        return ListDocuments(loan)
    act = _take_act(reader)
    if act is None:
        return _request(reader, loan)
    reader.take_colon()
    if act.code == "reject":
        return _reject(reader, loan)
    items = DocumentReader(reader, by_allowed=False, words_required=False, act=act.code)
    return TickOff(loan, _TICKS[act.code], items.read(), items.valid_until, items.unknown)


def _take_act(reader: Reader) -> Word | None:
    """Take what is done with documents, unless a longer word here names one: 合格 accepts, 合格证 is a paper."""
    act, document = reader.find_word(ACTS), reader.find_word(DOCUMENTS)
    if act is None or (document is not None and document.end > act.end):
        return None
    reader.move_past(act.end)
    return act.word


def parse_names(text: str, now: datetime, zone: ZoneInfo) -> tuple[Item, ...]:
    """Return the documents that a text lists and nothing else, each once. A part of the list that is not made of documents which
    the desk knows is another document with these words."""
    found: dict[Item, None] = {}
    for part in filter(None, map(str.strip, _LISTED.split(text))):
        reader = Reader(Line.plain(part), now, zone)
        known: list[Document] = []
        while (word := take_next_document(reader)) is not None:
            known.append(word)
        if known and reader.done and not any(word.takes_words for word in known):
            found.update((Item(word.code), None) for word in known)
        else:
            found[Item("other", part)] = None
    return tuple(found)


def _request(reader: Reader, loan: LoanRef) -> Request:
    items = DocumentReader(reader, by_allowed=True, words_required=True)
    return Request(loan, items.read(), items.by, items.by_words, items.unknown)


def _reject(reader: Reader, loan: LoanRef) -> Reject:
    """Read one document and the reason; for `other`, its words after a first colon and the reason after a second."""
    start = reader.at
    if reader.done:
        why = example(reader.line, "：不清晰", ": blurred")
        forms = DOCUMENTS.display_forms(reader.line)[:_REJECTED]
        reader.refuse("document_missing", "document", tuple(f"{form}{why}" for form in forms), act="reject")
    document = reader.expect_word(DOCUMENTS, "document", unknown="document_unknown")
    take_both_sides(reader)
    _refuse_second_document(reader, start)
    words = ""
    second = reader.norm.find(":", reader.at + 1)
    if document.takes_words and reader.norm.startswith(":", reader.at) and second > 0:
        words = reader.take_note(second)
    reason = reader.take_note()
    if not reason:
        given = reader.line.trimmed(start).rstrip(":：")
        nearest = example(reader.line, f"{given}：不清晰", f"{given}: blurred")
        fill = {"document": f"{document.code}:{words}" if words else document.code}
        raise Invalid("reason_missing", part="reason", given=given, nearest=(nearest,), ref=loan, fill=fill)
    return Reject(loan, Item(document.code, words), reason)


def _refuse_second_document(reader: Reader, start: int) -> None:
    """Refuse `reject id and bank: blurred`, which would reject only the first and keep the second in its reason."""
    probe, first_end = reader.probe(reader.at), reader.at
    while take_next_document(probe) is not None:
        pass
    if probe.at > first_end and reader.norm.startswith(":", probe.at):
        given, first = reader.line.trimmed(start, probe.at), reader.line.trimmed(start, first_end)
        nearest, replaced = (f"{first}: {probe.take_note()}",), reader.line.trimmed(start)
        raise Invalid("document_each", part="document", given=given, nearest=nearest, replaced=replaced)
