"""What the figures of a team count: periods, calls made by their time, conversations, and sums."""

from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.data_files import DataFileError
from desk.rules.figures import COUNTING, FALLEN_DUE, SPANS, Days, Tally, days_of, load_counting, total
from desk.rules.queues import SPOKEN

TEXT = (resources.files("desk") / "data" / "figures.toml").read_text("utf-8")
WEDNESDAY = date(2026, 11, 25)


def test_a_period_ends_today_and_begins_on_monday_or_on_the_first():
    assert [days_of(span, WEDNESDAY) for span in SPANS] == [
        Days(WEDNESDAY, WEDNESDAY, "today"),
        Days(date(2026, 11, 23), WEDNESDAY, "week"),
        Days(date(2026, 11, 1), WEDNESDAY, "month"),
    ]


@given(st.dates())
def test_every_period_has_today_and_no_day_after_it(today: date):
    for span in SPANS:
        days = days_of(span, today)
        assert days.first <= days.last == today
        assert days.first.day == 1 or days.first.weekday() == 0 or days.first == today


@pytest.mark.parametrize(("minutes", "made"), [(-60, True), (0, True), (30, True), (31, False), (24 * 60, False)])
def test_a_call_is_made_by_its_time_within_thirty_minutes_of_it(minutes: int, *, made: bool):
    due = datetime(2026, 11, 25, 2, tzinfo=UTC)
    assert COUNTING.made_by_its_time(due, due + timedelta(minutes=minutes)) == made


def test_attempts_are_no_conversations_and_open_and_replaced_promises_are_in_neither_part_of_the_share():
    assert {*SPOKEN} == {
        *("reached", "confirmed", "failed", "call_back", "promised", "paid", "part_paid", "refused", "withdrew")
    }
    assert {*FALLEN_DUE} == {"kept", "partly_kept", "broken"}


@given(st.lists(st.builds(Tally, st.integers(0, 99), st.integers(0, 99), st.integers(0, 99)), max_size=5))
def test_a_team_has_what_its_members_have_together(tallies: list[Tally]):
    whole = total(tallies)
    assert (whole.calls, whole.conversations) == (sum(t.calls for t in tallies), sum(t.conversations for t in tallies))
    assert total([]) == Tally()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "made_within_minutes = 30",
            "made_within_minutes = -1",
            r"figures.toml, line \d+, \[figures\]: made_within_minutes",
        ),
        ("made_within_minutes = 30", "", r"figures.toml, line \d+, \[figures\]: made_within_minutes"),
        ("[figures]\nmade", "[numbers]\nmade", r"\[numbers\]: there is no such entry"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str):
    assert old in TEXT
    file = tmp_path / "figures.toml"
    file.write_text(TEXT.replace(old, new), "utf-8")
    with pytest.raises(DataFileError, match=said):
        load_counting(file)
