"""The one source of time."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Returns the present instant."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)
