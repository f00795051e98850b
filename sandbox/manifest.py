"""Read a Slack manifest and describe the app that it installs."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, overload

from sandbox.model import TEAM_ID, Json
from sandbox.validator.entities import ENTITY_TYPES

_KNOWN = {
    "": ("display_information", "features", "oauth_config", "settings", "functions", "_metadata"),
    "display_information": ("name", "description", "long_description", "background_color"),
    "features": (
        "app_home",
        "bot_user",
        "shortcuts",
        "slash_commands",
        "unfurl_domains",
        "rich_previews",
        "agent_view",
        "assistant_view",
    ),
    "rich_previews": ("is_active", "entity_types"),
    "app_home": ("home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"),
    "bot_user": ("display_name", "always_online"),
    "shortcuts": ("name", "type", "callback_id", "description"),
    "event_subscriptions": ("request_url", "bot_events", "metadata_subscriptions"),
    "slash_commands": ("command", "url", "description", "usage_hint", "should_escape"),
    "oauth_config": ("redirect_urls", "scopes", "pkce_enabled", "token_management_enabled"),
    "scopes": ("bot", "bot_optional", "user", "user_optional"),
    "interactivity": ("is_enabled", "request_url", "message_menu_options_url"),
    "settings": (
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
        "allowed_ip_address_ranges",
        "function_runtime",
        "is_mcp_enabled",
    ),
}
"""The properties of each part of a manifest. Others are refused, since a misspelt one would be ignored."""

BOT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "chat:write.customize",
        "chat:write.public",
        "commands",
        "dnd:read",
        "emoji:read",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:history",
        "im:read",
        "im:write",
        "incoming-webhook",
        "links.embed:write",
        "links:read",
        "links:write",
        "lists:read",
        "lists:write",
        "metadata.message:read",
        "mpim:history",
        "mpim:read",
        "mpim:write",
        "pins:read",
        "pins:write",
        "reactions:read",
        "reactions:write",
        "reminders:read",
        "reminders:write",
        "remote_files:read",
        "remote_files:share",
        "team:read",
        "usergroups:read",
        "usergroups:write",
        "users.profile:read",
        "users:read",
        "users:read.email",
        "users:write",
        "workflow.steps:execute",
    }
)
"""All bot scopes of Slack."""

EVENTS: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_shared": ("channels:read", "groups:read"),
    "channel_unshared": ("channels:read", "groups:read"),
    "channel_unarchive": ("channels:read",),
    "entity_details_requested": (),
    "file_shared": ("files:read",),
    "group_archive": ("groups:read",),
    "group_unarchive": ("groups:read",),
    "link_shared": ("links:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "tokens_revoked": (),
    "user_change": ("users:read",),
}
"""The events that the workspace sends, each with the scopes of which an app needs at least one."""

_MAX_SHORTCUTS = 5
_MAX_DOMAINS = 5


class ManifestError(ValueError):
    """Slack would refuse the manifest; the message says what is wrong and where."""


@dataclass(frozen=True, slots=True)
class SlashCommand:
    command: str
    url: str
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut of the app: `global` in the search and the composer, `message` in the menu of a message."""

    type: Literal["global", "message"]
    name: str
    callback_id: str
    description: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token that ends, in Unix seconds."""

    text: str
    expires: float


@dataclass(slots=True)
class Installation:
    """An app installed in the workspace. Setting `revoked` to Slack's error revokes its tokens: `token`, or where tokens are
    replaced the last `tokens`. `for_organisation`: it is installed in the whole organisation `enterprise_id`.

    `entity_types` are the Work Objects that it may show. With `socket_mode` nothing is sent over HTTP: the app connects with
    `app_token`.
    """

    name: str
    bot_name: str
    scopes: frozenset[str]
    commands: dict[str, SlashCommand]
    interactivity_url: str | None
    signing_secret: str
    token: str
    team_id: str = TEAM_ID
    app_id: str = "A0SANDBOX"
    bot_id: str = "B0SANDBOX"
    bot_user_id: str = "U0APPBOT"
    home_tab: bool = False
    socket_mode: bool = False
    app_token: str = ""
    messages_tab: bool = True
    messages_tab_read_only: bool = False
    options_url: str | None = None
    events_url: str | None = None
    events: frozenset[str] = frozenset()
    shortcuts: tuple[Shortcut, ...] = ()
    unfurl_domains: tuple[str, ...] = ()
    entity_types: frozenset[str] = frozenset()
    verification_token: str = field(default_factory=lambda: secrets.token_hex(12))
    revoked: str | None = None
    enterprise_id: str | None = None
    for_organisation: bool = False
    tokens: list[Token] = field(default_factory=list)

    @property
    def installed_in(self) -> str:
        """The id of the team or organisation in which it is installed."""
        return self.enterprise_id if self.for_organisation and self.enterprise_id else self.team_id

    def knows(self, token: str) -> bool:
        """Return whether the token is, or was, of this installation."""
        return token == self.token or any(each.text == token for each in self.tokens)

    def refusal(self, token: str, now: float) -> str | None:
        """Return Slack's error for a call with this token; None: it is good."""
        if not self.knows(token):
            return "invalid_auth"
        if self.revoked:
            return self.revoked
        ended = any(each.text == token and each.expires <= now for each in self.tokens)
        return "token_expired" if ended else None


