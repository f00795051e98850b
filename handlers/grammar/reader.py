"""A place in a line that moves on as the parts of a command are read there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef, PersonRef
from desk.core.vocabulary import Word
from handlers.grammar.due import longest_due
from handlers.grammar.terms import PURPOSES, TermMatch, Terms, keyword
from handlers.grammar.text import Line, is_separator

W = TypeVar("W", bound=Word)

_LONGEST_GIVEN = 40
"""A refusal repeats at most so many characters of what was not understood."""

_FOLLOW_UP = re.compile(r"(?P<loan>.+)/(?P<number>[1-9][0-9]{0,3})")
_CHINESE_BEHIND_NUMBER = re.compile(r"(?<=[0-9])(?=[\u3400-\u9fff])")
_HELP = Terms((keyword("help", "帮助", "?", "??", "--help", "-h", "怎么用", "用法"),))


@dataclass(frozen=True, slots=True)
class Asked:
    """Nothing to do, but something to show: the `usage` behind a command typed alone, or its `help`."""

    what: Literal["usage", "help"]


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel as mentioned."""

    id: str
    name: str = ""


class Reader:
    """Reads a line part by part. `at` is the place, an offset in `line.norm` on which no separator stands.

    The methods that begin with `take` move the place behind what they return, and stay where they are when it is not
    there.
    """

    def __init__(self, line: Line, now: datetime, zone: ZoneInfo) -> None:
        self.line = line
        self.norm = line.norm
        self.at = line.skip(0)
        self.now = now
        self.zone = zone

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.norm)

    @property
    def given(self) -> str:
        """What stands here, as far as a refusal repeats it."""
        return self.line.original(self.at, min(self._token_end(), self.at + _LONGEST_GIVEN)).rstrip(":：")

    def probe(self, at: int) -> "Reader":
        """Another reader of the same line, at a place of its own."""
        reader = Reader(self.line, self.now, self.zone)
        reader.move(at)
        return reader

    def move(self, at: int) -> None:
        """Go to a place, or behind the separators that stand there."""
        self.at = self.line.skip(at)

    def take_token(self) -> str:
        """What stands before the next blank or separator, as typed; a mention is one token whatever its label holds."""
        start, end = self.at, self._token_end()
        self.move(end)
        return self.line.original(start, end)

    def take_word(self, terms: Terms[W]) -> W | None:
        """The longest known word that may stand here."""
        found = self.find_word(terms)
        if found is None:
            return None
        self.move(found.end)
        return found.word

    def find_word(self, terms: Terms[W]) -> TermMatch[W] | None:
        """As `take_word`, without moving."""
        return terms.longest(self.norm, self.at)

    def take_colon(self) -> bool:
        """Whether a colon stands here."""
        if not self.norm.startswith(":", self.at):
            return False
        self.move(self.at + 1)
        return True

    def take_note(self, end: int | None = None) -> str:
        """All that is left, or left before `end`, exactly as typed without blanks and separators at either end; a colon
        before it is no part of it."""
        self.take_colon()
        note = self.line.trimmed(self.at, end)
        self.move(len(self.norm) if end is None else end)
        return note

    def take_person(self) -> PersonRef | None:
        """A mention of somebody, or `@word`."""
        mention = self.line.mention_at(self.at)
        if mention is not None and mention.kind == "user":
            self.move(mention.end)
            return PersonRef(slack_id=mention.id)
        if mention is not None or not self.norm.startswith("@", self.at):
            return None
        word = self.line.original(self.at + 1, self._token_end())
        if not word:
            return None
        self.move(self._token_end())
        return PersonRef(word=word)

    def take_channel(self) -> ChannelRef | None:
        """A mention of a channel."""
        mention = self.line.mention_at(self.at)
        if mention is None or mention.kind != "channel":
            return None
        self.move(mention.end)
        return ChannelRef(mention.id, mention.label)

    def take_loan(self, *behind: Terms[Any], due_behind: bool = False) -> LoanRef:
        """The loan that must stand here, by number, by `<loan>/n` or by a word. Raises Invalid (`loan_missing`).

        Where Chinese follows a number without a blank (`L-1042未接`), the loan ends before it if one of the words in
        `behind` begins there, or a due time with `due_behind`.
        """
        if self.done or self.line.mention_at(self.at) is not None or self.norm[self.at] in "@:":
            raise Invalid("loan_missing", part="loan", given=self.given, nearest=("L-1042",))
        start, end = self.at, self._token_end()
        end = self._chinese_behind(start, end, behind, due_behind=due_behind)
        self.move(end)
        if self.norm[end - 1] == ":":
            end -= 1
        whole = self.line.original(start, end)
        parts = _FOLLOW_UP.fullmatch(self.norm[start:end])
        if parts is None:
            return LoanRef(whole=whole, text=whole)
        text = self.line.original(start, start + parts.end("loan"))
        return LoanRef(whole=whole, text=text, follow_up=int(parts["number"]))

    def take_due(self, *, part: str = "due", before: bool = False) -> Due | None:
        """The longest due time that stands here; with `before` one of the form `周五前`.

        Raises Invalid when what stands here begins like a due time but is refused.
        """
        try:
            run = longest_due(self.line, self.at, self.now, self.zone, before=before)
        except Invalid as refusal:
            raise Invalid(refusal.code, **{**refusal.params, "part": part}) from None
        if run is None:
            return None
        self.move(run.end)
        return run.due

    def begins_due(self) -> bool:
        """Whether a due time stands here, even one that will be refused."""
        try:
            return self.take_due() is not None
        except Invalid:
            return True

    def reads_due(self) -> bool:
        """Whether a due time stands here that is not refused; if so, the place moves behind it."""
        try:
            return self.take_due() is not None
        except Invalid:
            return False

    def take_date(self, *, part: str) -> Due:
        """The date that must stand here, without a time. Raises Invalid (`date_missing`, `date_only`)."""
        start = self.at
        due = self.take_due(part=part)
        if due is None:
            raise Invalid("date_missing", part=part, given=self.given, nearest=("2026-12-05", "12月5日", "fri"))
        if due.at is not None:
            given = self.line.trimmed(start, self.at)
            raise Invalid("date_only", part=part, given=given, nearest=(due.on.isoformat(),))
        return due

    def asked(self) -> Asked | None:
        """What a line asks for that holds nothing, or only `help`."""
        if self.done:
            return Asked("usage")
        found = self.find_word(_HELP)
        return Asked("help") if found and self.line.skip(found.end) >= len(self.norm) else None

    def expect_end(self, part: str = "line", *nearest: str) -> None:
        """Raises Invalid (`not_understood`) when something is left."""
        if not self.done:
            raise Invalid("not_understood", part=part, given=self.given, nearest=nearest)

    def refuse(self, code: str, part: str, nearest: Sequence[str] = ()) -> NoReturn:
        """Raises Invalid with what stands here."""
        raise Invalid(code, part=part, given=self.given, nearest=tuple(nearest))

    def _chinese_behind(self, start: int, end: int, behind: Sequence[Terms[Any]], *, due_behind: bool) -> int:
        for place in _CHINESE_BEHIND_NUMBER.finditer(self.norm, start, end):
            if any(terms.longest(self.norm, place.start()) for terms in behind):
                return place.start()
            if due_behind and self.probe(place.start()).begins_due():
                return place.start()
        return end

    def _token_end(self) -> int:
        end = self.at
        while end < len(self.norm) and not is_separator(self.norm[end]):
            mention = self.line.mention_at(end) if self.norm[end] == "<" else None
            end = mention.end if mention else end + 1
        return end


def take_about(reader: Reader) -> tuple[str | None, str]:
    """`[purpose] [note]` behind a due time, where a purpose word always is the purpose."""
    purpose = reader.take_word(PURPOSES)
    return purpose.code if purpose else None, reader.take_note()
