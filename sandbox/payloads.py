"""The payloads that Slack sends: /interactivity/implementing-slash-commands, handling-user-interaction."""

import json

from sandbox.api import message_json
from sandbox.manifest import Installation
from sandbox.model import Channel, Json, Message, User
from sandbox.views import View, view_json
from sandbox.workspace import Workspace

_NAMES = {"private": "privategroup", "dm": "directmessage"}


def command_form(
    workspace: Workspace,
    app: Installation,
    user: User,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger_id: str,
    response_url: str,
) -> dict[str, str]:
    """Return the form of a slash command."""
    return {
        "token": app.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": _NAMES.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.app_id,
        "is_enterprise_install": str(app.for_organisation).lower(),
        **({"enterprise_id": app.enterprise_id, "enterprise_name": workspace.name} if app.enterprise_id else {}),
        "response_url": response_url,
        "trigger_id": trigger_id,
    }


def block_actions_form(
    workspace: Workspace,
    app: Installation,
    user: User,
    message: Message,
    *,
    action: Json,
    state: Json,
    trigger_id: str,
    response_url: str,
) -> dict[str, str]:
    """Return the form of `block_actions` in a message. As in Slack, it does not contain an ephemeral message.

    Nor does it contain a message with an unfurled link: it contains the `app_unfurl` instead.
    """
    payload: Json = {
        **_interaction("block_actions", workspace, app, user),
        "container": _message_container(message),
        "trigger_id": trigger_id,
        "channel": channel_json(workspace.channels[message.channel]),
        "state": {"values": state},
        "response_url": response_url,
        "actions": [action],
    }
    unfurled = _unfurled(message, action["block_id"])
    if unfurled is not None:
        number, attachment = unfurled
        payload["container"] |= {
            "type": "message_attachment",
            "attachment_id": number,
            "is_app_unfurl": True,
            "app_unfurl_url": attachment["from_url"],
        }
        payload["app_unfurl"] = {"id": number, **attachment}
    elif not message.is_ephemeral:
        payload["message"] = message_json(message, app, with_metadata=True)
    return _form(payload)


def _unfurled(message: Message, block_id: str) -> tuple[int, Json] | None:
    """Return the unfurled link that contains the block, with its number; None for the message's own blocks."""
    for number, attachment in enumerate(message.attachments, start=1):
        if "from_url" in attachment and any(block["block_id"] == block_id for block in attachment["blocks"]):
            return number, attachment
    return None


def view_actions_form(
    workspace: Workspace, app: Installation, user: User, view: View, *, action: Json, trigger_id: str
) -> dict[str, str]:
    """Return the form of `block_actions` in a view, without a channel or a response URL."""
    return _form(
        {
            **_interaction("block_actions", workspace, app, user),
            "container": {"type": "view", "view_id": view.id},
            "trigger_id": trigger_id,
            "view": view_json(view, app),
            "actions": [action],
        }
    )


def pane_actions_form(
    workspace: Workspace,
    app: Installation,
    user: User,
    link: Json,
    message: Message,
    *,
    action: Json,
    trigger_id: str,
) -> dict[str, str]:
    """Return the form of `block_actions` in the side pane of a Work Object, without a response URL."""
    container = {
        "type": "entity_detail",
        "entity_url": link["url"],
        "external_ref": link["external_ref"],
        "app_unfurl_url": link["app_unfurl_url"],
        "message_ts": message.ts,
        "channel_id": message.channel,
    }
    payload = _interaction("block_actions", workspace, app, user) | {"container": container}
    return _form(payload | {"trigger_id": trigger_id, "actions": [action]})


def submission_form(
    workspace: Workspace, app: Installation, user: User, view: View, *, trigger_id: str, response_urls: list[Json]
) -> dict[str, str]:
    """Return the form of `view_submission`, with all values entered."""
    return _form(
        {
            **_interaction("view_submission", workspace, app, user),
            "trigger_id": trigger_id,
            "view": view_json(view, app),
            "response_urls": response_urls,
        }
    )


def closing_form(
    workspace: Workspace, app: Installation, user: User, view: View, *, is_cleared: bool
) -> dict[str, str]:
    """Return the form of `view_closed`. As in Slack, it contains no values."""
    return _form(
        {
            **_interaction("view_closed", workspace, app, user),
            "view": view_json(view, app) | {"state": {"values": {}}},
            "is_cleared": is_cleared,
        }
    )


def shortcut_form(
    workspace: Workspace, app: Installation, user: User, *, callback_id: str, trigger_id: str
) -> dict[str, str]:
    """Return the form of a global shortcut, without a channel or a response URL."""
    return _form(
        {
            **_interaction("shortcut", workspace, app, user),
            "action_ts": f"{workspace.now():.6f}",
            "callback_id": callback_id,
            "trigger_id": trigger_id,
        }
    )


def message_action_form(
    workspace: Workspace,
    app: Installation,
    user: User,
    message: Message,
    *,
    callback_id: str,
    trigger_id: str,
    response_url: str,
) -> dict[str, str]:
    """Return the form of a message shortcut."""
    return _form(
        {
            **_interaction("message_action", workspace, app, user),
            "action_ts": f"{workspace.now():.6f}",
            "callback_id": callback_id,
            "trigger_id": trigger_id,
            "response_url": response_url,
            "channel": channel_json(workspace.channels[message.channel]),
            "message_ts": message.ts,
            "message": message_json(message, app),
        }
    )


def suggestion_form(
    workspace: Workspace, app: Installation, user: User, where: View | Message, *, source: Json, typed: str
) -> dict[str, str]:
    """Return the form of `block_suggestion`. `source` is the menu's action_id and block_id."""
    payload = {**_interaction("block_suggestion", workspace, app, user), **source, "value": typed}
    if isinstance(where, View):
        return _form({**payload, "container": {"type": "view", "view_id": where.id}, "view": view_json(where, app)})
    payload |= {"container": _message_container(where), "channel": channel_json(workspace.channels[where.channel])}
    if not where.is_ephemeral:
        payload["message"] = message_json(where, app)
    return _form(payload)


def channel_json(channel: Channel) -> Json:
    return {"id": channel.id, "name": _NAMES.get(channel.kind, channel.name)}


def _interaction(kind: str, workspace: Workspace, app: Installation, user: User) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": workspace.team_id},
        "api_app_id": app.app_id,
        "token": app.verification_token,
        "team": None if app.for_organisation else {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": {"id": app.enterprise_id, "name": workspace.name} if app.enterprise_id else None,
        "is_enterprise_install": app.for_organisation,
    }


def _message_container(message: Message) -> Json:
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.is_ephemeral,
    }
    return {**container, "thread_ts": message.thread_ts} if message.thread_ts else container


def _form(payload: Json) -> dict[str, str]:
    return {"payload": json.dumps(payload, ensure_ascii=False)}
