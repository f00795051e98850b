"""Days and instants in the query of a request."""

from datetime import UTC, date, datetime

from handlers.api.problems import ApiError, FieldError


def read_day(name: str, text: str | None) -> date | None:
    """Return the day that a parameter names. Raises ApiError (`invalid_parameter`)."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise _unreadable(name, "not a day") from None


def read_instant(name: str, text: str | None) -> datetime | None:
    """Return the instant that a parameter names, in UTC. Raises ApiError (`invalid_parameter`)."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _unreadable(
            name, "not an instant with its offset, as 2026-11-25T10:00:00%2B08:00 (in a URL, + is written %2B)"
        ) from None


def _unreadable(name: str, why: str) -> ApiError:
    return ApiError(400, "invalid_parameter", errors=[FieldError(name, "unreadable", why)])
