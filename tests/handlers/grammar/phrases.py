"""Phrases from the tables in tests/data, and due times in the notation of those tables."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from desk.core.values import Due
from handlers.grammar.due import parse_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)

_DATA = Path(__file__).parents[2] / "data"


def table(name: str) -> list[list[str]]:
    """Return the rows of a table without comments and header."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [row for row in rows if row[-1] != "expected"]


def shown(due: Due, zone: ZoneInfo = SHANGHAI) -> str:
    """Return `2026-11-26 15:00`, or the date alone."""
    if due.at is None:
        return due.on.isoformat()
    local = due.at.astimezone(zone)
    assert local.date() == due.on
    return f"{local:%Y-%m-%d %H:%M}"


def read(phrase: str, now: datetime = WEDNESDAY, zone: ZoneInfo = SHANGHAI) -> str:
    """Return the due time a phrase means, or the code of its refusal."""
    try:
        return shown(parse_due(phrase, now, zone), zone)
    except Invalid as refusal:
        return refusal.code


def refusal(phrase: str, now: datetime = WEDNESDAY, zone: ZoneInfo = SHANGHAI) -> Invalid:
    """Return the refusal of a phrase that must be refused."""
    try:
        due = parse_due(phrase, now, zone)
    except Invalid as refused:
        return refused
    raise AssertionError(f"{phrase} was understood as {shown(due, zone)}")
