"""Notes of payments that say how much was paid, and notes that do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.grammar.inexact_amounts import inexact_amount_end, speaks_of_amount
from handlers.grammar.text import Line

ABOUT = ["about ", "~", "roughly ", "nearly ", "at least ", "大约", "约", "差不多", "不到", "超过"]
OR_SO = [" or so", "ish", "+", "左右", "多", "以上", " approx"]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 999_999), st.sampled_from(ABOUT), st.sampled_from(["", ",", "k", "元"]))
def test_a_sum_behind_a_word_of_estimate_is_inexact_to_its_end(number: int, about: str, spelled: str):
    words = about + (f"{number:,}" if spelled == "," else f"{number}{spelled}")
    assert inexact_amount_end(Line.plain(words), 0) == len(words)
    assert speaks_of_amount(f"by card, {words}") or number < 100


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 999_999), st.sampled_from(OR_SO))
def test_a_sum_before_a_word_of_estimate_is_inexact_to_its_end(number: int, or_so: str):
    words = f"{number}{or_so}"
    assert inexact_amount_end(Line.plain(words), 0) == len(words)


@pytest.mark.parametrize(
    "note",
    [
        "3000 of 4500",
        "3000/4500",
        "partial",
        "1/2",
        "first half",
        "2-3k",
        "几千",
        "三千来块",
        "百分之五十",
        "五成",
        "还差500",
    ],
)
def test_a_part_is_spoken_of(note: str):
    assert speaks_of_amount(note)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "yesterday 3pm",
        "on 3/12",
        "2026-11-20",
        "11月20日",
        "13800138000",
        "尾号1234",
        "in full",
        "微信转账",
        "成功",
        "all",
    ],
)
def test_a_time_a_number_of_something_or_the_whole_is_not(note: str):
    assert not speaks_of_amount(note)
