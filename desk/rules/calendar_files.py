"""An appointment as an iCalendar file (RFC 5545). Times are in UTC, so a file needs no description of a time zone."""

from dataclasses import field
from datetime import UTC, datetime, timedelta

from desk.core.dataclass import dataclass

_OCTETS = 75
"""The most octets of a line, without its end (RFC 5545, 3.1)."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a file says of an appointment. `uid` stays the same, `sequence` rises with each change of it."""

    uid: str
    sequence: int
    starts_at: datetime
    length: timedelta
    summary: str = field(repr=False)
    state: str
    place: str = field(default="", repr=False)
    link: str = field(default="", repr=False)


def calendar_file(event: CalendarEvent, now: datetime) -> str:
    """Return the file. One of a cancelled appointment takes it out of a calendar that has it."""
    cancelled = event.state == "cancelled"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Loan Desk//Appointments//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{'CANCEL' if cancelled else 'PUBLISH'}",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(event.starts_at)}",
        f"DTEND:{_instant(event.starts_at + event.length)}",
        f"SUMMARY:{_text(event.summary)}",
        *([f"LOCATION:{_text(event.place)}"] if event.place else ()),
        *([f"URL:{_address(event.link)}"] if event.link else ()),
        f"STATUS:{'CANCELLED' if cancelled else 'TENTATIVE' if event.state == 'planned' else 'CONFIRMED'}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    """Return a text with what has a meaning in the file escaped, and without other control characters (3.3.11)."""
    words = words.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    lines = words.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\\n".join("".join(each for each in line if each == "\t" or each.isprintable()) for line in lines)


def _address(link: str) -> str:
    return "".join(each for each in link if each.isprintable() and not each.isspace())


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 octets, none of which parts a character; further ones begin with a space."""
    pieces, piece, used = list[str](), "", 0
    for character in line:
        size = len(character.encode())
        if used + size > _OCTETS:
            pieces.append(piece)
            piece, used = " ", 1
        piece, used = piece + character, used + size
    return "\r\n".join([*pieces, piece])
