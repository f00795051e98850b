"""What is handed to Slack: blocks, and the same in words for notifications and screen readers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """A message: `text` says all of it, `blocks` are Block Kit dicts that Slack takes everywhere.

    `native` says the same with Slack's own tables and charts. It goes out only by calls that report a refusal; everything
    else sends the message itself.
    """

    text: str
    blocks: list[dict[str, Any]]
    native: "Message | None" = None
