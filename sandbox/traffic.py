"""A log of what went over the wire, both ways, and of what Slack would have refused."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from sandbox.model import Json

RequestKind = Literal["command", "action", "submission", "closing", "options", "shortcut", "event"]
"""What the workspace sends to the app: `action` is a press, `closing` a closed view, `options` a menu that asks."""

ExchangeKind = RequestKind | Literal["api", "response_url"]
REQUEST_KINDS = frozenset(get_args(RequestKind))


@dataclass(slots=True)
class Exchange:
    """One request and its answer. For the kinds of `RequestKind` the sandbox asked; `name` is the command, `action_id`,
    `callback_id` or type of event.

    For `api` the app asked; `name` is the method. `body` is what was sent (the form of a command, the payload of an
    action, the arguments of a call), `raw` the bytes for sending it again. `status` is None while, or when, no answer
    came. `seconds` is how long the answer took. `headers` are those of the app's answer that Slack looks at.
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
    """A payload that Slack refuses. `where` is the method, or `answer` (to a command), or `response_url`."""

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

    def calls(self, method: str | None = None) -> list[Exchange]:
        """Calls of the Web API, of one method or all."""
        return [one for one in self if one.kind == "api" and method in (None, one.name)]

    def requests(self, kind: RequestKind | None = None) -> list[Exchange]:
        """What was sent to the app."""
        return [one for one in self if one.kind in REQUEST_KINDS and kind in (None, one.kind)]
