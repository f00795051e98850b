"""When a method of Slack's may be called again: after the wait it asked for, and after a silence."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LONGEST_SILENCE = timedelta(seconds=60)
"""While Slack gives no answer, one call a minute finds out when it is back."""


@dataclass(slots=True)
class _Circuit:
    """One method. It is closed from `since` until `until`; outside, also when the clock was set back, it is open."""

    since: datetime | None = None
    until: datetime | None = None
    silences: int = 0
    probing: bool = False

    def is_closed(self, now: datetime) -> bool:
        return self.since is not None and self.until is not None and self.since <= now < self.until

    def close(self, now: datetime, length: timedelta) -> datetime:
        self.since, self.until = now, now + length
        return self.until

    def length(self) -> timedelta:
        return min(timedelta(seconds=2 ** min(self.silences, 10)), LONGEST_SILENCE)


@dataclass(slots=True)
class CircuitBreaker:
    """What the calls of one workspace have learned about Slack's methods.

    Slack may ask for a wait. After a silence (no answer, or one that does not say what was done) the pause gets longer
    each time, and when it ends one call goes first while the others wait for what becomes of it.
    """

    _circuits: dict[str, _Circuit] = field(default_factory=lambda: defaultdict[str, _Circuit](_Circuit))

    def closed_until(self, method: str, now: datetime) -> datetime | None:
        """Until when that method is to be left alone; None when it may be called."""
        circuit = self._circuits[method]
        if circuit.is_closed(now):
            return circuit.until
        return now + circuit.length() if circuit.probing else None

    def begin(self, method: str) -> None:
        """A call begins. After a silence it is the only one of its method until it ends."""
        circuit = self._circuits[method]
        circuit.probing = circuit.silences > 0

    def answered(self, method: str) -> None:
        """Slack has answered."""
        self._circuits[method] = _Circuit()

    def asked_to_wait(self, method: str, now: datetime, seconds: float) -> datetime:
        """Slack has answered that this method is called too often. Gives until when it is closed."""
        self.answered(method)
        return self._circuits[method].close(now, timedelta(seconds=seconds))

    def no_answer(self, method: str, now: datetime) -> datetime:
        """Slack has not answered, or not so that one knows what was done. Gives until when the method is closed."""
        circuit = self._circuits[method]
        circuit.probing = False
        if circuit.until is not None and circuit.is_closed(now):
            return circuit.until  # calls that were under way together and fail together are one silence
        circuit.silences += 1
        return circuit.close(now, circuit.length())
