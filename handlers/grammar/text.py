"""A line in two forms: as typed, and normalised for matching.

Words are matched after NFKC and case folding; notes, names and reasons keep their original form. `Line` holds both and maps any
span of the normalised text back to the original characters, although NFKC changes lengths (`㎡` becomes two letters, `½` three).
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable
from typing import Literal, Self

from desk.core.dataclass import dataclass

SEPARATORS = ",，、;；"
"""Characters other than blanks that separate words. Normalised text contains only `, 、 ;` of them."""

_BETWEEN_PARTS = re.compile(
    r"(?:[\s,、;\u200b\u200e\u200f\u202a\u202b\u202c\u2060\ufeff。—]|[.!]+(?=\s|$)|(?<=[\s,、;])[-–]+(?=\s|$))*"
)
"""What may stand between two parts of a line: separators, `。`, `—`, `.` and `!` before a blank, `-` and `–` between blanks."""
_LOAN_STOP = re.compile("[。—]|[.!]+")

_INVISIBLE = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"

_CONTROL = re.compile(r"<([^<>\n]*)>")
_MENTION = re.compile(r"(?P<sign>[@#!])(?P<id>[^|]+)(?:\|(?P<label>.*))?", re.DOTALL)
_LINK = re.compile(r"(?P<target>[a-z][a-z0-9+.-]*:[^|]+)(?:\|(?P<label>.*))?", re.DOTALL | re.IGNORECASE)
_TYPED_MENTION = re.compile(r"<([@#])([UWCG][A-Z0-9]+)(?:\|([^<>\n]*))?>")
_ENTITY = re.compile(r"&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}

MentionKind = Literal["user", "channel", "special"]
_KINDS: dict[str, MentionKind] = {"@": "user", "#": "channel", "!": "special"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention inserted by Slack, not one typed as text: `<@U…>`, `<#C…>`, `<!…>`.

    `start` and `end` are offsets in the normalised text; `id` keeps its case (`U012AB`); `label` is the text after `|`.
    """

    start: int
    end: int
    kind: MentionKind
    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text: `raw` as typed, with Slack's escapes undone, and `norm` as matched.

    Grammars exchange offsets in `norm` only; `original` converts two of them to the text as typed.
    """

    raw: str
    norm: str
    mentions: tuple[Mention, ...]
    _starts: tuple[int, ...]
    _ends: tuple[int, ...]
    chinese: bool | None = None

    @classmethod
    def read(cls, raw: str, *, chinese: bool | None = None) -> Self:
        """Read the text of a slash command or message as Slack sends it. `chinese` says whether its reader reads Chinese.

        Undo `&amp; &lt; &gt;` once. Replace links by their label, or by their address if they have none. Keep mentions and
        list them in `mentions`, so that a typed `&lt;@U1&gt;` remains text.
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
        return cls(line.raw, line.norm, mentions, line._starts, line._ends, chinese)

    @classmethod
    def plain(cls, text: str) -> Self:
        """Read plain text that contains no Slack markup. ASCII needs no normalisation: each character is one, in lower case."""
        if text.isascii():
            offsets = tuple(range(len(text) + 1))
            return cls(text, text.lower(), (), offsets[:-1], offsets[1:])
        norm: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        for start, end, matched in _clusters(text):
            norm.append(matched)
            starts += [start] * len(matched)
            ends += [end] * len(matched)
        return cls(text, "".join(norm), (), tuple(starts), tuple(ends))

    def original(self, start: int, end: int | None = None) -> str:
        """Return the original text of the normalised span `start:end`; a character that became several is returned whole."""
        end = len(self.norm) if end is None else min(end, len(self.norm))
        if start >= end:
            return ""
        return self.raw[self._starts[start] : self._ends[end - 1]]

    def skip(self, start: int) -> int:
        """Return the first offset from `start` on that is neither a blank nor a separator."""
        return skip_separators(self.norm, start)

    def skip_parts(self, start: int) -> int:
        """Return the first offset from `start` on that is not between two parts of a line, behind a part that was read."""
        while True:
            start = self._skip_between(start)
            if not self.norm.startswith("!", start) or self.raw[self._starts[start]] != "！":
                return start
            start += 1

    def loan_end(self, start: int, end: int) -> int:
        """Return where a loan that begins at `start` ends in a token that ends at `end`: before `。`, `！` or `—`, or a full stop
        at its end."""
        for stop in _LOAN_STOP.finditer(self.norm, start + 1, end):
            if stop[0] in "。—" or stop.end() == end or self.raw[self._starts[stop.start()]] == "！":
                return stop.start()
        return end

    def _skip_between(self, start: int) -> int:
        match = _BETWEEN_PARTS.match(self.norm, start)
        return match.end() if match else start

    def trimmed(self, start: int, end: int | None = None) -> str:
        """Return the original text without blanks and separators at either end, as notes are stored."""
        end = len(self.norm) if end is None else end
        start = self.skip(start)
        while end > start and is_separator(self.norm[end - 1]):
            end -= 1
        return self.original(start, end)

    def mention_at(self, start: int) -> Mention | None:
        """Return the mention that begins at `start`, or None."""
        return next((mention for mention in self.mentions if mention.start == start), None)

    def reference_at(self, start: int) -> Mention | None:
        """Return the mention that begins at `start`, or one typed as text (`<@U012AB>`): a refusal repeats some so."""
        if not self.norm.startswith("<", start):
            return None
        if mention := self.mention_at(start):
            return mention
        typed = _TYPED_MENTION.match(self.raw, self._starts[start])
        if typed is None:
            return None
        return Mention(start, self._offset(typed.end()), _KINDS[typed[1]], typed[2], typed[3] or "")

    def reference_spans(self) -> tuple[tuple[int, int], ...]:
        """Return where mentions begin and end, those typed as text among them."""
        if "<" not in self.norm:
            return ()
        typed = (self.reference_at(at) for at, character in enumerate(self.norm) if character == "<")
        return tuple((mention.start, mention.end) for mention in typed if mention)

    def spelled(self, spell: Callable[[Mention], str]) -> str:
        """Return the whole text as typed, each mention as `spell` writes it."""
        pieces: list[str] = []
        at = 0
        for mention in self.mentions:
            pieces += [self.raw[at : self._starts[mention.start]], spell(mention)]
            at = self._ends[mention.end - 1]
        return "".join([*pieces, self.raw[at:]])

    def _offset(self, raw_offset: int) -> int:
        """Convert an offset in `raw` to one in `norm`."""
        return bisect_left(self._starts, raw_offset)


