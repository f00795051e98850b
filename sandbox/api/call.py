"""A call of the Web API: its arguments and its caller."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.manifest import Installation
from sandbox.model import Channel, Json, Message
from sandbox.panes import Panes
from sandbox.triggers import Triggers
from sandbox.views import Views
from sandbox.workspace import Workspace


class ApiError(Exception):
    """An error answer of Slack: `error`, and further fields of the answer."""

    def __init__(self, error: str, messages: tuple[str, ...] = (), **fields: Any) -> None:
        super().__init__(error)
        self.error = error
        self.answer: Json = {"ok": False, "error": error, **fields}
        if messages:
            self.answer["response_metadata"] = {"messages": list(messages)}


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call of an API method by the app. `dedupe` says whether client_msg_id is honoured."""

    args: Json
    app: Installation
    workspace: Workspace
    views: Views
    panes: Panes
    triggers: Triggers
    base_url: str
    dedupe: bool

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text argument. Raises `invalid_arguments` when it is missing and there is no default."""
        value = self.args.get(name, default)
        if value is None or value == "":
            value = default
        if not isinstance(value, str):
            raise ApiError("invalid_arguments", (f"[ERROR] missing required field: {name}",))
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        return str(self.args.get(name, default)).lower() in ("1", "true", "t")

    def number(self, name: str, default: int, *, most: int) -> int:
        try:
            value = int(self.args.get(name) or default)
        except (TypeError, ValueError):
            raise ApiError("invalid_arguments", (f"[ERROR] must be an integer [json-pointer:/{name}]",)) from None
        if not 1 <= value <= most:
            raise ApiError("invalid_limit")
        return value

    def structure(self, name: str, error: str) -> Any:
        """Return a JSON argument, decoded if it was a form field. Raises `error` when it can't be parsed."""
        value = self.args.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise ApiError(error) from None

    def only(self, *names: str) -> None:
        """Raise `invalid_arg_name` for arguments that the method doesn't have."""
        for name in self.args.keys() - set(names) - {"token"}:
            raise ApiError("invalid_arg_name", (f"[ERROR] unknown argument: {name}",))

    def channel(self, name: str = "channel") -> Channel:
        """Return the conversation named by an argument. Raises `channel_not_found` if the bot can't see it."""
        channel = self.workspace.channels.get(self.text(name))
        if channel is None or not self.workspace.sees(self.app.bot_user_id, channel):
            raise ApiError("channel_not_found")
        return channel

    def require(self, *scopes: str) -> None:
        """Raise `missing_scope` unless the app has one of the scopes."""
        if not self.app.scopes.intersection(scopes):
            raise ApiError("missing_scope", needed=scopes[0], provided=",".join(sorted(self.app.scopes)))

    def require_for(self, channel: Channel, right: str) -> None:
        """Raise `missing_scope` unless the app has the right (`read`, `history`) for this kind of conversation."""
        kinds = {"public": "channels", "private": "groups", "dm": "im"}
        self.require(f"{kinds[channel.kind]}:{right}")

    def page(self, items: list[Any], *, default: int, most: int) -> tuple[list[Any], str]:
        """Return a page of the items and the cursor of the next page, empty at the end."""
        cursor, limit = self.text("cursor", ""), self.number("limit", default, most=most)
        if cursor and not (cursor.startswith("next_") and cursor[5:].isdigit()):
            raise ApiError("invalid_cursor")
        start = int(cursor[5:]) if cursor else 0
        end = start + limit
        return items[start:end], f"next_{end}" if end < len(items) else ""


Method = Callable[[ApiCall], Json]


def message_json(message: Message, app: Installation, *, with_metadata: bool = False) -> Json:
    """Return a message as Slack writes it in answers and payloads."""
    answer: Json = {
        "type": "message",
        "user": message.user,
        "ts": message.ts,
        "text": message.text,
        "team": app.team_id,
    }
    if message.is_bot:
        answer |= {"bot_id": app.bot_id, "app_id": app.app_id}
    if message.is_ephemeral:
        answer |= {"subtype": "bot_message", "is_ephemeral": True}
    if message.blocks:
        answer["blocks"] = message.blocks
    if message.files:
        answer |= {"subtype": "file_share", "files": message.files, "upload": False}
    if message.attachments:
        answer["attachments"] = message.attachments
    if message.thread_ts:
        answer["thread_ts"] = message.thread_ts
    if message.broadcast:
        answer["subtype"] = "thread_broadcast"
    if message.client_msg_id:
        answer["client_msg_id"] = message.client_msg_id
    if message.edited:
        answer["edited"] = {"user": message.user, "ts": message.ts}
    if with_metadata and message.metadata:
        answer["metadata"] = message.metadata
    return answer


def thread_json(workspace: Workspace, message: Message) -> Json:
    """Return the thread fields of a message with replies; nothing for others."""
    replies = [] if message.is_reply else workspace.replies(message.channel, message.ts)
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": list(dict.fromkeys(reply.user for reply in replies)),
        "latest_reply": replies[-1].ts,
    }
