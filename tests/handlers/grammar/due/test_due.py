"""Due times as people type them: how each is understood, or why it is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.core.values import Due
from handlers.grammar.due import parse_due
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY, read, refusal, shown, table

PHRASES = table("due_phrases.tsv")
REFUSED = [row[0] for row in PHRASES if row[1].startswith("due_")]
NEW_YORK = ZoneInfo("America/New_York")


def is_as_expected(got: str, expected: str) -> bool:
    return got.startswith("due_") if expected == "refuse" else got == expected


@pytest.mark.parametrize("file", ["due_times.tsv", "due_phrases.tsv"])
def test_each_phrase_means_what_the_table_says(file: str):
    rows = table(file)
    assert rows
    assert [(*row, got) for row in rows if not is_as_expected(got := read(row[0]), row[1])] == []


@pytest.mark.parametrize("file", ["due_times_zones.tsv", "due_phrases_zones.tsv"])
def test_each_phrase_means_what_the_table_says_at_other_times_and_in_other_zones(file: str):
    rows = table(file)
    assert rows
    found = [(*row, read(row[2], datetime.fromisoformat(row[0]), ZoneInfo(row[1]))) for row in rows]
    assert [row for row in found if not is_as_expected(row[4], row[3])] == []


def test_an_instant_is_in_utc_and_its_date_in_the_zone_of_the_person_typing():
    assert parse_due("明天7:30 am", WEDNESDAY, SHANGHAI) == Due(
        date(2026, 11, 26), datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    )
    assert parse_due("明天", WEDNESDAY, SHANGHAI) == Due(date(2026, 11, 26), None)


@pytest.mark.parametrize(
    ("phrase", "readings"),
    [
        ("明天3点", ["2026-11-26 03:00", "2026-11-26 15:00"]),
        ("3:30", ["2026-11-25 15:30", "2026-11-26 03:30"]),
        ("周三", ["2026-11-25", "2026-12-02"]),
        ("wed 14:30", ["2026-11-25 14:30", "2026-12-02 14:30"]),
        ("3/4", ["2027-03-04", "2027-04-03"]),
        ("in 3m", ["2026-11-25 10:03", "2027-02-25"]),
    ],
)
def test_a_phrase_with_two_readings_is_refused_and_shows_both(phrase: str, readings: list[str]):
    refused = refusal(phrase)
    assert refused.code == "due_ambiguous"
    assert [shown(due) for due in refused.params["readings"]] == readings
    assert refused.params["nearest"] == tuple(readings)


@pytest.mark.parametrize(
    ("phrase", "nearest"),
    [
        ("nov 20", ("2027-11-20",)),
        ("本周一", ("2026-11-30",)),
        ("今天9点", ("2026-11-26 09:00",)),
        ("2月30日", ("2027-02-28",)),
        ("这个月31号", ("2026-11-30",)),
        ("明天下午", ("2026-11-26 15:00",)),
        ("fri 2", ("2026-11-27 02:00", "2026-11-27 14:00")),
        ("今晚12点", ("2026-11-26 00:00",)),
        ("周五前", ("2026-11-27",)),
        ("下周", ("下周一", "下周五")),
        ("next week", ("next mon", "next fri")),
        ("3天", ("3天后",)),
        ("half an hour", ("in half an hour",)),
        ("tommorow 3pm", ("tomorrow 3pm",)),
        ("1 dec 27", ("1 dec 2027",)),
    ],
)
def test_a_refusal_suggests_forms_that_would_be_understood(phrase: str, nearest: tuple[str, ...]):
    refused = refusal(phrase)
    assert refused.params["given"] == phrase
    assert refused.params["nearest"] == nearest


@pytest.mark.parametrize(("days", "hours"), [(0, 0), (2, 9), (38, 13), (95, 3)])
def test_every_form_that_a_refusal_suggests_is_understood(days: int, hours: int):
    now = WEDNESDAY + timedelta(days=days, hours=hours)
    for phrase in REFUSED:
        if read(phrase, now).startswith("due_"):
            shown_forms = refusal(phrase, now).params["nearest"]
            assert shown_forms, phrase
            assert [form for form in shown_forms if read(form, now).startswith("due_")] == [], phrase


def test_a_refusal_repeats_the_text_exactly_as_typed():
    assert refusal("Ｎｅｘｔ  Week").params["given"] == "Ｎｅｘｔ  Week"


@pytest.mark.parametrize("phrase", ["周五", "fri", "星期五", "Friday 14:30", "on fri"])
def test_todays_own_weekday_is_refused_in_every_spelling(phrase: str):
    friday = WEDNESDAY + timedelta(days=2)
    assert read(phrase, friday) == "due_ambiguous"
    assert read(phrase, friday + timedelta(days=1)) != "due_ambiguous"


def test_on_a_sunday_this_week_and_next_week_still_begin_on_monday():
    sunday = WEDNESDAY + timedelta(days=4)
    assert read("周一", sunday) == read("下周一", sunday) == read("next mon", sunday) == "2026-11-30"
    assert read("this sun", sunday) == "2026-11-29"
    assert read("this mon", sunday) == "due_past"


def test_a_time_alone_is_today_until_that_minute_and_then_tomorrow():
    assert read("10:01") == "2026-11-25 10:01"
    assert read("10:00", WEDNESDAY - timedelta(seconds=1)) == "2026-11-25 10:00"
    assert read("10:00", WEDNESDAY) == "2026-11-26 10:00"


def test_a_duration_from_now_is_rounded_up_to_the_minute():
    assert read("in 30 min", WEDNESDAY + timedelta(seconds=20)) == "2026-11-25 10:31"
    assert read("in 30 min", WEDNESDAY) == "2026-11-25 10:30"


def test_one_month_from_now_is_the_same_day_or_the_last_day_of_that_month():
    last_of_january = datetime(2027, 1, 31, 10, tzinfo=SHANGHAI)
    assert read("一个月后", last_of_january) == read("in 1 month", last_of_january) == "2027-02-28"
    assert read("in 1 month", WEDNESDAY) == "2026-12-25"
    assert read("下月底", last_of_january) == "2027-02-28"


def test_a_day_of_the_month_is_in_the_next_month_that_has_it():
    last_of_january = datetime(2027, 1, 31, 10, tzinfo=SHANGHAI)
    assert read("30号", last_of_january) == "2027-03-30"
    assert read("31号", last_of_january) == "2027-01-31"
    assert read("29 feb", datetime(2027, 11, 1, tzinfo=SHANGHAI)) == "2028-02-29"


def test_on_the_last_day_of_the_month_the_end_of_the_month_is_today():
    assert read("月底", datetime(2026, 11, 30, 23, 59, tzinfo=SHANGHAI)) == "2026-11-30"
    assert read("end of year", datetime(2026, 12, 31, 12, tzinfo=SHANGHAI)) == "2026-12-31"


def test_a_time_that_the_clocks_skip_is_refused_and_suggests_the_time_they_show_instead():
    eve = datetime(2027, 3, 13, 10, tzinfo=NEW_YORK)
    for phrase in ("tomorrow 2:30am", "明天02:30", "mar 14 2:30am", "02:30"):
        refused = refusal(phrase, eve, NEW_YORK)
        assert (refused.code, refused.params["nearest"]) == ("due_no_such_time", ("2027-03-14 03:30",))
    assert read("02:30", datetime(2027, 3, 14, 10, tzinfo=NEW_YORK), NEW_YORK) == "2027-03-15 02:30"


def test_a_time_that_occurs_twice_is_the_first_one():
    eve = datetime(2026, 10, 31, 10, tzinfo=NEW_YORK)
    assert parse_due("tomorrow 1:30am", eve, NEW_YORK).at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    between = datetime(2026, 11, 1, 5, 45, tzinfo=UTC)
    assert read("today 1:30am", between, NEW_YORK) == "due_past"
    assert read("1:30am", between, NEW_YORK) == "2026-11-02 01:30"


def test_a_clock_change_of_half_an_hour_is_respected():
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    eve = datetime(2026, 10, 3, 10, tzinfo=lord_howe)
    assert read("tomorrow 2:15am", eve, lord_howe) == "due_no_such_time"
    assert read("tomorrow 2:30am", eve, lord_howe) == "2026-10-04 02:30"


def test_a_time_on_a_day_that_the_zone_skipped_is_refused():
    apia = ZoneInfo("Pacific/Apia")
    assert read("tomorrow 10:00", datetime(2011, 12, 29, 12, tzinfo=apia), apia) == "due_no_such_time"


@pytest.mark.parametrize("phrase", ["", " ", "，", "。", "\n"])
def test_an_empty_text_is_not_a_due_time(phrase: str):
    assert read(phrase) == "due_not_understood"
