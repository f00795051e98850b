"""The Slack app manifest: commands, shortcuts, the scopes in use, and the desk's address."""

from typing import Any

from desk.people.app_manifest import AppManifest
from handlers.buttons.forms import SHORTCUTS
from handlers.commands import COMMANDS
from handlers.messages.work_objects import ENTITY_TYPE

EVENTS = {
    "app_home_opened": "to show the Home",
    "app_mention": "to answer with help when the bot is mentioned",
    "message.im": "to answer messages to the bot with help, and to take files that are sent to it",
    "user_change": "a member's name, e-mail, time zone and language, and an account that is deactivated or becomes a guest's",
}
"""Each event with its reason."""

SCOPES = {
    "commands": "the slash commands and shortcuts",
    "app_mentions:read": "to answer with help when the bot is mentioned",
    "chat:write": "reminders, digests and answers, in channels that the bot was invited to and as direct messages",
    "users:read": "members' names, time zones and languages, and whether their accounts are in use",
    "users:read.email": "members' e-mail addresses, for an import that names owners by them",
    "channels:read": "whether a reminder channel is public, archived or shared with another company, now or later",
    "groups:read": "the same for private channels",
    "im:history": "to answer messages to the bot with help, and to find its own direct message whose delivery is in doubt",
}
"""Each scope with its reason. The desk needs all of them."""

OPTIONAL_SCOPES = {
    "channels:history": "to find a message of its own whose delivery is in doubt, instead of sending it twice",
    "groups:history": "the same in private channels",
    "im:write": "to open the direct conversation in which it is looked for",
}
"""Each scope that may be withheld, with its reason. Without it, a message whose delivery is in doubt is sent again."""

LINK_SCOPES = {
    "links:read": "to hear of links to the lender's own loan system, where LOANDESK_LOAN_LINKS says what they look like",
    "links:write": "to show a loan's number and stage below such a link",
}
"""Each scope that only loan links need, with its reason."""

FILE_SCOPES = {
    "files:read": "to fetch the scans and photos that members send to the bot or choose in its forms, and only those",
}
"""The scope that only files need, where LOANDESK_PUBLIC_URL says where they are opened, with its reason."""

OPTIONAL_FILE_SCOPES = {
    "files:write": "to send an exported list or a case file to who asked for it, where the workspace's settings allow it",
}
"""The scope with its reason that may be withheld where the desk takes files: files are then opened on its page alone."""

PANE_EVENT = "entity_details_requested"
"""The event that only Work Objects need: a member opens the side pane of a link."""


INSTALL_EVENTS = {
    "app_uninstalled": "the app was removed from a workspace: the desk sends nothing there any more",
    "tokens_revoked": "the same of its token",
}
"""The events that only a desk of several workspaces needs, each with its reason."""

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
"""The paths at which an installation begins, and to which Slack sends the browser back."""


def needed_scopes(*, links: bool, files: bool) -> dict[str, str]:
    """Return the scopes that the desk needs with or without unfurling loan links, and with or without files."""
    return SCOPES | (LINK_SCOPES if links else {}) | (FILE_SCOPES if files else {})


def optional_scopes(*, files: bool) -> dict[str, str]:
    """Return the scopes that may be withheld."""
    return OPTIONAL_SCOPES | (OPTIONAL_FILE_SCOPES if files else {})


def manifest(
    base_url: str | None,
    *,
    name: str = "Loan Desk",
    links_domain: str = "",
    work_objects: bool = False,
    files: bool = False,
    installs_at: str = "",
) -> dict[str, Any]:
    """Return the manifest for a desk that Slack reaches at `base_url`, or in Socket Mode. Links to `links_domain` unfurl, with
    `work_objects` as Work Objects. `files`: the desk takes files. `installs_at`: the public address of a desk of several
    workspaces, in which the app is installed from a browser."""
    at = f"{base_url.rstrip('/')}/slack/events" if base_url else None
    redirect = {"redirect_urls": [f"{installs_at.rstrip('/')}{REDIRECT}"]} if installs_at else {}
    return {
        "display_information": {
            "name": name,
            "description": "Coordinates an auto-loan team's calls: log them, plan the next one, forget no borrower.",
        },
        "features": _features(at, name, links_domain, work_objects=work_objects),
        "oauth_config": {
            **redirect,
            "scopes": {
                "bot": list(needed_scopes(links=bool(links_domain), files=files)),
                "bot_optional": list(optional_scopes(files=files)),
            },
        },
        "settings": _settings(
            at,
            [
                *EVENTS,
                *(["link_shared"] if links_domain else ()),
                *([PANE_EVENT] if links_domain and work_objects else ()),
                *(INSTALL_EVENTS if installs_at else ()),
            ],
            installed_by_browser=bool(installs_at),
        ),
    }


def _features(at: str | None, name: str, links_domain: str, *, work_objects: bool) -> dict[str, Any]:
    """Return the tabs, shortcuts and commands, which Slack sends `at` that address, and the links that unfurl."""
    command_url = {"url": at} if at else {}
    previews = {"rich_previews": {"is_active": True, "entity_types": [ENTITY_TYPE]}} if work_objects else {}
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "shortcuts": [
            {
                "name": shortcut.name,
                "type": shortcut.kind,
                "callback_id": shortcut.callback_id,
                "description": shortcut.description,
            }
            for shortcut in SHORTCUTS
        ],
        **({"unfurl_domains": [links_domain], **previews} if links_domain else {}),
        "bot_user": {"display_name": name, "always_online": True},
        "slash_commands": [
            {
                "command": command.name,
                **command_url,
                "description": command.description,
                "usage_hint": command.hint,
                "should_escape": True,
            }
            for command in COMMANDS
        ],
    }


def _settings(at: str | None, events: list[str], *, installed_by_browser: bool) -> dict[str, Any]:
    """Return where Slack sends presses, forms and these events: `at` that address, or in Socket Mode. A desk of several
    workspaces is `installed_by_browser`."""
    request_url = {"request_url": at} if at else {}
    options_url = {"message_menu_options_url": at} if at else {}
    return {
        "interactivity": {"is_enabled": True, **request_url, **options_url},
        "event_subscriptions": {**request_url, "bot_events": events},
        "org_deploy_enabled": installed_by_browser,
        "socket_mode_enabled": at is None,
        "token_rotation_enabled": installed_by_browser,
    }


def app_manifest() -> AppManifest:
    """Return what this release's manifest names, without the lender's links, which depend on a setting."""
    whole = manifest(None)
    features = whole["features"]
    return AppManifest(
        commands=tuple(each["command"] for each in features["slash_commands"]),
        shortcuts={each["callback_id"]: each["name"] for each in features["shortcuts"]},
        scopes=tuple(whole["oauth_config"]["scopes"]["bot"]),
        events=tuple(whole["settings"]["event_subscriptions"]["bot_events"]),
    )
