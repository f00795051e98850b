"""A frozen clock that tests move by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any


class FrozenClock:
    """Returns `at` (timezone-aware) until `set` or `advance`."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def now(self) -> datetime:
        return self.at

    def set(self, at: datetime | str) -> None:
        """Set the clock to an aware datetime, or to an ISO text with an offset."""
        moved = datetime.fromisoformat(at) if isinstance(at, str) else at
        assert moved.tzinfo is not None
        self.at = moved.astimezone(UTC)

    def advance(self, **by: Any) -> None:
        """Advance the clock by the arguments of a `timedelta`: `advance(minutes=5)`."""
        self.at += timedelta(**by)
