"""What a message consists of: words, mentions, buttons, and the finished message."""

import json
from dataclasses import field
from typing import Any, Literal
from uuid import UUID

from desk.core.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Bold:
    """Emphasised words."""

    words: str


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type, or a number."""

    words: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, by Slack id. In a channel message this notifies them."""

    slack_user_id: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, by Slack id."""

    channel_id: str


Inline = str | Bold | Code | Mention | Channel
"""One piece of a line of text: plain words, or words with a style or a meaning of their own."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """A question to confirm before a press takes effect."""

    title: str
    text: str
    yes: str
    no: str


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `act` names the handler; `value` holds ids, codes and versions, never personal data. `url` opens in a
    browser."""

    label: str
    act: str
    value: dict[str, Any] = field(default_factory=dict[str, Any])
    style: Literal["primary", "danger"] | None = None
    confirm: Confirm | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `text` holds all of its words, `blocks` are Block Kit dicts that Slack accepts everywhere.

    `with_tables` is the same message with Slack's own tables and charts. Send it only by calls that report a refusal;
    everything else sends the message itself. `parts` is what a message about several loans says of each, by the loan's id: its
    own lines, and those about none. `names` are the loans that a digest names, of which no words are kept.
    """

    text: str
    blocks: list[dict[str, Any]]
    with_tables: "Message | None" = None
    parts: tuple[tuple[UUID, str], ...] = ()
    names: tuple[UUID, ...] = ()
    _json: list[str] = field(default_factory=list[str], init=False, repr=False, compare=False)

    def json(self) -> str:
        """Return `text` and `blocks` as a JSON object. It is written once: an answer is kept for a repeat, and sent."""
        if not self._json:
            self._json.append(json.dumps({"text": self.text, "blocks": self.blocks}, separators=(",", ":")))
        return self._json[0]
