"""Read the values of options that several commands take. A wrong one raises `typer.BadParameter`."""

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer


def read_zone(name: str) -> ZoneInfo:
    """Return the time zone of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise typer.BadParameter(
            f"there is no zone {name!r}; write it like Asia/Shanghai", param_hint="--zone"
        ) from None


def read_instant(text: str | None, option: str = "--now") -> datetime:
    """Return an instant, ISO 8601 with an offset; without a text, that of the clock."""
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise typer.BadParameter("write it like 2026-11-25T10:00+08:00", param_hint=option)
    return instant


def language_of_terminal() -> str:
    """Return the language in which the terminal is set up."""
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
