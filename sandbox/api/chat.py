"""chat.*: post, update, delete and unfurl messages."""

from typing import Any

from sandbox.api.call import ApiCall, ApiError, message_json
from sandbox.api.entities import check_types
from sandbox.mentions import links_in
from sandbox.model import Channel, Json, Message
from sandbox.panes import preview
from sandbox.validator import MAX_ON_POST, MAX_ON_UPDATE, units, validate_message
from sandbox.validator.entities import validate_entities
from sandbox.workspace import Draft

_CONTENT = ("channel", "text", "blocks", "attachments", "markdown_text", "metadata")
_FORMATTING = ("unfurl_links", "unfurl_media", "mrkdwn", "parse", "link_names", "as_user")
_THREAD = ("thread_ts", "reply_broadcast")


def post_message(call: ApiCall) -> Json:
    call.only(*_CONTENT, *_FORMATTING, *_THREAD, "client_msg_id")
    channel = _target(call)
    _may_post(call, channel)
    content = _content(call)
    key = call.text("client_msg_id", "") or None
    if call.dedupe and key and (first := _posted_as(call, channel, key)):
        return _posted(call, first)
    message = call.workspace.post(
        Draft(
            channel=channel.id,
            user=call.app.bot_user_id,
            is_bot=True,
            thread_ts=_thread(call, channel),
            broadcast=call.flag("reply_broadcast"),
            metadata=content["metadata"] or None,
            client_msg_id=key,
            text=_truncate(content["text"]),
            blocks=content["blocks"],
            attachments=content["attachments"],
        )
    )
    return _posted(call, message)


def post_ephemeral(call: ApiCall) -> Json:
    call.only(*_CONTENT, *_FORMATTING, "thread_ts", "user")
    channel = call.channel()
    user = call.workspace.users.get(call.text("user"))
    if user is None or user.deleted:
        raise ApiError("user_not_in_channel")
    _may_post(call, channel)
    if not channel.has(user.id):
        raise ApiError("user_not_in_channel")
    content = _content(call)
    message = call.workspace.post(
        Draft(
            channel=channel.id,
            user=call.app.bot_user_id,
            is_bot=True,
            ephemeral_to=user.id,
            thread_ts=_thread(call, channel),
            text=_truncate(content["text"]),
            blocks=content["blocks"],
            attachments=content["attachments"],
        )
    )
    return {"message_ts": message.ts}


def update(call: ApiCall) -> Json:
    call.only(*_CONTENT, "ts", "parse", "link_names", "as_user", "reply_broadcast")
    channel = call.channel()
    message = _own_message(call, channel, "cant_update_message")
    if channel.is_archived:
        raise ApiError("is_inactive")
    keeps_content = not {"text", "blocks", "attachments", "markdown_text"} & call.args.keys()
    content = {"text": message.text, "metadata": call.structure("metadata", "invalid_metadata_format")}
    if not keeps_content:
        content = _content(call)
        if units(content["text"]) > MAX_ON_UPDATE:
            raise ApiError("msg_too_long")
    if content["metadata"] is not None:
        message.metadata = content["metadata"] or None
    call.workspace.change(
        message,
        text=content["text"],
        blocks=message.blocks if keeps_content else content["blocks"],
        attachments=content["attachments"] if "attachments" in call.args else None,
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_json(message, call.app, with_metadata=True),
    }


def delete(call: ApiCall) -> Json:
    call.only("channel", "ts", "as_user")
    channel = call.channel()
    message = _own_message(call, channel, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: ApiCall) -> Json:
    channel = call.channel()
    ts = call.text("message_ts")
    if call.workspace.find(channel.id, ts) is None:
        raise ApiError("message_not_found")
    return {"channel": channel.id, "permalink": f"{call.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"}


def unfurl(call: ApiCall) -> Json:
    """Add the app's previews of links to a message, for everyone who sees the message: blocks, or Work Objects."""
    call.only("channel", "ts", "unfurls", "metadata")
    channel = call.channel()
    message = call.workspace.find(channel.id, call.text("ts"))
    if message is None:
        raise ApiError("cannot_find_message")
    unfurled = _entities(call) if "metadata" in call.args else _attachments(call)
    shared = [link["url"] for link in links_in(message.text, call.app.unfurl_domains)]
    urls = [one["from_url"] for one in unfurled]
    for url in urls:
        if url not in shared:
            raise ApiError("cannot_unfurl_url", (f"[ERROR] {url} is not in the message, or not of the app's domains",))
    others = [one for one in message.attachments if one.get("from_url") not in urls]
    call.workspace.attach(message, others + unfurled)
    return {}


