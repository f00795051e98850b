"""The data of a workspace: users, channels, messages."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "dm"]

TEAM_ID = "T0SANDBOX"


@dataclass(slots=True)
class User:
    """A member of the workspace, or the app's bot user. `name` is the handle; most people choose no `display_name`."""

    id: str
    name: str
    real_name: str
    display_name: str = ""
    title: str = ""
    email: str = ""
    locale: str = "en-US"
    tz: str = "Asia/Shanghai"
    is_admin: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    avatar: str = ""
    updated: int = 0


@dataclass(slots=True)
class Channel:
    """A conversation. `members` are user ids; the bot is in a channel only if its id is among them."""

    id: str
    name: str
    kind: ChannelKind = "public"
    members: list[str] = field(default_factory=list)
    is_archived: bool = False
    is_ext_shared: bool = False
    topic: str = ""
    created: int = 0

    def has(self, user_id: str) -> bool:
        return user_id in self.members


@dataclass(slots=True)
class Message:
    """The current state of a message.

    `ts` is unique and increasing in its channel. `ephemeral_to` is the only user who sees an ephemeral message.
    `notified` are the users whom the message notifies, `mentions` the mentions as written (`U123`, `!channel`,
    `!subteam^S1`), even if they reach nobody.
    """

    id: str
    channel: str
    ts: str
    user: str
    text: str
    time: float
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    is_bot: bool = False
    ephemeral_to: str | None = None
    edited: bool = False
    metadata: Json | None = None
    client_msg_id: str | None = None
    broadcast: bool = False
    notified: frozenset[str] = frozenset()
    mentions: tuple[str, ...] = ()
    revisions: int = 0

    @property
    def all_blocks(self) -> list[Json]:
        """The blocks of the message, its attachments and its unfurled links."""
        return [*self.blocks, *(block for attachment in self.attachments for block in attachment.get("blocks", ()))]

    @property
    def is_ephemeral(self) -> bool:
        return self.ephemeral_to is not None

    @property
    def is_reply(self) -> bool:
        """Whether it is a thread reply to another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


_ENTITY = re.compile(r"&(amp|lt|gt);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">"}
_TEXT_KEYS = (
    "text",
    "title",
    "subtitle",
    "body",
    "subtext",
    "caption",
    "alt_text",
    "label",
    "description",
    "placeholder",
)


def unescape(text: str) -> str:
    """Decode Slack's three entities, once."""
    return _ENTITY.sub(lambda found: _PLAIN[found[1]], text)


_LINES = ("rich_text_section", "rich_text_quote", "rich_text_preformatted")
"""Element types whose content is shown on one line."""


def text_of(message: Message | Json) -> str:
    """Return all visible text of a message, blocks and buttons included, with entities decoded, a line per paragraph."""
    if isinstance(message, Message):
        texts = [message.text, *_texts(message.blocks), *_texts(message.attachments)]
    else:
        texts = list(_texts(message))
    return unescape("\n".join(text for text in texts if text))


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for item in node for text in _texts(item)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "user":
        return [f"<@{node.get('user_id', '')}>"]
    if node.get("type") == "date":
        return [str(node.get("fallback", ""))]
    if node.get("type") in _LINES:
        return ["".join(_texts(node.get("elements", [])))]
    found: list[str] = []
    for key, value in node.items():
        if key in _TEXT_KEYS and isinstance(value, str):
            found.append(value)
        elif isinstance(value, (dict, list)):
            found += _texts(value)
    return found
