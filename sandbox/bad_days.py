"""Slack's bad days: troubles that are switched on for as long as somebody wants to see how the app bears them."""

from collections.abc import Iterable, Iterator
from itertools import cycle

TROUBLES = ("slow", "429", "500", "lost_answer")
"""Every call waits; or one call in two is refused as one too many, fails, or is done and its answer lost."""

SLOW_SECONDS = 2.0
RETRY_SECONDS = 2


class BadDays:
    """What is switched on now. With several that make calls fail they take turns."""

    def __init__(self) -> None:
        self.on: tuple[str, ...] = ()
        self._calls = 0
        self._turns: Iterator[str] = cycle(())

    def switch(self, troubles: Iterable[str]) -> None:
        """Switch on these and no others. Raises ValueError on an unknown one."""
        wanted = set(troubles)
        if unknown := wanted - set(TROUBLES):
            raise ValueError(f"unknown trouble: {', '.join(sorted(unknown))}; known are {', '.join(TROUBLES)}")
        self.on = tuple(one for one in TROUBLES if one in wanted)
        self._calls = 0
        self._turns = cycle(one for one in self.on if one != "slow")

    @property
    def delay(self) -> float:
        """Seconds that every call waits."""
        return SLOW_SECONDS if "slow" in self.on else 0.0

    def befall(self) -> str | None:
        """What happens to the next call."""
        self._calls += 1
        failing = next(self._turns, None) if self._calls % 2 else None
        return failing or ("slow" if "slow" in self.on else None)
