"""Working hours as a manager types them for a member."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules.hours import EVERY_DAY, WEEKDAYS, WorkingHours, format_hours, parse_days, parse_hours
from tests.desk.rules.times import NEW_YORK, SHANGHAI

MON_TO_SAT = frozenset(range(6))


@pytest.mark.parametrize(
    "text",
    [
        "09:00-18:00",
        "9:00-18:00",
        "9-18",
        "09:00 – 18:00",
        "09:00~18:00",
        "０９：００－１８：００",
        "9点到18点",
        "上午9点至下午6点",
        "9am-6pm",
        "9AM to 6PM",
    ],
)
def test_nine_to_six_is_read_however_it_is_typed(text: str):
    hours = parse_hours(text)
    assert (hours.start, hours.end, hours.days) == (time(9), time(18), WEEKDAYS)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("8:30-17:30", "08:30-17:30"),
        ("8点半到17点15分", "08:30-17:15"),
        ("12am-12pm", "00:00-12:00"),
        ("中午12点到晚上8点", "12:00-20:00"),
        ("上午9点到晚上12点", "09:00-24:00"),
        ("14:00-24:00", "14:00-24:00"),
        ("14:00-00:00", "14:00-24:00"),
        ("00:00-24:00", "00:00-24:00"),
    ],
)
def test_the_hours_are_shown_as_a_24_hour_clock(text: str, span: str):
    assert format_hours(parse_hours(text)) == (span, "mon-fri")


@pytest.mark.parametrize(
    "text", ["mon-sat", "Mon – Sat", "Monday to Saturday", "周一至周六", "周一到周六", "星期一-星期六", "一至六"]
)
def test_monday_to_saturday_is_read_however_it_is_typed(text: str):
    assert parse_days(text) == MON_TO_SAT


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon,wed,fri", {0, 2, 4}),
        ("mon wed and fri", {0, 2, 4}),
        ("周一、周三、周五", {0, 2, 4}),
        ("周一三五", {0, 2, 4}),
        ("星期一和星期三", {0, 2}),
        ("周一至周五，周日", {0, 1, 2, 3, 4, 6}),
        ("sun-thu", {6, 0, 1, 2, 3}),
        ("周日至周四", {6, 0, 1, 2, 3}),
        ("thurs", {3}),
        ("weekdays", set(WEEKDAYS)),
        ("工作日", set(WEEKDAYS)),
        ("weekends", {5, 6}),
        ("every day", set(EVERY_DAY)),
        ("每天", set(EVERY_DAY)),
    ],
)
def test_days_of_the_week_are_read_in_both_languages(text: str, days: set[int]):
    assert parse_days(text) == days


@pytest.mark.parametrize(
    "text",
    ["", "9", "09:00", "9-18-20", "25:00-26:00", "09:60-18:00", "9-24:30", "24:00-09:00", "nine to six", "13pm-6pm"],
)
def test_hours_that_cannot_be_read_are_refused_with_an_example(text: str):
    with pytest.raises(Invalid) as refusal:
        parse_hours(text)
    assert refusal.value.code == "working_hours"
    assert refusal.value.params == {"given": text, "nearest": ("09:00-18:00",)}


@pytest.mark.parametrize("text", ["", "mon-", "-sat", "mon-someday", "周八", "mo", "mon--sat", "m,w,f", "周一至"])
def test_days_that_cannot_be_read_are_refused_with_examples(text: str):
    with pytest.raises(Invalid) as refusal:
        parse_days(text)
    assert refusal.value.code == "working_days"
    assert refusal.value.params["given"] == text
    assert "mon-sat" in refusal.value.params["nearest"]


def test_a_night_shift_is_refused():
    with pytest.raises(Invalid) as refusal:
        parse_hours("22:00-06:00", "mon-sat")
    assert refusal.value.code == "overnight_hours"
    assert refusal.value.params["given"] == "22:00-06:00"


def test_nine_to_six_on_a_12_hour_clock_offers_18_00():
    with pytest.raises(Invalid) as refusal:
        parse_hours("9:00-6:00")
    assert refusal.value.code == "overnight_hours"
    assert refusal.value.params["nearest"] == ("09:00-18:00",)


def test_invalid_hours_are_refused_even_when_built_directly():
    with pytest.raises(Invalid, match="overnight_hours"):
        WorkingHours(time(22), time(6), WEEKDAYS, SHANGHAI)
    with pytest.raises(Invalid, match="overnight_hours"):
        WorkingHours(time(9), time(9), WEEKDAYS, SHANGHAI)
    with pytest.raises(Invalid, match="no_working_days"):
        WorkingHours(time(9), time(18), frozenset(), SHANGHAI)
    with pytest.raises(Invalid, match="no_working_days"):
        WorkingHours(time(9), time(18), frozenset({7}), SHANGHAI)


def test_midnight_to_midnight_is_around_the_clock():
    assert parse_hours("00:00-24:00", "daily").around_the_clock
    assert not parse_hours("09:00-24:00", "daily").around_the_clock


minutes = st.integers(0, 24 * 60 - 1)


@given(minutes, minutes, st.frozensets(st.integers(0, 6), min_size=1))
def test_formatted_hours_read_back_as_the_same_hours(first: int, second: int, days: frozenset[int]):
    start, end = sorted((first, second))
    if start == end:
        end = 0
    hours = WorkingHours(time(*divmod(start, 60)), time(*divmod(end, 60)), days, NEW_YORK)
    assert parse_hours(*format_hours(hours), NEW_YORK) == hours
