"""Read the documents that a line lists, with the day by which they are wanted or until which they are valid."""

import re
from dataclasses import field
from datetime import date
from typing import NoReturn

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due
from desk.core.vocabulary import Document, term_for
from handlers.grammar.reader import BY, Reader, with_params
from handlers.grammar.terms import DOCUMENTS, Terms, example, is_chinese, keyword
from handlers.grammar.text import SEPARATORS, is_separator, splits_word

ACTS = Terms(
    (
        keyword("got", "收到", "已收", "已收到", "收到了", "收了", "received", "receive"),
        keyword("accept", "通过", "已通过", "审核通过", "合格", "接受", "accepted", "ok"),
        keyword("cancel", "取消", "不需要", "不用", "不要了", "免", "cancelled", "canceled", "not needed"),
        keyword("reject", "退回", "驳回", "不合格", "不通过", "打回", "rejected", "send back"),
    )
)
"""What is done with documents."""

_VALID = Terms(
    (
        keyword(
            *("valid until", "有效期至", "有效期到", "有效至", "有效到", "到期日", "有效期"),
            *("valid to", "valid till", "until", "till", "expires on", "expires", "expiring"),
        ),
    ),
    joins=True,
)
"""What may come before the last day on which a document is valid."""

_MAYBE_BEFORE = re.compile(r"[周星礼明后今本下这月年大0-9一二三四五六七八九十][^\s,、;]{0,16}前")
_MOST_UNKNOWN = 5
"""How many unknown documents a line may list: one with more is none of documents."""

_BOTH_SIDES = re.compile("(?:的)?正反(?:两)?面")
AND = re.compile(r"(?:和|与|及|以及|[&+]|and(?![a-z]))\s*")
"""What stands between the last two documents of a list."""


@dataclass(frozen=True, slots=True)
class Item:
    """A document by its code. For `other`, `words` say which document it is."""

    code: str
    words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class UnknownDocument:
    """Words that a line lists among documents and that name none which the desk knows, and the codes of similar ones."""

    given: str = field(repr=False)
    nearest: tuple[str, ...] = ()


def take_both_sides(reader: Reader) -> None:
    """Take the words that mean both sides of the document just read: 驾驶证正反面 is one paper. Alone they are an ID card."""
    match = _BOTH_SIDES.match(reader.norm, reader.at)
    if match is not None and reader.norm[: reader.at].rstrip()[-1:] not in SEPARATORS:
        reader.move_past(match.end())


def take_next_document(reader: Reader) -> Document | None:
    """Take a document, with `and` before it; None, and nothing taken, where none begins."""
    conjunction, at = AND.match(reader.norm, reader.at), reader.at
    if conjunction is not None:
        reader.move(conjunction.end())
    document = reader.take_word(DOCUMENTS)
    if document is None:
        reader.move(at)
    return document


