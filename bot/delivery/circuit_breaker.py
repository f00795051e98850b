"""Decide when a method of Slack's API may be used again after a rate limit or a failure."""

from collections import defaultdict
from dataclasses import field
from datetime import datetime, timedelta

from desk.core.dataclass import dataclass

LONGEST_BREAK = timedelta(seconds=60)
"""While Slack does not answer, one request a minute finds out when it does."""


@dataclass(slots=True)
class _Circuit:
    """State of one method: open (unusable) from `since` until `until`. A clock set back before `since` closes it."""

    since: datetime | None = None
    until: datetime | None = None
    failures: int = 0
    probing: bool = False

    def is_open(self, now: datetime) -> bool:
        return self.since is not None and self.until is not None and self.since <= now < self.until

    def open(self, now: datetime, length: timedelta) -> datetime:
        self.since, self.until = now, now + length
        return self.until

    def length(self) -> timedelta:
        return min(timedelta(seconds=2 ** min(self.failures, 10)), LONGEST_BREAK)


@dataclass(slots=True)
class CircuitBreaker:
    """Track for each method of Slack's API whether it may be used.

    Slack may ask us to wait. After a failure (no answer, or one that does not tell the outcome) each break is longer
    than the last, and when it ends one request probes while the others wait for its result.
    """

    _circuits: dict[str, _Circuit] = field(default_factory=lambda: defaultdict[str, _Circuit](_Circuit))

    def open_until(self, method: str, now: datetime) -> datetime | None:
        """Return until when the method must not be used, or None when it may be."""
        circuit = self._circuits[method]
        if circuit.is_open(now):
            return circuit.until
        return now + circuit.length() if circuit.probing else None

    def begin(self, method: str) -> None:
        """Note the start of a request. After a failure it is the only one of its method until it ends."""
        circuit = self._circuits[method]
        circuit.probing = circuit.failures > 0

    def succeed(self, method: str) -> None:
        """Note an answer: the method is usable."""
        self._circuits[method] = _Circuit()

    def wait(self, method: str, now: datetime, seconds: float) -> datetime:
        """Note a rate limit and return until when the method must not be used."""
        self.succeed(method)
        return self._circuits[method].open(now, timedelta(seconds=seconds))

    def heed(self, method: str, now: datetime, until: datetime) -> None:
        """Note a rate limit that Slack told another process."""
        circuit = self._circuits[method]
        if not circuit.is_open(now) or (circuit.until is not None and circuit.until < until):
            circuit.open(now, until - now)

    def fail(self, method: str, now: datetime) -> datetime:
        """Note a failure and return until when the method must not be used."""
        circuit = self._circuits[method]
        circuit.probing = False
        if circuit.until is not None and circuit.is_open(now):
            return circuit.until  # requests in flight together that fail together are one failure
        circuit.failures += 1
        return circuit.open(now, circuit.length())
