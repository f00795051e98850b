"""The characters with which the matches of a regex can begin, so that most of the lexicon need not be tried at a place."""

from typing import NamedTuple


class _First(NamedTuple):
    """The characters with which a part of a regex can begin (None: any), and whether it can be empty."""

    characters: frozenset[str] | None
    empty: bool


_NOTHING = _First(frozenset(), True)
_ANYTHING = _First(None, False)


def beginnings(regex: str) -> frozenset[str] | None:
    """Return the first characters of all texts that the regex can match, or None if they cannot be listed.

    What a look-ahead excludes is among them: the answer may be too wide, never too narrow. The regex has no flags.
    """
    first, end = _alternatives(regex, 0)
    assert end == len(regex), f"an unbalanced parenthesis in {regex!r}"
    return None if first.empty else first.characters


def _alternatives(regex: str, at: int) -> tuple[_First, int]:
    """Read up to the end or the closing parenthesis."""
    first, at = _sequence(regex, at)
    while regex.startswith("|", at):
        other, at = _sequence(regex, at + 1)
        first = _First(_union(first, other), first.empty or other.empty)
    return first, at


def _sequence(regex: str, at: int) -> tuple[_First, int]:
    first = _NOTHING
    while at < len(regex) and regex[at] not in "|)":
        item, at = _item(regex, at)
        optional, at = _quantifier(regex, at)
        if first.empty:
            first = _First(_union(first, item), item.empty or optional)
    return first, at


def _item(regex: str, at: int) -> tuple[_First, int]:
    match regex[at]:
        case "(":
            return _group(regex, at + 1)
        case "[":
            return _set(regex, at + 1)
        case "\\":
            return _escaped(regex[at + 1]), at + 2
        case ".":
            return _ANYTHING, at + 1
        case "^" | "$":
            return _NOTHING, at + 1
        case character:
            return _First(frozenset(character), False), at + 1


def _group(regex: str, at: int) -> tuple[_First, int]:
    looks = regex.startswith(("?=", "?!", "?<=", "?<!"), at)
    if regex.startswith("?P<", at):
        at = regex.index(">", at) + 1
    elif regex.startswith("?", at):
        at += 3 if regex.startswith("?<", at) else 2
    inside, at = _alternatives(regex, at)
    return (_NOTHING if looks else inside), at + 1


def _set(regex: str, at: int) -> tuple[_First, int]:
    """Read `[…]`. Excluded characters, and classes like `\\s`, are not listed."""
    start, listed = at, True
    found: set[str] = set()
    while regex[at] != "]" or at == start:
        if regex[at] == "^" and at == start:
            listed = False
        if regex[at] == "\\":
            escaped = _escaped(regex[at + 1]).characters
            listed, at = listed and escaped is not None, at + 1
        if regex[at + 1] == "-" and regex[at + 2] != "]":
            found.update(map(chr, range(ord(regex[at]), ord(regex[at + 2]) + 1)))
            at += 2
        found.add(regex[at])
        at += 1
    return _First(frozenset(found) if listed else None, False), at + 1


def _escaped(character: str) -> _First:
    if character in "bB":
        return _NOTHING
    return _ANYTHING if character.isalnum() else _First(frozenset(character), False)


def _quantifier(regex: str, at: int) -> tuple[bool, int]:
    """Return whether what comes before may be left out, and where its quantifier ends."""
    optional = regex.startswith(("?", "*", "{0", "{,"), at)
    if regex.startswith("{", at):
        at = regex.index("}", at) + 1
    elif regex.startswith(("?", "*", "+"), at):
        at += 1
    else:
        return False, at
    return optional, at + 1 if regex.startswith(("?", "+"), at) else at


def _union(one: _First, other: _First) -> frozenset[str] | None:
    if one.characters is None or other.characters is None:
        return None
    return one.characters | other.characters
