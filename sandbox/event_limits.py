"""Slack's limits for events: how many an app gets, and how few it may acknowledge."""

from collections import deque
from dataclasses import dataclass, field

WINDOW = 3600.0
"""The period, in seconds, over which deliveries are counted."""

MAX_DELIVERIES = 30_000
"""Deliveries to an app in a workspace within the window; further events are dropped (/apis/events-api, rate limiting)."""

MIN_ACCEPTED = 0.05
"""The share of a window's deliveries that an app must acknowledge, or its subscription is disabled (/apis/events-api)."""

MIN_DELIVERIES = 1_000
"""The subscription of an app with fewer deliveries in a window is never disabled."""


@dataclass(slots=True)
class EventLimits:
    """Counts deliveries. `now` is the workspace's time in Unix seconds."""

    max_deliveries: int = MAX_DELIVERIES
    min_deliveries: int = MIN_DELIVERIES
    disabled: bool = False
    _deliveries: deque[tuple[float, bool]] = field(default_factory=deque[tuple[float, bool]])
    _accepted: int = 0
    _reported_minute: int = 0

    def admits(self, now: float) -> bool:
        """Return whether another event may be sent now."""
        self._forget(now)
        return not self.disabled and len(self._deliveries) < self.max_deliveries

    def minute_to_report(self, now: float) -> int | None:
        """Return the current minute if the app must be told that its events are dropped: once in each such minute."""
        minute = int(now) // 60 * 60
        if self.disabled or minute == self._reported_minute:
            return None
        self._reported_minute = minute
        return minute

    def record(self, now: float, *, accepted: bool) -> None:
        """Count a delivery. Disable the subscription of an app that has accepted too few."""
        self._deliveries.append((now, accepted))
        self._accepted += accepted
        self._forget(now)
        if len(self._deliveries) >= self.min_deliveries and self._accepted < MIN_ACCEPTED * len(self._deliveries):
            self.disabled = True

    def _forget(self, now: float) -> None:
        while self._deliveries and now - self._deliveries[0][0] > WINDOW:
            _, accepted = self._deliveries.popleft()
            self._accepted -= accepted
