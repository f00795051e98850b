"""conversations.*: channels, their members and their history, as far as the bot may see them."""

from sandbox.api.call import ApiCall, ApiError, message_json, thread_json
from sandbox.model import Channel, Json, Message

_TYPES = {"public_channel": "public", "private_channel": "private", "im": "dm"}


def info(call: ApiCall) -> Json:
    channel = call.channel()
    call.require_for(channel, "read")
    return {"channel": _channel_json(call, channel, with_count=call.flag("include_num_members"))}


def list_(call: ApiCall) -> Json:
    kinds: list[str] = []
    for name in call.text("types", "public_channel").split(","):
        if name == "mpim":
            continue
        if name not in _TYPES:
            raise ApiError("invalid_types")
        kinds.append(_TYPES[name])
    bot, without_archived = call.app.bot_user_id, call.flag("exclude_archived")
    found: list[Channel] = []
    for channel in call.workspace.channels.values():
        if channel.kind in kinds and call.workspace.sees(bot, channel):
            call.require_for(channel, "read")
            found += [] if channel.is_archived and without_archived else [channel]
    page, cursor = call.page(found, default=100, most=999)
    channels = [_channel_json(call, channel, with_count=True) for channel in page]
    return {"channels": channels, "response_metadata": {"next_cursor": cursor}}


def members(call: ApiCall) -> Json:
    channel = call.channel()
    call.require_for(channel, "read")
    page, cursor = call.page(channel.members, default=100, most=999)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def open_(call: ApiCall) -> Json:
    if call.args.get("channel"):
        return {"channel": {"id": call.channel().id}}
    wanted = call.text("users").split(",")
    if len(wanted) != 1:
        raise ApiError("method_not_supported_for_channel_type")
    user = call.workspace.users.get(wanted[0])
    if user is None:
        raise ApiError("user_not_found")
    if user.deleted:
        raise ApiError("user_disabled")
    if user.is_bot:
        raise ApiError("cannot_dm_bot")
    channel = call.workspace.dm(call.app.bot_user_id, user.id)
    full = call.flag("return_im")
    return {"channel": _channel_json(call, channel, with_count=False) if full else {"id": channel.id}}


def join(call: ApiCall) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    call.workspace.join(channel.id, call.app.bot_user_id)
    return {"channel": _channel_json(call, channel, with_count=False)}


def history(call: ApiCall) -> Json:
    channel = _readable(call)
    stored = [m for m in call.workspace.messages(channel.id) if not m.is_reply or m.broadcast]
    return _page_of(call, [message for message in reversed(stored) if _in_range(call, message)], default=100, most=999)


def replies(call: ApiCall) -> Json:
    channel = _readable(call)
    parent = call.workspace.find(channel.id, call.text("ts"))
    if parent is None:
        raise ApiError("thread_not_found")
    top = parent.thread_ts or parent.ts
    thread = [m for m in call.workspace.messages(channel.id) if top in (m.ts, m.thread_ts)]
    return _page_of(call, [m for m in thread if m.ts == top or _in_range(call, m)], default=1000, most=1000)


def _readable(call: ApiCall) -> Channel:
    channel = call.channel()
    call.require_for(channel, "history")
    if not channel.has(call.app.bot_user_id):
        raise ApiError("not_in_channel")
    return channel


def _in_range(call: ApiCall, message: Message) -> bool:
    oldest, latest = _ts(call, "oldest"), _ts(call, "latest")
    ts = float(message.ts)
    if call.flag("inclusive"):
        return (oldest is None or ts >= oldest) and (latest is None or ts <= latest)
    return (oldest is None or ts > oldest) and (latest is None or ts < latest)


def _ts(call: ApiCall, name: str) -> float | None:
    value = str(call.args.get(name) or "")
    try:
        return float(value) if value else None
    except ValueError:
        raise ApiError(f"invalid_ts_{name}") from None


def _page_of(call: ApiCall, found: list[Message], *, default: int, most: int) -> Json:
    page, cursor = call.page(found, default=default, most=most)
    with_metadata = call.flag("include_all_metadata")
    answer: Json = {
        "messages": [
            message_json(message, call.app, with_metadata=with_metadata) | thread_json(call.workspace, message)
            for message in page
        ],
        "has_more": bool(cursor),
    }
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def _channel_json(call: ApiCall, channel: Channel, *, with_count: bool) -> Json:
    bot = call.app.bot_user_id
    answer: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "dm",
        "is_mpim": False,
        "is_private": channel.kind != "public",
        "is_archived": channel.is_archived,
        "is_ext_shared": channel.is_ext_shared,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "created": channel.created,
        "context_team_id": call.workspace.team_id,
    }
    if channel.kind == "dm":
        return {**answer, "user": next(member for member in channel.members if member != bot)}
    answer |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_member": channel.has(bot),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
    return {**answer, "num_members": len(channel.members)} if with_count else answer


METHODS = {
    "conversations.info": (info, ("channels:read", "groups:read", "im:read")),
    "conversations.list": (list_, ("channels:read", "groups:read", "im:read")),
    "conversations.members": (members, ("channels:read", "groups:read", "im:read")),
    "conversations.open": (open_, ("im:write",)),
    "conversations.join": (join, ("channels:join",)),
    "conversations.history": (history, ("channels:history", "groups:history", "im:history")),
    "conversations.replies": (replies, ("channels:history", "groups:history", "im:history")),
}
