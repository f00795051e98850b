"""How names are compared: what separates their words, what people leave out when they type them, and which are surnames.

Nothing of a name but separators is dropped. Python's own tables of letters depend on its Unicode version and do not know
characters that were assigned later, private ones, or those in the extensions of CJK, so separators are listed here.
"""

import re
import unicodedata

_BLANKS = r"\s\x00-\x20\x7f-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb"
_MARKS = (
    r"!\"#&'(),\-./:;<=>@\[\\\]_`{|}~"
    r"\xa1\xab\xad\xb4\xb7\xbb\xbf"
    r"\u02b9-\u02bf\u02c8-\u02cd\u0374\u037e\u0384\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05f3\u05f4\u060c\u061b\u061c"
    r"\u1806\u2010-\u2027\u2030-\u205e\u2212\u2219\u22c5\u2e00-\u2e5d\u3001-\u3003\u3008-\u3011\u3014-\u301f\u3030\u30a0\u30fb"
)
_SEPARATOR = re.compile(f"[{_BLANKS}{_MARKS}]")
_BETWEEN_PARTS = re.compile(f"[{_BLANKS}{_MARKS}]+")
_BETWEEN_WORDS = re.compile(f"[{_BLANKS}]+")

_SIGNS = "[*+$%^\u2190-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff\U000e0000-\U000e01ef]"
"""Arrows, dingbats, emoji and marks of markup: around a name, people do not type them. Not what replaces a character that
could not be written (`?`, `□`): it is a character of the name."""

_AROUND = re.compile(f"^{_SIGNS}+|{_SIGNS}+$")
_BEFORE = re.compile(f"{_SIGNS}*")

_ACCENTED = re.compile("(?<=[a-z\u00df-\u024f\u0370-\u052f\u1e00-\u1fff])[\u0300-\u036f]+")
"""Accents on Latin, Greek and Cyrillic letters; in other scripts a mark is as much a part of the word as a letter."""

_PLAIN_LETTERS = str.maketrans(
    {"đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ø": "o", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe"}
)
"""Letters that Unicode does not take apart, as people write them who do not have them."""

_CHARACTERS = re.compile(
    "[\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3400-\u9fff\ua000-\ua4cf\uac00-\ud7a3\ue000-\ufaff"
    "\U00016fe0-\U0001b2ff\U00020000-\U0003ffff\U000f0000-\U0010ffff]"
)

_PLAIN_HANZI = re.compile("[\u3400-\u9fff]+")

_COMPOUND = (
    "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐长孙宇文司徒司空轩辕夏侯闻人赫连澹台公冶"
    "宗政濮阳淳于单于太叔申屠仲孙钟离鲜于闾丘东郭南宫西门百里呼延端木独孤万俟拓跋第五"
    "歐陽司馬諸葛東方尉遲長孫軒轅鍾離鮮于東郭南宮西門獨孤萬俟單于澹臺"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[start : start + 2] for start in range(0, len(_COMPOUND), 2))
"""Chinese surnames of two characters."""


_APOSTROPHES = str.maketrans(dict.fromkeys("\xb4\u0384\u1fbd\u1fbf\u1ffd\u1ffe", "'"))
"""Accents typed for an apostrophe, of which NFKC makes a blank and an accent on what follows: `O´Neil`."""


def compatible(text: str) -> str:
    """Return the text in NFKC, an accent without a letter as an apostrophe."""
    return unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))


def folded(text: str) -> str:
    """Return the text in NFKC and case-folded, as `compatible` does."""
    if is_plain_hanzi(text):
        return text
    return unicodedata.normalize("NFKC", compatible(text).casefold())


def name_key(name: str) -> str:
    """Return a name as it is compared: NFKC, case-folded, without separators. Equal for `ANN LEE`, `Ann Lee`; `欧阳 娜娜`.

    A name of separators alone is compared without its blanks.
    """
    plain = folded(name)
    return _SEPARATOR.sub("", plain) or _BETWEEN_WORDS.sub("", plain)


def words_of(name: str) -> list[str]:
    """Return the words between blanks, each as it is compared: `john`, `oneil`, `leebob` for `Lee/Bob`."""
    return [key for word in _BETWEEN_WORDS.split(folded(name)) if (key := _SEPARATOR.sub("", word))]


def parts_of(name: str) -> list[str]:
    """Return what is between separators, as it is compared: `o`, `neil` for `O'Neil`."""
    return [part for part in _BETWEEN_PARTS.split(folded(name)) if part]


def is_plain_hanzi(text: str) -> bool:
    """Return whether the text is of Chinese characters alone that Unicode neither folds nor takes apart."""
    return _PLAIN_HANZI.fullmatch(text) is not None


def has_separators(text: str) -> bool:
    """Return whether comparing the text drops something of it."""
    return _SEPARATOR.search(folded(text)) is not None


def without_accents(key: str) -> str:
    """Return a compared text as people type it who leave out accents and strokes: `dang` for `đặng`."""
    if key.isascii() or is_plain_hanzi(key):
        return key
    return unicodedata.normalize("NFC", _ACCENTED.sub("", unicodedata.normalize("NFD", key))).translate(_PLAIN_LETTERS)


def without_signs(key: str) -> str:
    """Return a compared text without the signs before and behind it; nothing if there is nothing else."""
    return _AROUND.sub("", key)


def is_of_characters(key: str) -> bool:
    """Return whether the text has a character that is a word or a syllable: Chinese, Japanese, Korean, private."""
    return _CHARACTERS.search(key) is not None


def surname_length(key: str) -> int:
    """Return how many characters of a Chinese name are its surname. A compound surname alone counts as one."""
    return 2 if len(key) > 2 and key[:2] in COMPOUND_SURNAMES else 1


def shown_characters(name: str) -> str:
    """Return the characters of a name that a mask counts: without separators and without signs before the first letter."""
    return _BEFORE.sub("", _SEPARATOR.sub("", unicodedata.normalize("NFC", name)), count=1)
