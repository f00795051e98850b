"""How many requests a token may make: a bucket that fills evenly. One process keeps buckets in memory, which is bounded: those
used longest ago go first. Several processes keep them in the database."""

import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic

from desk.core.dataclass import dataclass
from desk.people.allowances import take_request
from storage.engine.work import Work
from storage.tables import ApiToken

_MOST_BUCKETS = 10_000
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left: `seconds` is how long until another request is allowed, or else until the bucket is full."""

    allowed: bool
    remaining: int
    seconds: float
    quota: int
    window: int

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After for a request too many."""
        found = {
            "RateLimit-Policy": f'"token";q={self.quota};w={self.window}',
            "RateLimit": f'"token";r={self.remaining};t={math.ceil(self.seconds)}',
        }
        return found if self.allowed else found | {"Retry-After": str(max(1, math.ceil(self.seconds)))}


class RateLimits:
    """Buckets of `per_second` × `window` requests each, by whatever tells who asks. `now` is a clock in seconds."""

    def __init__(self, per_second: float, *, window: int = 2, now: Callable[[], float] = monotonic) -> None:
        self._per_second, self._window, self._now = per_second, window, now
        self.quota = max(1, int(per_second * window))
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, who: Hashable) -> Allowance:
        """Take a request out of a bucket, if one is left."""
        now = self._now()
        left, at = self._buckets.pop(who, (float(self.quota), now))
        left = min(float(self.quota), left + (now - at) * self._per_second)
        allowed = left >= 1
        left -= allowed
        self._buckets[who] = (left, now)
        if len(self._buckets) > _MOST_BUCKETS:
            self._buckets.popitem(last=False)
        missing = self.quota - left if allowed else 1 - left
        return Allowance(allowed, int(left), missing / self._per_second, self.quota, self._window)


class SharedRateLimits:
    """The same for all processes on one PostgreSQL, by its clock. `now` is another, in seconds since 1970."""

    def __init__(self, per_second: float, *, window: int = 2, now: Callable[[], float] | None = None) -> None:
        self._window, self._now = window, now
        self._step = int(_SECOND / per_second)
        self.quota = max(1, int(per_second * window))

    async def take(self, session: Work, token: ApiToken) -> Allowance:
        """Take a request out of a token's bucket, if one is left: one statement in the transaction."""
        now = None if self._now is None else int(self._now() * _SECOND)
        taken = await take_request(session, token, now=now, step=self._step, quota=self.quota)
        missing = max(0, taken.missing)
        if taken.allowed:
            return Allowance(True, self.quota - -(-missing // self._step), missing / _SECOND, self.quota, self._window)
        wait = missing - (self.quota - 1) * self._step
        return Allowance(False, 0, max(0, wait) / _SECOND, self.quota, self._window)
