"""The clock of a workspace that can be set forward, so that tomorrow can be seen today."""

import time
from collections.abc import Callable

MOST_AHEAD = 366 * 86_400.0
"""How many seconds the clock may run ahead of `real`."""


class ClockRefusedError(Exception):
    """The clock can't be set there; the message is the page's code for why."""


class MovableClock:
    """Time that runs like `real`, in Unix seconds, from wherever it was set."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.real = real
        self.ahead = 0.0

    def time(self) -> float:
        """The present, in Unix seconds."""
        return self.real() + self.ahead

    def set(self, to: float) -> None:
        """Go on from this instant, in Unix seconds. Raises ClockRefusedError unless it lies ahead, within a year."""
        ahead = to - self.real()
        if ahead < self.ahead:
            raise ClockRefusedError("clock_only_forward")
        if ahead > MOST_AHEAD:
            raise ClockRefusedError("clock_too_far")
        self.ahead = ahead
