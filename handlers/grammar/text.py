"""A typed line, read twice: as it was typed, and in the one form in which words are matched.

Tokens are matched after NFKC and case folding; notes, names and reasons are kept as they were typed. `Line` holds both
and maps every stretch of the matched form back to the characters it came from, although NFKC changes lengths
(`㎡` is two letters, `½` three).
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal, Self

SEPARATORS = ",，、;；"
"""What parts words beside blanks. In normalised text only `, 、 ;` are left of it."""

_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u2060\ufeff"

_CONTROL = re.compile(r"<([^<>\n]*)>")
_MENTION = re.compile(r"(?P<sign>[@#!])(?P<id>[^|]+)(?:\|(?P<label>.*))?", re.DOTALL)
_LINK = re.compile(r"(?P<target>[a-z][a-z0-9+.-]*:[^|]+)(?:\|(?P<label>.*))?", re.DOTALL | re.IGNORECASE)
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}

MentionKind = Literal["user", "channel", "special"]
_KINDS: dict[str, MentionKind] = {"@": "user", "#": "channel", "!": "special"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention that Slack made (never one that was typed letter by letter): `<@U…>`, `<#C…>`, `<!…>`.

    `start` and `end` are offsets in the normalised text; `id` is exact (`U012AB`), `label` what stands behind `|`.
    """

    start: int
    end: int
    kind: MentionKind
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: `raw` as typed (Slack's escapes undone), `norm` as matched.

    All offsets that pass between grammars are offsets in `norm`; `original` turns two of them into what was typed.
    """

    raw: str
    norm: str
    mentions: tuple[Mention, ...]
    _starts: tuple[int, ...]
    _ends: tuple[int, ...]

    @classmethod
    def read(cls, raw: str) -> Self:
        """The line of a slash command or a message, as Slack sends it.

        `&amp; &lt; &gt;` are undone once; links are read as their label, or their address without one; mentions stay as they
        are and are listed in `mentions`, so that a typed `&lt;@U1&gt;` is text and not a mention.
        """
        pieces: list[str] = []
        found: list[tuple[int, int, str, str, str]] = []
        length = at = 0
        for control in _CONTROL.finditer(raw):
            before = _unescape(raw[at : control.start()])
            inside, mention = _control(control[1], control[0])
            pieces += [before, inside]
            length += len(before)
            if mention:
                found.append((length, length + len(inside), mention["sign"], mention["id"], mention["label"] or ""))
            length += len(inside)
            at = control.end()
        pieces.append(_unescape(raw[at:]))
        line = cls.plain("".join(pieces))
        mentions = tuple(
            Mention(line._offset(start), line._offset(end), _KINDS[sign], ident, _unescape(label))
            for start, end, sign, ident, label in found
        )
        return cls(line.raw, line.norm, mentions, line._starts, line._ends)

    @classmethod
    def plain(cls, text: str) -> Self:
        """A line of plain text, with nothing of Slack's in it."""
        norm: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for start, end, matched in _clusters(text):
            norm.append(matched)
            starts += [start] * len(matched)
            ends += [end] * len(matched)
        return cls(text, "".join(norm), (), tuple(starts), tuple(ends))

    def original(self, start: int, end: int | None = None) -> str:
        """What was typed where the normalised text has `start:end`; a character that became several is given whole."""
        end = len(self.norm) if end is None else min(end, len(self.norm))
        if start >= end:
            return ""
        return self.raw[self._starts[start] : self._ends[end - 1]]

    def skip(self, start: int) -> int:
        """The first offset from `start` on that is neither blank nor separator."""
        return skip_separators(self.norm, start)

    def trimmed(self, start: int, end: int | None = None) -> str:
        """`original` without blanks and separators at either end: how a note is kept."""
        end = len(self.norm) if end is None else end
        start = self.skip(start)
        while end > start and is_separator(self.norm[end - 1]):
            end -= 1
        return self.original(start, end)

    def mention_at(self, start: int) -> Mention | None:
        """The true mention that begins at `start`."""
        return next((mention for mention in self.mentions if mention.start == start), None)

    def _offset(self, raw_offset: int) -> int:
        """The offset in `norm` of what begins at an offset in `raw`."""
        return bisect_left(self._starts, raw_offset)


def is_separator(character: str) -> bool:
    """Whether the character parts words: a blank (also an invisible one) or one of `SEPARATORS`."""
    return character.isspace() or character in SEPARATORS or character in _INVISIBLE


def skip_separators(text: str, start: int) -> int:
    """The first offset from `start` on that is neither blank nor separator."""
    while start < len(text) and is_separator(text[start]):
        start += 1
    return start


def is_latin(character: str) -> bool:
    """Whether it is a letter of a script that writes words with blanks between them (anything but CJK)."""
    return character.isalpha() and ord(character) < 0x2E80


def splits_word(text: str, at: int) -> bool:
    """Whether a match that ends (or begins) at `at` would cut a number or a Latin word in two.

    `fri|ends`, `3|5`, `2|nd`, `1|.5`, `friday|'s`, `10|%`, `sun|-roof`, `3pm|x`; but not `fri|下午`, `15:00|核实`.
    """
    if at <= 0 or at >= len(text):
        return False
    left, right = text[at - 1], text[at]
    after = text[at + 1] if at + 1 < len(text) else ""
    if left.isdecimal():
        return right.isdecimal() or is_latin(right) or right in "%‰_⁄" or (right in ".:/-" and after.isdecimal())
    if is_latin(left):
        return right.isdecimal() or is_latin(right) or right == "_" or (right in "'’-" and is_latin(after))
    return False


def _unescape(text: str) -> str:
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], text)


def _control(inside: str, whole: str) -> tuple[str, re.Match[str] | None]:
    """What a `<…>` of Slack's reads as, and the mention it is, if it is one."""
    if mention := _MENTION.fullmatch(inside):
        return _unescape(whole), mention
    if link := _LINK.fullmatch(inside):
        return _unescape(link["label"] or link["target"]), None
    return _unescape(whole), None


def _clusters(text: str) -> list[tuple[int, int, str]]:
    """The text in the smallest stretches that can be normalised apart: (start, end, normalised).

    Most are one character; marks and letters that compose with what stands before them (`e` + `´`, Hangul) stay with it.
    """
    clusters: list[tuple[int, int, str]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and _composes(text[start:at], text[at]):
            continue
        clusters.append((start, at, unicodedata.normalize("NFKC", text[start:at]).casefold()))
        start = at
    return [cluster for cluster in clusters if cluster[0] < cluster[1]]


def _composes(before: str, character: str) -> bool:
    if character < "\u0300" or "\u3400" <= character <= "\u9fff":
        return False
    if unicodedata.combining(character):
        return True
    apart = unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", character)
    return unicodedata.normalize("NFKC", before + character) != apart
