"""Only those patterns of the lexicon are tried at a place whose match can begin with the character there: none is lost by it."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.grammar.due.beginnings import beginnings
from handlers.grammar.due.lexicon import PATTERNS, patterns_for
from handlers.grammar.text import Line

DATA = Path(__file__).parents[3] / "data"


def phrases() -> set[str]:
    found: set[str] = set()
    for file in sorted(DATA.glob("due_*.tsv")):
        with file.open(encoding="utf-8", newline="") as rows:
            found.update(Line.plain(cell).norm for row in csv.reader(rows, delimiter="\t") for cell in row)
    return found


WORDS = sorted({word for phrase in phrases() for word in phrase.split()})


def matching_at(text: str, at: int) -> list[str]:
    return [each.regex.pattern for each in PATTERNS if (match := each.regex.match(text, at)) and match.end() > at]


def tried_at(text: str, at: int) -> set[str]:
    return {each.regex.pattern for each in patterns_for(text[at : at + 1])}


def test_every_phrase_of_the_tables_finds_the_patterns_that_match_it() -> None:
    for text in phrases():
        for at in (0, *(place + 1 for place, character in enumerate(text) if character == " ")):
            assert set(matching_at(text, at)) <= tried_at(text, at), (text, at)


@settings(max_examples=60)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), between=st.sampled_from(["", " ", "，", " next "])
)
def test_every_place_of_a_line_finds_the_patterns_that_match_there(words: list[str], between: str) -> None:
    text = between.join(words)
    for at in range(len(text)):
        assert set(matching_at(text, at)) <= tried_at(text, at), (text, at)


def test_patterns_are_tried_in_the_order_of_the_lexicon() -> None:
    for character in "明周1tn(@":
        tried = patterns_for(character)
        assert list(tried) == [each for each in PATTERNS if each in tried]


@pytest.mark.parametrize(
    ("regex", "characters"),
    [
        ("today|2day", "t2"),
        ("(?:on\\s+)?(?P<day>[a-c]x|d)", "oabcd"),
        ("(?:at\\s+|@\\s*)?(?P<hour>[0-3]{1,2}|one)", "a@0123o"),
        ("(?<![点时])(?!x)后", "后"),
        ("a{0,2}b+c", "ab"),
        ("(?:a|b*)(?=c)\\(", "ab("),
        ("[-+.]1", "-+."),
        ("[^a]b", None),
        ("\\s*x", None),
        ("[\\s-]x", None),
        (".x", None),
        ("a?", None),
    ],
)
def test_the_characters_that_a_match_can_begin_with(regex: str, characters: str | None) -> None:
    assert beginnings(regex) == (None if characters is None else frozenset(characters))
