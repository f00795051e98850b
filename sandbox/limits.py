"""Rate limits per method, as on Slack's page /apis/web-api/rate-limits."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
"""API calls a minute. Tier 5 holds the methods with a special limit, for which Slack gives no figure."""

METHOD_TIERS = {
    "auth.test": 5,
    "chat.getPermalink": 5,
    "chat.update": 3,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "conversations.list": 2,
    "conversations.info": 3,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.join": 3,
    "conversations.history": 3,
    "conversations.replies": 3,
    "users.info": 4,
    "views.open": 4,
    "views.push": 4,
    "views.update": 4,
    "views.publish": 4,
    "files.getUploadURLExternal": 4,
    "files.completeUploadExternal": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
}


@dataclass(slots=True)
class _Bucket:
    """A token bucket that fills at `rate` a second up to `size`. A refusal closes it until its Retry-After has passed."""

    rate: float
    size: float
    level: float
    filled_at: float
    closed_until: float = 0.0

    def take(self, now: float) -> float:
        """Take a token and return 0.0, or return the seconds to wait when there is none."""
        self.level = min(self.size, self.level + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        if now < self.closed_until:
            return self.closed_until - now
        if self.level >= 1:
            self.level -= 1
            return 0.0
        wait = math.ceil((1 - self.level) / self.rate)
        self.closed_until = now + wait
        return float(wait)


@dataclass(slots=True)
class Limits:
    """How often each method may be called. Change the figures before the first call, or call `reset()` afterwards.

    `tiers` is API calls a minute by tier; as in Slack, a burst of a minute's allowance is accepted.
    `posts_per_channel` is chat.postMessage calls a second in one channel, with a burst of `post_burst`;
    `posts_per_workspace` is calls of that method a minute in all channels.
    """

    now: Callable[[], float]
    enabled: bool = True
    tiers: dict[int, int] = field(default_factory=lambda: dict(TIERS))
    posts_per_channel: float = 1.0
    post_burst: int = 4
    posts_per_workspace: int = 300
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget all API calls so far."""
        self._buckets.clear()

    def take(self, method: str, channel: str) -> int | None:
        """Count a call. Return the seconds of `Retry-After` if it exceeds the limit, else None."""
        if not self.enabled:
            return None
        if method == "chat.postMessage":
            wait = max(
                self._take("posts", channel, self.posts_per_channel, self.post_burst),
                self._take("posts", "", self.posts_per_workspace / 60, self.posts_per_workspace),
            )
        else:
            calls = self.tiers[METHOD_TIERS.get(method, 3)]
            wait = self._take(method, "", calls / 60, calls)
        return math.ceil(wait) or None

    def _take(self, method: str, channel: str, rate: float, size: float) -> float:
        now = self.now()
        bucket = self._buckets.setdefault((method, channel), _Bucket(rate, size, size, now))
        return bucket.take(now)
