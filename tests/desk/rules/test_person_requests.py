"""By when a person's request must be answered, and what a file of the rules may not say."""

import calendar
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.rules.months import months_after
from desk.rules.person_requests import due_on, extended_due_on, load_rules, request_rules


@pytest.mark.parametrize(
    ("country", "received", "due", "extended"),
    [
        ("CN", date(2026, 11, 25), date(2026, 12, 10), None),
        ("DE", date(2026, 11, 25), date(2026, 12, 25), date(2027, 2, 25)),
        ("GB", date(2027, 1, 31), date(2027, 2, 28), date(2027, 4, 30)),
        ("FR", date(2028, 1, 30), date(2028, 2, 29), date(2028, 4, 30)),
        ("US", date(2026, 11, 25), date(2026, 12, 10), date(2027, 1, 10)),
        (None, date(2026, 12, 31), date(2027, 1, 15), date(2027, 2, 15)),
    ],
)
def test_the_law_of_the_place_says_by_when(
    country: str | None, received: date, due: date, extended: date | None
) -> None:
    law = request_rules().law_of(country)
    assert (due_on(law, received), extended_due_on(law, received)) == (due, extended)


@settings(max_examples=200, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 24))
def test_a_month_ends_on_the_same_day_or_the_last_of_its_month(day: date, months: int) -> None:
    after = months_after(day, months)
    assert (after.year * 12 + after.month) - (day.year * 12 + day.month) == months
    last = calendar.monthrange(after.year, after.month)[1]
    assert after.day == min(day.day, last)
    assert after > day + timedelta(days=27 * months)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("months = 1\n", "months = 1\ndays = 3\n"), "either days or months"),
        (('places = ["CN"]', "places = []"), "binds all others"),
        (('law = "pipl"', 'law = "pipa"'), "there is no pipa"),
        (("days = 15\n", "days = 0\n"), "days"),
        (("[kinds.access]", "[wishes.access]"), "unknown table"),
        (("more_months = 2", "more_weeks = 2"), "more_weeks"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = Path("desk/data/person_requests.toml").read_text("utf-8")
    head, tail = text.split("[laws.pipl]")
    wrong = tmp_path / "person_requests.toml"
    wrong.write_text(head + ("[laws.pipl]" + tail).replace(*change, 1), "utf-8")
    with pytest.raises(DataFileError, match=says):
        load_rules(wrong)
