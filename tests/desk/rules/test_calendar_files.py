"""An appointment as an iCalendar file."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk.rules.calendar_files import CalendarEvent, calendar_file

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)
EVENT = CalendarEvent(
    uid="1@loan-desk",
    sequence=2,
    starts_at=datetime(2026, 11, 27, 7, tzinfo=UTC),
    length=timedelta(minutes=90),
    summary="signing · A-1 · 王*",
    state="confirmed",
    place="Nanjing Road 1, 2nd floor; ring\nBring \\ ID",
    link="https://meet.example.com/x",
)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_it_says_when_where_and_what_in_utc():
    assert unfolded(calendar_file(EVENT, NOW)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Loan Desk//Appointments//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "UID:1@loan-desk",
        "SEQUENCE:2",
        "DTSTAMP:20261125T020000Z",
        "DTSTART:20261127T070000Z",
        "DTEND:20261127T083000Z",
        "SUMMARY:signing · A-1 · 王*",
        r"LOCATION:Nanjing Road 1\, 2nd floor\; ring\nBring \\ ID",
        "URL:https://meet.example.com/x",
        "STATUS:CONFIRMED",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    assert "STATUS:TENTATIVE" in calendar_file(replace(EVENT, state="planned", place=""), NOW)


def test_a_cancelled_one_takes_itself_out():
    lines = unfolded(calendar_file(replace(EVENT, state="cancelled"), NOW))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "UID:1@loan-desk"} <= set(lines)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_line_is_over_75_octets_and_none_is_made_by_what_people_type(summary: str, place: str):
    text = calendar_file(replace(EVENT, summary=summary, place=f"x{place}"), NOW)
    assert text.endswith("END:VCALENDAR\r\n")
    for line in text.split("\r\n"):
        assert len(line.encode()) <= 75
        assert "\n" not in line
        assert "\r" not in line
    names = [line.split(":")[0] for line in unfolded(text)]
    assert names == [line.split(":")[0] for line in unfolded(calendar_file(replace(EVENT, summary="a"), NOW))]
