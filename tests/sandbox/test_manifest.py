"""An app is installed from its manifest if Slack would accept it."""

from typing import Any

import pytest

from sandbox import ManifestError, Sandbox

URL = "https://desk.example/slack/events"


def manifest(**changes: Any) -> dict[str, Any]:
    command = {"command": "/loan", "url": URL, "description": "Cards", "usage_hint": "<loan>", "should_escape": True}
    return {
        "display_information": {"name": "Loan Desk"},
        "features": {
            "app_home": {"home_tab_enabled": True},
            "bot_user": {"display_name": "desk"},
            "slash_commands": [command | changes.pop("command", {})],
        }
        | changes.pop("features", {}),
        "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
        "settings": {"interactivity": {"is_enabled": True, "request_url": URL}},
    } | changes


def shortcut(number: int, **changes: Any) -> dict[str, Any]:
    return {"type": "global", "name": "Log", "callback_id": f"s{number}", "description": "Log a call"} | changes


def subscribed(*events: str) -> dict[str, Any]:
    return {"event_subscriptions": {"request_url": URL, "bot_events": list(events)}}


def test_shortcuts_events_and_domains_are_read() -> None:
    features = {
        "shortcuts": [shortcut(number) for number in range(5)] + [shortcut(9, type="message")],
        "unfurl_domains": ["loans.example"],
    }
    scopes = {"scopes": {"bot": ["commands", "im:history", "app_mentions:read"]}}
    settings = subscribed("message.im", "app_mention", "app_home_opened")
    app = Sandbox().install(manifest=manifest(features=features, settings=settings, oauth_config=scopes))
    assert [one.type for one in app.shortcuts] == ["global"] * 5 + ["message"]
    assert app.unfurl_domains == ("loans.example",)
    assert (app.events, app.events_url) == ({"message.im", "app_mention", "app_home_opened"}, URL)
    assert (app.options_url, app.messages_tab) == (None, True)


def test_commands_scopes_and_urls_are_read() -> None:
    app = Sandbox().install(manifest=manifest())
    assert app.commands["/loan"].usage_hint == "<loan>"
    assert (app.name, app.bot_name, app.home_tab) == ("Loan Desk", "desk", True)
    assert app.scopes == {"commands", "chat:write"}
    assert app.interactivity_url == URL


@pytest.mark.parametrize(
    "wrong",
    [
        {"display_information": {"name": "x" * 36}},
        {"display_information": {}},
        {"command": {"command": "loan"}},
        {"command": {"command": "/Loan"}},
        {"command": {"command": "/" + "x" * 32}},
        {"command": {"description": ""}},
        {"command": {"description": "x" * 2001}},
        {"command": {"usage_hint": "x" * 1001}},
        {"command": {"url": "desk.example"}},
        {"features": {"bot_user": {"display_name": "x" * 81}}},
        {"features": {"slash_commands": [manifest()["features"]["slash_commands"][0]] * 2}},
        {"features": {"slash_commands": [{}] * 51}},
        {"oauth_config": {"scopes": {"bot": ["chat:write"]}}},
        {"settings": {"interactivity": {"is_enabled": True}}},
        {"settings": []},
        {"setings": {}},
        {"command": {"usage-hint": "x"}},
        {"oauth_config": {"scopes": {"bot": ["commands", "chat:wirte"]}}},
        {"features": {"app_home": {"home_tab": True}}},
        {"features": {"shortcuts": [shortcut(number) for number in range(6)]}},
        {"features": {"shortcuts": [shortcut(number, type="message") for number in range(6)]}},
        {"features": {"shortcuts": [shortcut(1), shortcut(1)]}},
        {"features": {"shortcuts": [shortcut(1, type="home")]}},
        {"features": {"shortcuts": [shortcut(1, callback_id="x" * 256)]}},
        {"features": {"shortcuts": [shortcut(1, description="x" * 151)]}},
        {"features": {"unfurl_domains": ["a.example"] * 6}},
        {"settings": subscribed("message.imm")},
        {"settings": subscribed("message.im")},
        {"settings": {"event_subscriptions": {"bot_events": ["app_home_opened"]}}},
    ],
)
def test_a_manifest_over_a_limit_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ManifestError):
        Sandbox().install(manifest=manifest(**wrong))


def test_a_manifest_exactly_at_the_limits_is_accepted() -> None:
    at_limit = {"command": "/" + "x" * 31, "description": "x" * 2000, "usage_hint": "x" * 1000}
    app = Sandbox().install(manifest=manifest(display_information={"name": "x" * 35}, command=at_limit))
    assert len(app.name) == 35


def test_optional_scopes_are_granted_unless_withheld() -> None:
    scopes = {"scopes": {"bot": ["commands"], "bot_optional": ["im:history", "chat:write.public"]}}
    asked = manifest(oauth_config=scopes)
    assert Sandbox().install(manifest=asked).scopes == {"commands", "im:history", "chat:write.public"}
    assert Sandbox().install(manifest=asked, withhold=["im:history"]).scopes == {"commands", "chat:write.public"}
    with pytest.raises(ManifestError, match="not optional"):
        Sandbox().install(manifest=asked, withhold=["commands"])