def _entities(call: ApiCall) -> list[Json]:
    metadata = call.structure("metadata", "invalid_metadata")
    if not call.app.entity_types:
        raise ApiError("feature_not_enabled")
    if refusal := validate_entities(metadata):
        raise ApiError(refusal.error, refusal.messages)
    check_types(call, metadata["entities"])
    return [preview(entity) for entity in metadata["entities"]]


def _attachments(call: ApiCall) -> list[Json]:
    unfurls = call.structure("unfurls", "cannot_parse_attachment")
    if not isinstance(unfurls, dict) or not unfurls:
        raise ApiError("missing_unfurls")
    unfurled: list[Json] = []
    for url, content in unfurls.items():
        if not isinstance(content, dict):
            raise ApiError("cannot_parse_attachment")
        if refusal := validate_message({"text": url, "attachments": [content]}, call.app.scopes):
            raise ApiError("cannot_parse_attachment", refusal.messages)
        unfurled.append({**content, "from_url": url, "is_app_unfurl": True})
    return unfurled


def _target(call: ApiCall) -> Channel:
    """Return the conversation to post to; for a user's id it is the bot's direct messages with them."""
    to = call.text("channel")
    if to[:1] not in ("U", "W"):
        return call.channel()
    user = call.workspace.users.get(to)
    if user is None:
        raise ApiError("user_not_found")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")
    if user.deleted:
        raise ApiError("user_disabled")
    return call.workspace.dm(call.app.bot_user_id, user.id)


def _may_post(call: ApiCall, channel: Channel) -> None:
    if channel.is_archived:
        raise ApiError("is_archived")
    if channel.kind == "dm" and any(call.workspace.users[member].deleted for member in channel.members):
        raise ApiError("user_disabled")
    if channel.kind == "dm" and not call.app.messages_tab:
        raise ApiError("messages_tab_disabled")
    if not channel.has(call.app.bot_user_id) and "chat:write.public" not in call.app.scopes:
        raise ApiError("not_in_channel")


def _content(call: ApiCall) -> dict[str, Any]:
    """Return text, blocks, attachments and metadata of the call. Raises Slack's error when it would refuse them."""
    if call.flag("link_names") or call.text("parse", "none") not in ("none", "client"):
        raise ApiError("invalid_arguments", ("[ERROR] link_names and parse=full let typed names notify people",))
    payload = {
        "text": call.args.get("text"),
        "markdown_text": call.args.get("markdown_text"),
        "blocks": call.structure("blocks", "invalid_blocks_format"),
        "attachments": call.structure("attachments", "invalid_attachments"),
        "metadata": call.structure("metadata", "invalid_metadata_format"),
    }
    if refusal := validate_message(payload, call.app.scopes):
        raise ApiError(refusal.error, refusal.messages)
    return {
        "text": payload["text"] or payload["markdown_text"],
        "blocks": payload["blocks"] or [],
        "attachments": payload["attachments"] or [],
        "metadata": payload["metadata"],
    }


def _truncate(text: str) -> str:
    """Truncate a text to 40,000 characters, as Slack does."""
    return (
        text
        if units(text) <= MAX_ON_POST
        else text.encode("utf-16-le")[: MAX_ON_POST * 2].decode("utf-16-le", "ignore")
    )


def _thread(call: ApiCall, channel: Channel) -> str | None:
    """Return the ts of the thread's parent. Raises `cannot_reply_to_message` for a reply or a deleted message."""
    ts = call.text("thread_ts", "")
    if not ts:
        return None
    parent = call.workspace.find(channel.id, ts)
    if parent is None or parent.is_reply:
        raise ApiError("cannot_reply_to_message")
    return ts


def _own_message(call: ApiCall, channel: Channel, error: str) -> Message:
    message = call.workspace.find(channel.id, call.text("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message.user != call.app.bot_user_id:
        raise ApiError(error)
    return message


def _posted_as(call: ApiCall, channel: Channel, key: str) -> Message | None:
    stored = call.workspace.messages(channel.id)
    return next((message for message in stored if message.client_msg_id == key), None)


def _posted(call: ApiCall, message: Message) -> Json:
    return {
        "channel": message.channel,
        "ts": message.ts,
        "message": message_json(message, call.app, with_metadata=True),
    }


METHODS = {
    "chat.postMessage": (post_message, ("chat:write",)),
    "chat.postEphemeral": (post_ephemeral, ("chat:write",)),
    "chat.update": (update, ("chat:write",)),
    "chat.delete": (delete, ("chat:write",)),
    "chat.unfurl": (unfurl, ("links:write",)),
    "chat.getPermalink": (get_permalink, ()),
}
