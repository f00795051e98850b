"""The log's last line of defence: numbers and names are masked wherever they occur in a value."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.logs import _mask  # pyright: ignore[reportPrivateUsage]

NUMBERS = (
    "13812345678",
    "138 1234 5678",
    "138-1234-5678",
    "138.1234.5678",
    "138·1234·5678",
    "0571•8765•4321",
    "+86 138 1234 5678",
    "8613812345678",
    "010-88888888",
    "0571 87654321",
    "02088888888",
    "+44 20 7946 0958",
    "11010519491231002X",
    "110105194912310021",
    "6222021234567890123",
    "6222 0212 3456 7890 123",
    "１３８１２３４５６７８",
    "138－1234－5678",
    "138\u00a01234\u00a05678",
    "138\u200b12345678",
    "138_1234_5678",
    "(010)88888888",
    "（010）88888888",
    "0571-8765-4321",
    "213-373-4253",
    "(213) 373-4253",
    "110105 19491231 002X",
    "11010519491231002Ｘ",
    "１１０１０５１９４９１２３１００２１",
)
AROUND = st.sampled_from(
    ["", "电话", "手机：", " ", "，", "(", "“", "id=", "号码 ", "\U00020bb7", "\U00030000", "tel", "Tel.", "号-"]
)


@given(
    AROUND,
    st.sampled_from(NUMBERS),
    st.sampled_from(["", " ", "，", "。", ")", "转801", "是他的", ":", "-家", "\U00020bb7"]),
)
def test_a_number_is_masked_beside_any_character(before: str, number: str, behind: str) -> None:
    masked = _mask(f"call {before}{number}{behind}")

    assert not re.search(r"\d[\d ._()-]{5,}\d", masked), masked


@pytest.mark.parametrize("name", ["王小明", "\U0002ebf0明", "欧阳\ue863", "𬭚", "阿里·买买提", "〇"])
def test_a_chinese_name_is_masked_also_with_characters_that_this_python_does_not_know(name: str) -> None:
    assert _mask(f"borrower {name} called") == "borrower [words] called"


@pytest.mark.parametrize("value", [13812345678, {"n": 6222021234567890123}, ["13812345678"], ("电话13812345678",)])
def test_a_number_is_masked_in_any_kind_of_value(value: Any) -> None:
    assert not re.search(r"\d{7}", str(_mask(value)))


@pytest.mark.parametrize(
    "value",
    [
        "01a20c7f-0000-7000-8000-000000000001",
        "1795850410.592973",
        "7F3K-92QD",
        "handlers/door/door.py:112 answer",
        "2026-11-25T02:00:00Z",
        "L-1042/3",
        "A-20261125001",
        "01234567-1234-7123-8123-013812345678",
        "U013812345678",
        300,
        1795850410.59,
        True,
        None,
    ],
)
def test_what_the_log_needs_stays(value: Any) -> None:
    assert _mask(value) == value
