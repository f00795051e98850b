"""The reader that the command grammars share: a position in a line that advances as parts of the command are read."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NoReturn, TypeVar
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.values import Due, LoanRef, PersonRef
from desk.core.vocabulary import Word
from handlers.grammar.due import longest_due, parse_due
from handlers.grammar.terms import PURPOSES, TermMatch, Terms, example, keyword
from handlers.grammar.text import Line, is_separator

W = TypeVar("W", bound=Word)

_MAX_GIVEN_LENGTH = 40
"""The most characters of text that was not understood that a refusal repeats."""

_FOLLOW_UP = re.compile(r"(?P<loan>.+)/(?P<number>[1-9][0-9]{0,3})")
_CHINESE_AFTER_DIGIT = re.compile(r"(?<=[0-9])(?=[\u3400-\u9fff])")
_PERSON = re.compile(r"[^\W\d_][\w.'-]*")
"""A word that may be a member's name."""

BY = Terms(
    (
        keyword(
            *("by", "截止", "截止到", "截至", "在", "最迟", "最晚", "至迟"),
            *("before", "until", "till", "no later than", "not later than", "on or before", "by no later than"),
        ),
    ),
    joins=True,
)
"""What may come before a time that is a limit."""

_HELP = Terms((keyword("help", "帮助", "?", "??", "--help", "-h", "怎么用", "用法"),))


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """A request to show something rather than to act: the `usage` of a command typed alone, or its `help`."""

    what: Literal["usage", "help"]


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel mention."""

    id: str
    name: str = ""


class Reader:
    """Access to a line part by part. `at` is the position: an offset in `line.norm` that is never on a separator.

    `loan` is the one that was read. The `take_` methods return a part and move past it, or return None without moving if it is
    not there. The `expect_` methods raise `Invalid` in that case.
    """

    def __init__(self, line: Line, now: datetime, zone: ZoneInfo) -> None:
        self.line = line
        self.norm = line.norm
        self.at = line.skip(0)
        self.now = now
        self.zone = zone
        self.loan: LoanRef | None = None

    @property
    def done(self) -> bool:
        """Return whether the whole line is read."""
        return self.at >= len(self.norm)

    @property
    def given(self) -> str:
        """Return the text at the position, shortened for a refusal."""
        typed = self.line.original(self.at, min(self._token_end(), self.at + _MAX_GIVEN_LENGTH))
        return typed.rstrip(":：") or typed

    def probe(self, at: int) -> "Reader":
        """Return another reader of the same line at `at`."""
        reader = Reader(self.line, self.now, self.zone)
        reader.move(at)
        return reader

    def move(self, at: int) -> None:
        """Move to an offset, or past the separators there."""
        self.at = self.line.skip(at)

    def move_past(self, end: int) -> None:
        """Move past a part that was read up to `end`, and what separates it from the next part."""
        self.at = self.line.skip_parts(end)

    def take_token(self) -> str:
        """Return the text up to the next blank or separator as typed. A mention is one token, whatever its label contains."""
        start, end = self.at, self._token_end()
        self.move(end)
        return self.line.original(start, end)

    def take_word(self, terms: Terms[W]) -> W | None:
        """Take the longest of the known terms here."""
        found = self.find_word(terms)
        if found is None:
            return None
        self.move_past(found.end)
        return found.word

    def find_word(self, terms: Terms[W]) -> TermMatch[W] | None:
        """Return the longest of the known terms here, without moving."""
        return terms.longest(self.norm, self.at)

    def expect_word(self, terms: Terms[W], part: str, *, unknown: str, missing: str = "") -> W:
        """Take a known word. Raise `Invalid` with the code `unknown`, or with `missing`, if given, when nothing is left."""
        if missing and self.done:
            self.refuse(missing, part, terms.display_forms(self.line))
        word = self.take_word(terms)
        if word is None:
            self.refuse(unknown, part, terms.nearest(self.line, self.at))
        return word

    def take_colon(self) -> bool:
        """Take a colon; return whether there was one."""
        if not self.norm.startswith(":", self.at):
            return False
        self.move(self.at + 1)
        return True

    def take_note(self, end: int | None = None) -> str:
        """Take the rest of the line, or the text up to `end`, as typed but without a leading colon and without blanks and
        separators at either end."""
        self.take_colon()
        note = self.line.trimmed(self.at, end)
        self.move(len(self.norm) if end is None else end)
        return note

    def take_person(self) -> PersonRef | None:
        """Take a mention of a person, or `@word`, and a colon directly behind it."""
        mention = self.line.reference_at(self.at)
        if mention is not None and mention.kind == "user":
            self.move_past(mention.end)
            self.take_colon()
            return PersonRef(slack_id=mention.id)
        if mention is not None or not self.norm.startswith("@", self.at):
            return None
        end = self._token_end()
        word = self.line.original(self.at + 1, end).rstrip(":：")
        if not word:
            return None
        self.move_past(end)
        return PersonRef(word=word)

    def expect_person(self, part: str, form: str = "@name", **params: Any) -> PersonRef:
        """Take a person. Raise `Invalid` (`person_missing`) with the example `form`, or with the word here behind `@`."""
        person = self.take_person()
        if person is None:
            given = self.given
            nearest = f"@{given}" if _PERSON.fullmatch(given) else form
            self.refuse("person_missing", part, (nearest,), **params)
        return person

    def take_channel(self) -> ChannelRef | None:
        """Take a mention of a channel."""
        mention = self.line.reference_at(self.at)
        if mention is None or mention.kind != "channel":
            return None
        self.move_past(mention.end)
        return ChannelRef(mention.id, mention.label)

    def expect_loan(self, *following: Terms[Any], due_follows: bool = False) -> LoanRef:
        """Take a loan: a number, `<loan>/n`, or a word. Raise `Invalid` (`loan_missing`).

        Where Chinese follows a number without a blank (`L-1042未接`), the loan ends before it if one of the terms `following`
        begins there or, with `due_follows`, a due time.
        """
        if self.done or self.line.reference_at(self.at) is not None or self.norm[self.at] in "@:":
            self.refuse("loan_missing", "loan", ("L-1042",))
        start = self.at
        end = self.line.loan_end(start, self._token_end())
        end = self._loan_end(start, end, following, due_follows=due_follows)
        self.move_past(end)
        if self.norm[end - 1] == ":":
            end -= 1
        whole = self.line.original(start, end)
        parts = _FOLLOW_UP.fullmatch(self.norm[start:end])
        if parts is None:
            self.loan = LoanRef(whole=whole, text=whole)
        else:
            text = self.line.original(start, start + parts.end("loan"))
            self.loan = LoanRef(whole=whole, text=text, follow_up=int(parts["number"]))
        return self.loan

    def take_due(self, *, part: str = "due", before: bool = False) -> Due | None:
        """Take the longest due time here; with `before`, also one of the form `周五前`.

        Raise `Invalid` if the text here begins like a due time but is refused.
        """
        try:
            due = longest_due(self.line, self.at, self.now, self.zone, before=before)
        except Invalid as refusal:
            raise with_params(refusal, part=part) from None
        if due is None:
            return None
        self.move_past(due.end)
        return due.due

    def take_limit(self, *, part: str) -> Due | None:
        """Take a due time, also as a limit: `by fri`, `周五前`. Raise as `take_due` does."""
        start = self.at
        self.take_word(BY)
        due = self.take_due(part=part, before=True)
        if due is None:
            self.move(start)
        return due

    def skip_due(self) -> bool:
        """Move past a due time that is not refused; return whether there was one."""
        try:
            return self.take_due() is not None
        except Invalid:
            return False

    def expect_date(self, *, part: str) -> Due:
        """Take a date without a time. Raise `Invalid` (`date_missing`, `date_only`)."""
        start = self.at
        due = self.take_due(part=part)
        if due is None:
            nearest = example(self.line, "明天", "tomorrow"), example(self.line, "12月5日", "dec 5")
            raise Invalid("date_missing", part=part, given=self.given, nearest=nearest)
        if due.at is not None:
            given = self.line.trimmed(start, self.at)
            raise Invalid("date_only", part=part, given=given, nearest=(due.on.isoformat(),))
        return due

    def help_request(self) -> HelpRequest | None:
        """Return the request for usage of an empty line, or for help of a line that says only `help`; otherwise None."""
        if self.done:
            return HelpRequest("usage")
        found = self.find_word(_HELP)
        return HelpRequest("help") if found and self.line.skip(found.end) >= len(self.norm) else None

    def expect_end(self, part: str = "line", *nearest: str, **params: Any) -> None:
        """Raise `Invalid` (`not_understood`) if anything is left."""
        if not self.done:
            self.refuse("not_understood", part, nearest, **params)

    def refuse(self, code: str, part: str, nearest: Sequence[str] = (), **params: Any) -> NoReturn:
        """Raise `Invalid` about the text at the position, with the loan that was read (`ref`) and further params. Of these
        `fill` has the values that the line has for fields of the command's form, and `replaced` is what the nearest forms stand
        for, if that is more than what was not understood, and `asks` names another part of the command than `part`."""
        raise Invalid(code, part=part, given=self.given, nearest=tuple(nearest), ref=self.loan, **params)

    def _loan_end(self, start: int, end: int, following: Sequence[Terms[Any]], *, due_follows: bool) -> int:
        for boundary in _CHINESE_AFTER_DIGIT.finditer(self.norm, start, end):
            if any(terms.longest(self.norm, boundary.start()) for terms in following):
                return boundary.start()
            if due_follows and self._begins_due(boundary.start()):
                return boundary.start()
        return end

    def _begins_due(self, at: int) -> bool:
        """Return whether a due time begins at `at`, even one that is refused."""
        try:
            return longest_due(self.line, at, self.now, self.zone) is not None
        except Invalid:
            return True

    def _token_end(self) -> int:
        end = self.at
        while end < len(self.norm) and not is_separator(self.norm[end]):
            mention = self.line.reference_at(end) if self.norm[end] == "<" else None
            end = mention.end if mention else end + 1
        return end


def parse_limit(text: str, now: datetime, zone: ZoneInfo) -> Due:
    """Return the due time that the whole text means, also as a limit (`by fri`). Raise as `parse_due` does."""
    reader = Reader(Line.plain(text), now, zone)
    due = reader.take_limit(part="due")
    return due if due is not None and reader.done else parse_due(text, now, zone)


def with_params(refusal: Invalid, **params: object) -> Invalid:
    """Return a copy of the refusal with some params replaced."""
    return Invalid(refusal.code, **{**refusal.params, **params})


def take_purpose_and_note(reader: Reader) -> tuple[str | None, str]:
    """Take `[purpose] [note]` after a due time, where a purpose word is always the purpose."""
    purpose = reader.take_word(PURPOSES)
    return purpose.code if purpose else None, reader.take_note()
