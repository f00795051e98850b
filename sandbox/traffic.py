"""A log of the requests in both directions, and of the payloads that Slack would have refused."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.model import Json

RequestKind = Literal["command", "action", "submission", "closing", "options", "shortcut", "event"]
"""Requests to the app: `action` is block_actions, `closing` is view_closed, `options` is block_suggestion."""

ExchangeKind = RequestKind | Literal["api", "response_url"]
REQUEST_KINDS = frozenset(get_args(RequestKind))


@dataclass(slots=True)
class Exchange:
    """A request and its answer. The sandbox sent those of a `RequestKind`; `name` is the command, `action_id`,
    `callback_id` or event type. The app sent those of kind `api`; `name` is the method.

    `body` is what was sent (the form of a command, the payload of an action, the arguments of an API call), `raw` its bytes,
    for sending it again. `status` is None until an answer comes, and stays None if none does. `seconds` is how long the
    answer took. `headers` are the headers of the app's answer that Slack evaluates.
    """

    kind: ExchangeKind
    name: str
    at: float
    body: Json
    url: str = ""
    raw: bytes = b""
    status: int | None = None
    answer: Any = None
    seconds: float | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Violation:
    """A payload that Slack refuses. `where` is the API method, `answer` (to a command) or `response_url`."""

    where: str
    error: str
    messages: tuple[str, ...] = ()
    payload: Json = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {self.error} {'; '.join(self.messages)}"


class Traffic(deque[Exchange]):
    """The last exchanges, oldest first."""

    def __init__(self, keep: int = 20_000) -> None:
        super().__init__(maxlen=keep)

    def api_calls(self, method: str | None = None) -> list[Exchange]:
        """Return the calls of one Web API method, or of all."""
        return [one for one in self if one.kind == "api" and method in (None, one.name)]

    def requests(self, kind: RequestKind | None = None) -> list[Exchange]:
        """Return the requests to the app, of one kind or all."""
        return [one for one in self if one.kind in REQUEST_KINDS and kind in (None, one.kind)]
