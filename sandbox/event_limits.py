"""What Slack does to an app that gets too many events, or takes too few of them."""

from collections import deque
from dataclasses import dataclass, field

WINDOW = 3600.0
"""Seconds that are looked back over."""

MOST = 30_000
"""Deliveries to an app in a workspace within the window; what is beyond is left out (/apis/events-api, rate limiting)."""

LEAST_TAKEN = 0.05
"""The part of the deliveries of a window that an app must take, or its subscription is switched off (/apis/events-api)."""

SPARED = 1_000
"""An app with fewer deliveries in a window is not switched off."""


@dataclass(slots=True)
class EventLimits:
    """Counts deliveries by `now`, the workspace's time in seconds."""

    most: int = MOST
    spared: int = SPARED
    switched_off: bool = False
    _tried: deque[tuple[float, bool]] = field(default_factory=deque[tuple[float, bool]])
    _taken: int = 0
    _told_minute: int = 0

    def admits(self, now: float) -> bool:
        """Whether another event may be sent now."""
        self._forget(now)
        return not self.switched_off and len(self._tried) < self.most

    def minute_to_tell(self, now: float) -> int | None:
        """The minute in which events are left out, when the app is to hear of it: once in each such minute."""
        minute = int(now) // 60 * 60
        if self.switched_off or minute == self._told_minute:
            return None
        self._told_minute = minute
        return minute

    def tried(self, now: float, *, taken: bool) -> None:
        """An event was sent. An app that has taken hardly any of very many gets none any more."""
        self._tried.append((now, taken))
        self._taken += taken
        self._forget(now)
        if len(self._tried) >= self.spared and self._taken < LEAST_TAKEN * len(self._tried):
            self.switched_off = True

    def _forget(self, now: float) -> None:
        while self._tried and now - self._tried[0][0] > WINDOW:
            _, taken = self._tried.popleft()
            self._taken -= taken
