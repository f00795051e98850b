"""Read the line of a command; a refused one is shown mended, as its sender typed it."""

import re
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any, TypeVar

from desk.core.errors import Invalid
from desk.core.values import LINE_LIMIT
from handlers.door.request import Request
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from handlers.messages.block_kit.writer import unescaped

R = TypeVar("R")

LONGEST_READ = 4 * LINE_LIMIT
"""The longest line that is read, in characters as Slack sends it: what exceeds the limit may be a note."""

_MOST = 3
"""How many mended lines a refusal shows."""

_TRIED = 20
"""The most forms that are tried."""

_WITH_BUTTONS = ("outcome", "stage")
"""The parts of a line for which each possible word is offered as a button."""

_MENDED_LENGTH, _PLACES = 1000, 4
"""The longest line that is mended, and in how many places at most a form is tried: each is read as a line of its own."""

_ALIKE = 0.5
"""How much further words must make what was given resemble a form, from 0 to 1, to be replaced with it."""

_NEXT_WORD = re.compile(r"\s+[^\s,，、;；]+")


def too_long(text: str) -> Invalid | None:
    """Return the refusal of a line, as Slack sends it, that is longer than people may type, or None. Its note does not count:
    it may make the line longer."""
    length = len(unescaped(text).strip())
    return Invalid("line_too_long", length=length, limit=LINE_LIMIT) if length > LINE_LIMIT else None


def line_of(request: Request) -> Line:
    """Return the line of the command, with the language in which examples are shown."""
    return Line.read(request.text, chinese=request.t.language == "zh")


def read_line(request: Request, parse: Callable[..., R], **options: Any) -> R:
    """Return what the line says. Raise as `parse` does, with the `mended` lines that would be understood, and with all of
    these by their forms (`lines`)."""
    now, zone, line = request.desk.now, request.zone, line_of(request)
    try:
        return parse(line, now, zone, **options)
    except Invalid as refusal:

        def is_understood(text: str) -> bool:
            try:
                return not isinstance(parse(Line.plain(text), now, zone, **options), HelpRequest)
            except Invalid:
                return False

        if len(line.raw) <= _MENDED_LENGTH:
            refusal.params["lines"] = lines = dict(_mended(line.raw, refusal, is_understood))
            refusal.params["mended"] = tuple(lines.values())[:_MOST]
        raise


def _mended(typed: str, refusal: Invalid, is_understood: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Yield each form with the line that it mends: all where each has a button, otherwise the first."""
    forms = [str(form) for form in (*refusal.params.get("nearest", ()), *refusal.params.get("further", ()))]
    given, whole = str(refusal.params.get("given", "")), "replaced" in refusal.params
    given = str(refusal.params.get("replaced", given))
    most = _TRIED if refusal.params.get("part") in _WITH_BUTTONS else _MOST
    for form in forms[:_TRIED]:
        mended = next(filter(is_understood, _with_form(typed, given, form, whole=whole)), None)
        if mended is not None:
            yield form, mended
            most -= 1
        if not most:
            return


def _with_form(typed: str, given: str, form: str, *, whole: bool) -> Iterator[str]:
    """Yield the line with a form in the place of what was given, at each place that it may have, or at its end. `whole`: it
    stands for just what was given."""
    typed = typed.rstrip(" ,，、;；")
    if given in (":", "："):
        yield typed.replace(given, f"{form}{given}", 1)
    elif given:
        start = typed.rfind(given)
        for _ in range(_PLACES):
            if start < 0:
                break
            end = start + len(given)
            end = end if whole else _replaced_end(typed, end, given, form)
            yield _joined(typed[:start], form) + typed[end:]
            start = typed.rfind(given, 0, start)
    yield _joined(f"{typed} ", form).strip()


def _joined(before: str, form: str) -> str:
    """Append the form to these words, which may end in its first word already: `>` and `> tomorrow`."""
    first, blank, _ = form.partition(" ")
    last = before.rstrip()
    return last.removesuffix(first) + form if blank and last.endswith(first) else before + form


def _replaced_end(typed: str, end: int, given: str, form: str) -> int:
    """Return the end of the words that most resemble the form: what was given, or one or two words more (`no anwser`)."""
    best, ends = _similarity(given, form), end
    for _ in range(2):
        word = _NEXT_WORD.match(typed, end)
        if word is None:
            break
        given, end = given + word[0], word.end()
        if (similarity := _similarity(given, form)) > max(best, _ALIKE):
            best, ends = similarity, end
    return ends


def _similarity(given: str, form: str) -> float:
    return SequenceMatcher(None, given.casefold(), form.casefold(), autojunk=False).ratio()