def is_separator(character: str) -> bool:
    """Return whether the character is a blank, an invisible character or one of `SEPARATORS`."""
    return character.isspace() or character in SEPARATORS or character in _INVISIBLE


def skip_separators(text: str, start: int) -> int:
    """Return the first offset from `start` on that is neither a blank nor a separator."""
    while start < len(text) and is_separator(text[start]):
        start += 1
    return start


def is_latin(character: str) -> bool:
    """Return whether the character is a letter of a script that separates words by blanks (any but CJK)."""
    return character.isalpha() and ord(character) < 0x2E80


def splits_word(text: str, at: int) -> bool:
    """Return whether a match that begins or ends at `at` would split a number or a Latin word.

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
    """Return the text that Slack's `<…>` stands for, and the match of a mention or None."""
    if mention := _MENTION.fullmatch(inside):
        return _unescape(whole), mention
    if link := _LINK.fullmatch(inside):
        return _unescape(link["label"] or link["target"]), None
    return _unescape(whole), None


def _clusters(text: str) -> list[tuple[int, int, str]]:
    """Split the text into the smallest spans that can be normalised separately: (start, end, normalised).

    Most are one character; combining marks and letters (`e` + `´`, Hangul) stay with the character before them.
    """
    clusters: list[tuple[int, int, str]] = []
    start = 0
    for at in range(1, len(text) + 1):
        if at < len(text) and _composes(text[start:at], text[at]):
            continue
        clusters.append((start, at, _normalized(text[start:at])))
        start = at
    return [cluster for cluster in clusters if cluster[0] < cluster[1]]


def _normalized(cluster: str) -> str:
    if cluster.isascii():
        return cluster.lower()
    if len(cluster) == 1 and "\u3400" <= cluster <= "\u9fff":
        return cluster
    # Typed for an apostrophe, `´` would become a blank and an accent: `O´Neil`.
    return unicodedata.normalize("NFKC", cluster.replace("´", "'")).casefold()


def _composes(before: str, character: str) -> bool:
    if character < "\u0300" or "\u3400" <= character <= "\u9fff":
        return False
    if unicodedata.combining(character):
        return True
    apart = unicodedata.normalize("NFKC", before) + unicodedata.normalize("NFKC", character)
    return unicodedata.normalize("NFKC", before + character) != apart
