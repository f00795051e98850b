"""How Chinese names are read in pinyin: the surname by a table, each other character by its usual reading first."""

from collections.abc import Iterator, KeysView, Sequence
from functools import cache, lru_cache
from itertools import combinations, islice, product
from typing import Any, cast

from storage.queries.loans.names import COMPOUND_SURNAMES

READINGS = 8
"""The most readings that a name has for each reading of its surname."""

Reading = tuple[str, ...]

_SHORT = 8
"""The most characters of a text whose parts are looked for among the dictionary's words one by one."""

_COMPOUND: dict[str, Reading] = {
    "尉迟": ("yu", "chi"), "尉遲": ("yu", "chi"), "万俟": ("mo", "qi"), "萬俟": ("mo", "qi"), "单于": ("chan", "yu"),
    "單于": ("chan", "yu"), "长孙": ("zhang", "sun"), "長孫": ("zhang", "sun"), "澹台": ("tan", "tai"),
    "澹臺": ("tan", "tai"), "乐正": ("yue", "zheng"), "樂正": ("yue", "zheng"), "单父": ("shan", "fu"),
}  # fmt: skip
"""Compound surnames that the dictionary reads differently, at least before some names."""

_SURNAMES: dict[str, Reading] = {
    "单": ("shan",), "單": ("shan",), "曾": ("zeng",), "仇": ("qiu",), "解": ("xie",), "区": ("ou",), "區": ("ou",),
    "查": ("zha",), "盖": ("ge", "gai"), "蓋": ("ge", "gai"), "任": ("ren",), "朴": ("piao", "pu"), "乐": ("yue", "le"),
    "樂": ("yue", "le"), "缪": ("miao", "mou"), "繆": ("miao", "mou"), "冼": ("xian",), "洗": ("xian",), "逄": ("pang",),
    "翟": ("zhai", "di"), "覃": ("qin", "tan"), "种": ("chong",), "折": ("she",), "繁": ("po",), "召": ("shao", "zhao"),
    "祭": ("zhai",), "黑": ("he", "hei"), "秘": ("bi",), "员": ("yun",), "員": ("yun",), "贠": ("yun",),
    "隗": ("wei", "kui"), "能": ("nai",), "佴": ("nai",), "句": ("gou",), "谌": ("chen", "shen"), "諶": ("chen", "shen"),
    "郇": ("xun", "huan"), "郗": ("xi", "chi"), "郄": ("qie", "xi"), "牟": ("mu", "mou"), "宓": ("mi", "fu"),
    "费": ("fei", "bi"), "費": ("fei", "bi"), "柏": ("bai", "bo"), "薄": ("bo",), "藏": ("zang",), "都": ("du",),
    "重": ("chong",), "角": ("jue",), "适": ("kuo",), "乜": ("nie",), "阚": ("kan",), "闞": ("kan",), "卜": ("bu",),
    "尉": ("wei", "yu"), "蔚": ("yu", "wei"), "莘": ("xin", "shen"), "库": ("ku", "she"), "庫": ("ku", "she"),
    "炅": ("gui",), "澹": ("tan",), "番": ("pan", "fan"), "宿": ("su",), "应": ("ying",), "應": ("ying",), "过": ("guo",),
}  # fmt: skip
"""Surnames of one character that the dictionary reads as an ordinary word, or that are read in two ways."""


def readings_of(name: str) -> Iterator[tuple[int, Reading]]:
    """Yield the readings of a name, likely ones first: how long its surname is, and a syllable for each character.

    A character without a reading is read as itself.
    """
    compound = 2 if len(name) > 1 and (name[:2] in _COMPOUND or name[:2] in COMPOUND_SURNAMES) else 0
    if compound and name[:2] in _COMPOUND:
        yield from _with_surname([_COMPOUND[name[:2]]], name[2:])
    if name[:1] in _SURNAMES:
        firsts = [*_SURNAMES[name[0]], _usual_of(name[0])]
        yield from _with_surname([(first,) for first in dict.fromkeys(firsts)], name[1:])
        if not compound:
            return
    yield from ((compound or 1, reading) for reading in islice(_combined(name), READINGS))


def spellings(reading: Reading) -> Sequence[Reading]:
    """Return a reading as people type it: 吕 is typed lv, lu, lü or, as in passports, lyu."""
    if not any("v" in syllable for syllable in reading):
        return (reading,)
    return [tuple(syllable.replace("v", u) for syllable in reading) for u in ("v", "u", "ü", "yu")]


def _with_surname(surnames: Sequence[Reading], given: str) -> Iterator[tuple[int, Reading]]:
    rest = list(islice(_combined(given), READINGS))
    yield from ((len(surname), surname + reading) for reading, surname in product(rest, surnames))


def _combined(text: str) -> Iterator[Reading]:
    """Yield the usual reading of each character; then as the dictionary reads the words; then with rare readings, few first."""
    usual, worded = _usual(text), _readings(text)
    options = [list(dict.fromkeys([first, *others])) for first, others in zip(usual, worded, strict=True)]
    if all(len(each) == 1 for each in options):  # as most names
        yield tuple(usual)
        return
    seen: set[Reading] = set()
    likely = [tuple(usual), tuple(others[0] for others in worded)]
    for reading in (*likely, *_with_rare_readings(options)):
        if reading not in seen:
            seen.add(reading)
            yield reading


def _with_rare_readings(options: Sequence[Sequence[str]]) -> Iterator[Reading]:
    several = [at for at, each in enumerate(options) if len(each) > 1]
    for count in range(1, len(several) + 1):
        for places in combinations(several, count):
            yield from product(*[each[1:] if at in places else each[:1] for at, each in enumerate(options)])


def _usual(text: str) -> list[str]:
    return [_usual_of(character) for character in text]


def _usual_of(character: str) -> str:
    return _of_character(character)[0]


def _readings(text: str) -> Sequence[Sequence[str]]:
    """Return the readings of each character, in the words that the dictionary knows."""
    if len(text) <= _SHORT and _known_words().isdisjoint(_parts(text)):
        return [_of_character(character) for character in text]  # without such a word the dictionary reads each alone
    return _look_up(text)


def _parts(text: str) -> list[str]:
    """Return the parts of a text that may be words: those of at least two characters."""
    length = len(text)
    return [text[start:end] for start in range(length - 1) for end in range(start + 2, length + 1)]


@cache
def _known_words() -> KeysView[str]:
    # Imported for the first name that is indexed: the dictionary takes 50 MB and 0.2 s.
    from pypinyin.constants import PHRASES_DICT

    return PHRASES_DICT.keys()


@lru_cache(maxsize=8192)
def _of_character(character: str) -> Sequence[str]:
    return tuple(_look_up(character)[0])


def _look_up(text: str) -> list[list[str]]:
    from pypinyin import Style, pinyin

    return pinyin(text, style=Style.NORMAL, heteronym=True, v_to_u=False, errors=cast(Any, list))