def read_manifest(
    manifest: Json, *, signing_secret: str, token: str, app_token: str = "", withhold: Iterable[str] = ()
) -> Installation:
    """Return the installation described by a manifest; `withhold` are optional scopes that the installer doesn't grant.

    Raises ManifestError if it breaks a rule of Slack's page /reference/app-manifest.
    """
    _only_known(manifest, "")
    features = _object(manifest, "features")
    information = _object(manifest, "display_information")
    bot = _object(features, "bot_user")
    name = _text(information, "name", 35, required=True)
    settings = _object(manifest, "settings")
    over_sockets = bool(settings.get("socket_mode_enabled"))
    interactivity = _object(settings, "interactivity")
    commands = [
        _command(item, number, over_sockets) for number, item in enumerate(_list(features, "slash_commands", 50))
    ]
    if len({command.command for command in commands}) < len(commands):
        raise ManifestError("features.slash_commands: a command is declared twice")
    scopes = _granted(_object(_object(manifest, "oauth_config"), "scopes"), frozenset(withhold))
    shortcuts = _shortcuts(features)
    if (commands or shortcuts) and "commands" not in scopes:
        raise ManifestError("oauth_config.scopes.bot: slash commands and shortcuts need the scope `commands`")
    subscribed = _object(settings, "event_subscriptions")
    events = _events(subscribed, scopes)
    home = _object(features, "app_home")
    return Installation(
        name=name,
        bot_name=_text(bot, "display_name", 80) or name,
        scopes=scopes,
        commands={command.command: command for command in commands},
        interactivity_url=_address(interactivity, "request_url", over_sockets)
        if interactivity.get("is_enabled")
        else None,
        options_url="" if over_sockets else _url(interactivity, "message_menu_options_url", required=False),
        events_url=_address(subscribed, "request_url", over_sockets) if events else None,
        events=events,
        shortcuts=shortcuts,
        unfurl_domains=tuple(_list(features, "unfurl_domains", _MAX_DOMAINS)),
        entity_types=_entity_types(_object(features, "rich_previews")),
        signing_secret=signing_secret,
        token=token,
        home_tab=bool(home.get("home_tab_enabled")),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        messages_tab_read_only=bool(home.get("messages_tab_read_only_enabled")),
        socket_mode=over_sockets,
        app_token=app_token,
    )


def _granted(scopes: Json, withheld: frozenset[str]) -> frozenset[str]:
    optional = frozenset(_list(scopes, "bot_optional", 255))
    asked = frozenset(_list(scopes, "bot", 255)) | optional
    if unknown := asked - BOT_SCOPES:
        raise ManifestError(f"oauth_config.scopes: there is no scope {', '.join(sorted(unknown))}")
    if required := withheld - optional:
        raise ManifestError(f"{', '.join(sorted(required))} is not optional, so it can't be withheld")
    return asked - withheld


