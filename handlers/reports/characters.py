"""Which characters the font of reports has. What it lacks is printed by its code point, so that no name loses a character."""

import struct
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path

FONT = Path(__file__).parent / "fonts" / "NotoSansCJKsc-Regular.otf"
"""The font of reports: Noto Sans CJK SC without Hangul, under the SIL Open Font License (`OFL.txt` beside it)."""

FAMILY = "Noto Sans CJK SC"

_INVISIBLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""Categories of characters that show nothing, or change how others are shown: controls, directions, separators of lines."""

_LONGEST_WORD = 32
_BREAK = "\u200b"


def visible(text: str) -> str:
    """Return the text composed (NFC), with what would be invisible by its code point: `[U+202E]`. Line feeds stay."""
    found = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    if found.isprintable():
        return found
    return "".join(each if _is_visible(each) else code_point(each) for each in found)


def printable(text: str, lacking: set[str]) -> str:
    """Return the visible text with each character that the font lacks by its code point, and add those to `lacking`."""
    shown = visible(text)
    if not shown.isascii():
        gone = {each for each in shown if each != "\n" and not in_font(each)}
        lacking |= gone
        for each in gone:
            shown = shown.replace(each, code_point(each))
    return _with_breaks(shown)


def code_point(character: str) -> str:
    """Return how a character that cannot be shown is printed."""
    return f"[U+{ord(character):04X}]"


def in_font(character: str) -> bool:
    """Return whether the font has the character."""
    starts, ends = _ranges()
    index = bisect_right(starts, ord(character)) - 1
    return index >= 0 and ord(character) <= ends[index]


def _is_visible(character: str) -> bool:
    return character == "\n" or unicodedata.category(character) not in _INVISIBLE


def _with_breaks(text: str) -> str:
    """Allow a line to end within a long word, such as a hash, which would leave its column otherwise."""
    if max(map(len, text.split()), default=0) <= _LONGEST_WORD:
        return text
    return " ".join(
        _BREAK.join(word[at : at + _LONGEST_WORD] for at in range(0, max(len(word), 1), _LONGEST_WORD))
        if word.isascii()
        else word
        for word in text.split(" ")
    )


@cache
def _ranges() -> tuple[list[int], list[int]]:
    """Return the first and last code points of the font's runs of characters, from its `cmap` table of format 12 (OpenType)."""
    with FONT.open("rb") as file:
        count = struct.unpack(">4xH6x", file.read(12))[0]
        tables = [struct.unpack(">4s4xII", file.read(16)) for _ in range(count)]
        offset, length = next((offset, length) for tag, offset, length in tables if tag == b"cmap")
        file.seek(offset)
        cmap = file.read(length)
    subtables = [struct.unpack_from(">HHI", cmap, 4 + 8 * each) for each in range(struct.unpack_from(">H", cmap, 2)[0])]
    at = next(at for platform, encoding, at in subtables if (platform, encoding) == (3, 10))
    groups = struct.unpack_from(">I", cmap, at + 12)[0]
    found = [struct.unpack_from(">III", cmap, at + 16 + 12 * each) for each in range(groups)]
    return [first for first, _, _ in found], [last for _, last, _ in found]
