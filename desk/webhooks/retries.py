"""When a delivery that failed is tried again, and what an answer means for it and for its endpoint."""

from datetime import datetime, timedelta
from typing import Literal

from desk.core.dataclass import dataclass
from storage.queries.webhooks.deliveries import LONGEST_PAUSE

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses after the first, second … failure (Standard Webhooks, "Deliverability and reliability"); the last one repeats."""

GIVEN_UP_AFTER = timedelta(days=3)
"""A delivery that fails this long after it was written is set aside until it is replayed."""

DISABLED_AFTER = timedelta(days=5)
"""An endpoint that has failed for so long, and answered nothing well meanwhile, is disabled."""

STEPS_ASIDE_AFTER = 4
"""An event that an endpoint has answered so often with an error of its own lets others pass: it may be the event."""

OLD_SECRET_FOR = timedelta(hours=24)
"""How long the secret before a rotation signs too."""

_REFUSES_EVENT = frozenset((400, 409, 413, 415, 422))
_AWAY = frozenset((429, 502, 503, 504))

Meaning = Literal["delivered", "gone", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request: the status, or the code of what went wrong before one; how long it took, and the time that the
    receiver asked to be left alone."""

    status: int | None
    milliseconds: int
    error: str | None = None
    retry_after: timedelta | None = None

    @property
    def meaning(self) -> Meaning:
        """What the answer means: `gone` ends the endpoint, `refused` is about this event, `failed` about the endpoint."""
        if self.status is None:
            return "failed"
        if 200 <= self.status < 300:
            return "delivered"
        if self.status == 410:
            return "gone"
        return "refused" if self.status in _REFUSES_EVENT else "failed"

    @property
    def code(self) -> str:
        """What the log says: the error, or the status."""
        return self.error or f"http_{self.status}"

    def lets_others_pass(self, attempts: int) -> bool:
        """Return whether a delivery with so many attempts waits for itself alone."""
        answered = self.status is not None and self.status >= 500 and self.status not in _AWAY
        return self.meaning == "refused" or (answered and attempts >= STEPS_ASIDE_AFTER)

    def pause(self, failures: int) -> timedelta:
        """Return the pause after so many failures, at least what the receiver asked for."""
        planned = PAUSES[min(failures, len(PAUSES)) - 1]
        asked = self.retry_after if self.status in (429, 503) and self.retry_after is not None else timedelta(0)
        return min(max(planned, asked), LONGEST_PAUSE)


def is_given_up(created_at: datetime, now: datetime) -> bool:
    """Return whether the time of a delivery that failed is over."""
    return now - created_at >= GIVEN_UP_AFTER


def is_paused(until: datetime | None, now: datetime) -> bool:
    """Return whether an endpoint is left alone until then. An instant further ahead than any pause was set by a clock that was
    wrong."""
    return until is not None and now < until <= now + LONGEST_PAUSE


def failing_since(since: datetime | None, paused_until: datetime | None, now: datetime) -> datetime:
    """Return since when an endpoint that has failed now fails. If nothing was due for it for longer than any pause, what it
    failed at before says nothing of the time between."""
    if since is None or paused_until is None or now - paused_until > LONGEST_PAUSE:
        return now
    return since
