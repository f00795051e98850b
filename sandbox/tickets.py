"""What an app may use for a short while: trigger ids and response URLs."""

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
    """Where an app may answer a command, a press or a form. `source` is the message that was pressed."""

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
    """What somebody just did, which lets the app show them a view. `view` is the id of the view that they did it in."""

    user: str
    expires: float
    view: str | None = None


class Tickets:
    """Issues triggers and response URLs, and says when one is no longer good. `base_url` is the sandbox's own."""

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now = now
        self.base_url = ""
        self._triggers: dict[str, Trigger] = {}
        self._spent: set[str] = set()
        self.urls: dict[str, ResponseUrl] = {}

    def trigger(self, user: str, *, view: str | None = None) -> str:
        """A new trigger id in Slack's form."""
        trigger = f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self._triggers[trigger] = Trigger(user, self._now() + TRIGGER_SECONDS, view)
        return trigger

    def exchange(self, trigger_id: str) -> Trigger | str:
        """Use a trigger up; the error that Slack answers when it can't be used."""
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
        ticket = ResponseUrl(
            id=secrets.token_hex(16),
            kind=kind,
            channel=channel,
            user=user,
            expires=self._now() + RESPONSE_SECONDS,
            source=source,
        )
        self.urls[ticket.id] = ticket
        return ticket

    def url_of(self, ticket: ResponseUrl) -> str:
        """Its address."""
        return f"{self.base_url}/response/{ticket.id}"

    def use(self, ticket_id: str) -> ResponseUrl | str:
        """Count one use of a response URL; the error that Slack answers when it is not good any more."""
        ticket = self.urls.get(ticket_id)
        if ticket is None or self._now() > ticket.expires:
            return "expired_url"
        if ticket.uses_left == 0:
            return "used_url"
        ticket.uses_left -= 1
        return ticket