def _command(item: Json, number: int, over_sockets: bool) -> SlashCommand:
    at = f"features.slash_commands[{number}]"
    _only_known(item, "slash_commands")
    command = _text(item, "command", 32, required=True)
    if not command.startswith("/") or " " in command or command != command.lower():
        raise ManifestError(f"{at}.command: `{command}` is not a lower-case command that begins with /")
    return SlashCommand(
        command=command,
        url=_address(item, "url", over_sockets),
        description=_text(item, "description", 2000, required=True),
        usage_hint=_text(item, "usage_hint", 1000),
        should_escape=bool(item.get("should_escape", False)),
    )


def _shortcuts(features: Json) -> tuple[Shortcut, ...]:
    found: list[Shortcut] = []
    for number, item in enumerate(_list(features, "shortcuts", 2 * _MAX_SHORTCUTS)):
        _only_known(item, "shortcuts")
        if item.get("type") not in ("global", "message"):
            raise ManifestError(f"features.shortcuts[{number}].type: must be global or message")
        found.append(
            Shortcut(
                type=item["type"],
                name=_text(item, "name", 75, required=True),
                callback_id=_text(item, "callback_id", 255, required=True),
                description=_text(item, "description", 150, required=True),
            )
        )
    for kind in ("global", "message"):
        if sum(one.type == kind for one in found) > _MAX_SHORTCUTS:
            raise ManifestError(f"features.shortcuts: no more than {_MAX_SHORTCUTS} of type {kind}")
    if len({one.callback_id for one in found}) < len(found):
        raise ManifestError("features.shortcuts: a callback_id is declared twice")
    return tuple(found)


def _events(subscribed: Json, scopes: frozenset[str]) -> frozenset[str]:
    events = frozenset(_list(subscribed, "bot_events", 100))
    for event in sorted(events):
        needed = EVENTS.get(event)
        if needed is None:
            raise ManifestError(f"settings.event_subscriptions.bot_events: the sandbox knows no event {event}")
        if needed and not scopes.intersection(needed):
            raise ManifestError(f"oauth_config.scopes.bot: the event {event} needs the scope {' or '.join(needed)}")
    return events


def _entity_types(previews: Json) -> frozenset[str]:
    types = frozenset(_list(previews, "entity_types", len(ENTITY_TYPES)))
    if unknown := types - set(ENTITY_TYPES):
        raise ManifestError(f"features.rich_previews: there is no type {', '.join(sorted(unknown))}")
    return types if previews.get("is_active") else frozenset()


def _object(parent: Json, key: str) -> Json:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise ManifestError(f"{key}: expected an object")
    _only_known(value, key)
    return value


def _only_known(part: Json, name: str) -> None:
    for key in part:
        if name in _KNOWN and key not in _KNOWN[name]:
            raise ManifestError(f"{name or 'manifest'}: unknown property {key}")


def _list(parent: Json, key: str, most: int) -> list[Any]:
    value = parent.get(key, [])
    if not isinstance(value, list) or len(value) > most:
        raise ManifestError(f"{key}: expected a list of at most {most}")
    return value


def _text(parent: Json, key: str, most: int, *, required: bool = False) -> str:
    value = parent.get(key, "")
    if not isinstance(value, str) or len(value) > most or (required and not value):
        raise ManifestError(f"{key}: expected a text of {int(required)} to {most} characters")
    return value


def _address(parent: Json, key: str, over_sockets: bool) -> str:
    """Return the request URL; empty with Socket Mode."""
    return "" if over_sockets else _url(parent, key)


@overload
def _url(parent: Json, key: str) -> str: ...
@overload
def _url(parent: Json, key: str, *, required: Literal[False]) -> str | None: ...
def _url(parent: Json, key: str, *, required: bool = True) -> str | None:
    if not required and not parent.get(key):
        return None
    value = _text(parent, key, 3000, required=True)
    if not value.startswith(("http://", "https://")):
        raise ManifestError(f"{key}: `{value}` is not a URL")
    return value