class DocumentReader:
    """The list of documents in a line and, with `by_allowed`, the time by which they are needed. What is no document that the
    desk knows is left out (`unknown`) if there is one that it knows.

    With `words_required`, `other` must say which document it is. `act` is what is to be done with documents that are there.
    """

    def __init__(self, reader: Reader, *, by_allowed: bool, words_required: bool, act: str = "") -> None:
        self._reader, self._start = reader, reader.at
        self._act = act
        self._by_allowed = by_allowed
        self._words_required = words_required
        self._items: dict[tuple[str, str], Item] = {}
        self._unknown: list[tuple[int, int]] = []
        self.by: Due | None = None
        self.by_words = ""
        self.valid_until: date | None = None

    def read(self) -> tuple[Item, ...]:
        """Return the documents up to the end of the line."""
        reader = self._reader
        while not reader.done:
            if self._take_item() or (self._by_allowed and self._take_by()) or self._take_validity():
                continue
            if self._by_allowed and reader.find_word(BY):
                raise self._by_due_missing()
            self._take_unknown()
        if self._unknown and (not self._items or len(self._unknown) > _MOST_UNKNOWN):
            reader.move(self._unknown[0][0])
            self._refuse_unknown()
        if not self._items:
            reader.refuse("document_missing", "document", DOCUMENTS.display_forms(reader.line), act=self._act)
        return tuple(self._items.values())

    @property
    def unknown(self) -> tuple[UnknownDocument, ...]:
        """Return what is no document that the desk knows."""
        line = self._reader.line
        found: dict[str, UnknownDocument] = {}
        for start, end in self._unknown:
            given = line.trimmed(start, end)
            words = (term_for(DOCUMENTS.words, term) for term in DOCUMENTS.similar(line.norm[:end], start))
            nearest = tuple(word.code for word in words if word is not None and (word.code, "") not in self._items)
            found.setdefault(given.casefold(), UnknownDocument(given, nearest))
        return tuple(found.values())

    def _take_unknown(self) -> None:
        """Move past words that are no document, up to what `other:` words would end at. Refuse the line where they may mean
        more than a document: a person, a time, or what has become of the documents before (`id received`)."""
        reader, conjunction = self._reader, None
        if self._items or self._unknown:
            conjunction = AND.match(reader.norm, reader.at)
        if conjunction is not None:
            reader.move(conjunction.end())
        start = end = reader.at
        self._refuse_act_behind(start)
        if reader.done or reader.line.reference_at(start) or reader.find_word(ACTS) or reader.find_word(BY):
            self._refuse_unknown()
        while end < len(reader.norm) and not (end > start and self._unknown_ends_at(end)):
            end += 1
        self._unknown.append((start, end))
        reader.move_past(end)

    def _refuse_act_behind(self, at: int) -> None:
        """Refuse what has become of the documents where it is behind them, with the line in its order."""
        reader, act = self._reader, self._reader.find_word(ACTS)
        if act is None or not self._items or self._act:
            return
        line = reader.line
        word, listed = line.trimmed(at, act.end), line.trimmed(self._start, at)
        nearest, replaced = (f"{word} {listed} {line.trimmed(act.end)}".rstrip(),), line.trimmed(self._start)
        raise Invalid(
            "document_act_behind", part="document", given=word, nearest=nearest, replaced=replaced, ref=reader.loan
        )

    def _unknown_ends_at(self, at: int) -> bool:
        norm, line = self._reader.norm, self._reader.line
        if norm[at] in "。—" or self._words_end_at(at):
            return True
        if not norm[at].isspace() or not self._by_allowed:
            return False
        probe = self._reader.probe(line.skip(at))
        return probe.skip_due() and probe.done

    def _refuse_unknown(self) -> NoReturn:
        reader = self._reader
        reader.refuse("document_unknown", "document", DOCUMENTS.nearest(reader.line, reader.at), act=self._act)

    def _twice(self, code: str, part: str, given: str, start: int) -> Invalid:
        """Return the refusal of what the line says a second time, at `start`, with the list up to there."""
        line = self._reader.line
        nearest, replaced = (line.trimmed(self._start, start),), line.trimmed(self._start, self._reader.at)
        return Invalid(code, part=part, given=given, nearest=nearest, replaced=replaced)

    def _by_due_missing(self) -> Invalid:
        """Return the refusal of `by` without a due time, with the word in its place."""
        reader, start = self._reader, self._reader.at
        reader.take_word(BY)
        reader.take_token()
        given = reader.line.trimmed(start, reader.at)
        return Invalid("by_due_missing", part="by", given=given, nearest=(example(reader.line, "周五前", "by fri"),))

    def _take_by(self) -> bool:
        reader, start = self._reader, self._reader.at
        has_by = reader.take_word(BY) is not None
        try:
            due = reader.take_due(part="by", before=True)
        except Invalid as refusal:
            raise refusal if has_by else _with_by(refusal) from None
        if due is None:
            reader.move(start)
            return False
        given = reader.line.trimmed(start, reader.at)
        if not has_by and not given.endswith("前"):
            raise Invalid("by_missing", part="by", given=given, nearest=(example(given, f"{given}前", f"by {given}"),))
        if self.by is not None:
            raise self._twice("by_twice", "by", given, start)
        self.by, self.by_words = due, given
        return True

    def _take_validity(self) -> bool:
        reader = self._reader
        if self._act not in ("got", "accept") or self.valid_until is not None or reader.take_word(_VALID) is None:
            return False
        self.valid_until = reader.expect_date(part="document").on
        return True

    def _take_item(self) -> bool:
        reader, start = self._reader, self._reader.at
        conjunction = AND.match(reader.norm, start) if self._items or self._unknown else None
        if conjunction is not None and self._item_begins(conjunction.end()):
            reader.move(conjunction.end())
        document = reader.take_word(DOCUMENTS)
        if document is None:
            return False
        take_both_sides(reader)
        item = Item(document.code, self._take_words(start) if document.takes_words else "")
        key = (item.code, item.words.casefold())
        if key in self._items:
            given = reader.line.trimmed(start, reader.at)
            raise self._twice("document_twice", "document", given, start)
        self._items[key] = item
        return True

    def _take_words(self, item_start: int) -> str:
        """Take the words after `other:`, up to the next comma, an `and` before a document, or the time.

        A blank ends Chinese words but not English ones.
        """
        reader = self._reader
        colon = reader.take_colon()
        start = end = reader.at
        while colon and end < len(reader.norm) and not (end > start and self._words_end_at(end)):
            end += 1
        if end > start:
            reader.move(end)
            return reader.line.trimmed(start, end)
        if self._words_required or colon:
            nearest = example(reader.line, "其他：结婚证", "other: marriage certificate")
            given = reader.line.trimmed(item_start, reader.at)
            raise Invalid("document_words_missing", part="document", given=given, nearest=(nearest,))
        return ""

    def _words_end_at(self, at: int) -> bool:
        norm = self._reader.norm
        if is_separator(norm[at]):
            separates = not norm[at].isspace() or is_chinese(norm[at - 1])
            return separates or self._by_begins(self._reader.line.skip(at))
        conjunction = None if splits_word(norm, at) else AND.match(norm, at)
        if conjunction is not None and self._item_begins(conjunction.end()):
            return True
        return _MAYBE_BEFORE.match(norm, at) is not None and self._ends_with_before(at)

    def _item_begins(self, at: int) -> bool:
        return DOCUMENTS.longest(self._reader.norm, at) is not None

    def _by_begins(self, at: int) -> bool:
        """Return whether `by` and a due time begin at `at`, even one that is refused."""
        probe = self._reader.probe(at)
        if self._act in ("got", "accept") and probe.find_word(_VALID):
            return True
        try:
            return self._by_allowed and probe.take_word(BY) is not None and probe.take_due() is not None
        except Invalid:
            return True

    def _ends_with_before(self, at: int) -> bool:
        """Return whether the rest of the line from `at` is a due time like `周五前`."""
        probe = self._reader.probe(at)
        try:
            return self._by_allowed and probe.take_due(before=True) is not None and probe.done
        except Invalid:
            return False


def _with_by(refusal: Invalid) -> Invalid:
    """Complete the refusal of a due time typed without `by`: the forms it suggests need the word."""
    by = example(refusal.params["given"], "截止", "by ")
    return with_params(refusal, nearest=tuple(f"{by}{form}" for form in refusal.params["nearest"]))
