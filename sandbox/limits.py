"""Rate limits per method, as on Slack's page /apis/web-api/rate-limits."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
"""Calls a minute. Tier 5 stands for the methods that Slack calls special, without a figure of their own."""

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
    "users.list": 2,
    "users.lookupByEmail": 3,
}


@dataclass(slots=True)
class _Bucket:
    """Fills at `rate` a second up to `size`; a refusal closes it until the time that was named has passed."""

    rate: float
    size: float
    level: float
    filled_at: float
    closed_until: float = 0.0

    def take(self, now: float) -> float:
        """Take one; 0.0 when there was one, else the seconds to wait."""
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
    """How often each method may be called. Change the figures before the first call, or `reset()` after.

    `tiers` is calls a minute by tier; a burst as large as a minute's allowance passes, as it does with Slack.
    `posts_per_channel` is chat.postMessage a second and channel, with a burst of `post_burst`;
    `posts_per_workspace` the same method a minute over all channels.
    """

    now: Callable[[], float]
    enabled: bool = True
    tiers: dict[int, int] = field(default_factory=lambda: dict(TIERS))
    posts_per_channel: float = 1.0
    post_burst: int = 4
    posts_per_workspace: int = 300
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def reset(self) -> None:
        """Forget what was called so far."""
        self._buckets.clear()

    def take(self, method: str, channel: str) -> int | None:
        """Count a call; the seconds of `Retry-After` when it is one too many, else None."""
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
