"""Trigger ids and response URLs, which an app may use for a limited time."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from sandbox.model import Message

TRIGGER_SECONDS = 3.0
RESPONSE_SECONDS = 30 * 60.0
RESPONSE_USES = 5


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer a command, an action or a submission. `source` is the message with the pressed element."""

    id: str
    kind: Literal["command", "action"]
    channel: str
    user: str
    expires: float
    source: Message | None = None
    uses_left: int = RESPONSE_USES
    received: list[Message] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trigger:
    """A user's action, which lets the app open a view for them. `view` is the id of the view in which they acted."""

    user: str
    expires: float
    view: str | None = None


class Triggers:
    """Issues trigger ids and response URLs and checks their use. `base_url` is the sandbox's own."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self.base_url = ""
        self._triggers: dict[str, Trigger] = {}
        self._spent: set[str] = set()
        self.urls: dict[str, ResponseUrl] = {}

    def issue(self, user: str, *, view: str | None = None) -> str:
        """Return a new trigger id in Slack's format."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = Trigger(user, self._now() + TRIGGER_SECONDS, view)
        return trigger

    def exchange(self, trigger_id: str) -> Trigger | str:
        """Return the trigger and mark it as used, or return Slack's error if it can't be used."""
        if trigger_id in self._spent:
            return "exchanged_trigger_id"
        trigger = self._triggers.pop(trigger_id, None)
        if trigger is None:
            return "invalid_trigger_id"
        self._spent.add(trigger_id)
        return "expired_trigger_id" if self._now() > trigger.expires else trigger

    def response_url(
        self, kind: Literal["command", "action"], *, channel: str, user: str, source: Message | None = None
    ) -> ResponseUrl:
        url = ResponseUrl(
            id=secrets.token_hex(16),
            kind=kind,
            channel=channel,
            user=user,
            expires=self._now() + RESPONSE_SECONDS,
            source=source,
        )
        self.urls[url.id] = url
        return url

    def url_of(self, url: ResponseUrl) -> str:
        """Return the full URL."""
        return f"{self.base_url}/response/{url.id}"

    def use(self, url_id: str) -> ResponseUrl | str:
        """Return the response URL and count its use, or return Slack's error if it has expired or is used up."""
        url = self.urls.get(url_id)
        if url is None or self._now() > url.expires:
            return "expired_url"
        if url.uses_left == 0:
            return "used_url"
        url.uses_left -= 1
        return url
