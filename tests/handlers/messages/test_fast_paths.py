"""What is remembered or short-cut when messages are written gives what the libraries give."""

import string
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, get_timezone_location
from hypothesis import given
from hypothesis import strategies as st

from handlers.messages.block_kit.message import Bold, Code
from handlers.messages.block_kit.translator import Translator
from handlers.messages.block_kit.writer import Writer, clipped, phrase, units

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(words=TEXT)
def test_a_length_is_counted_in_utf_16_units(words: str) -> None:
    assert units(words) == len(words.encode("utf-16-le")) // 2


@given(words=TEXT, limit=st.integers(1, 60))
def test_only_words_that_exceed_the_limit_are_cut(words: str, limit: int) -> None:
    assert (clipped(words, limit) == words) is (units(words) <= limit)
    assert units(clipped(words, limit)) <= limit


@given(before=TEXT, after=TEXT)
def test_a_phrase_is_split_at_its_placeholders_each_time(before: str, after: str) -> None:
    text = f"{before}{{who}}{after}".replace("{who}", "\0").replace("{", "{{").replace("}", "}}").replace("\0", "{who}")
    expected = [
        part for literal, name, *_ in string.Formatter().parse(text) for part in (literal, Bold("x") if name else "")
    ]
    for _ in range(2):
        assert phrase(Translator("en"), text, who=Bold("x")) == [part for part in expected if part != ""]


@given(day=st.dates(date(2020, 1, 1), date(2040, 12, 31)), language=st.sampled_from(["en", "zh"]))
def test_a_date_is_formatted_as_babel_formats_it(day: date, language: str) -> None:
    full, short, locale = {
        "en": ("EEE d MMM y", "EEE d MMM", "en"),
        "zh": ("y年M月d日 EEE", "M月d日 EEE", "zh_Hans_CN"),
    }[language]
    t = Translator(language)
    for _ in range(2):
        assert t.date(day) == format_date(day, full, locale=locale)
        assert t.short_date(day) == format_date(day, short, locale=locale)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Asia/Urumqi", "America/New_York", "Europe/Berlin", "Etc/UTC"])
@pytest.mark.parametrize(("language", "locale"), [("en", "en"), ("zh", "zh_Hans_CN")])
def test_a_zone_is_named_by_its_city(zone: str, language: str, locale: str) -> None:
    expected = get_timezone_location(zone, locale=locale, return_city=True)

    assert Translator(language).zone(ZoneInfo(zone)) == expected


def test_empty_words_of_any_style_are_left_out() -> None:
    message = Writer().line("a", Bold(""), Code(""), "", Bold("b"), Code("c")).message()

    (section,) = message.blocks[0]["elements"]
    assert section["elements"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", "style": {"bold": True}},
        {"type": "text", "text": "c", "style": {"code": True}},
    ]
