"""Work Objects below links, and their side panes. Slack refuses whatever its reference does not have."""

import copy
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.elements import NotPossibleError
from sandbox.manifest import ManifestError
from sandbox.model import Message, text_of
from sandbox.panes import Pane
from tests.sandbox.conftest import World

LINK = "https://app.loans.example/loans/L-1042"
ITEM = "slack#/entities/item"


def entity(**more: Any) -> dict[str, Any]:
    return {
        "entity_type": ITEM,
        "url": LINK,
        "external_ref": {"id": "42", "type": "loan"},
        "entity_payload": {
            "attributes": {"title": {"text": "L-1042"}, "display_type": "Loan"},
            "custom_fields": [
                {"key": "stage", "label": "Stage", "type": "string", "value": "Signed"},
                {"key": "owner", "label": "Owner", "type": "slack#/types/user", "user": {"user_id": "U0LI"}},
            ],
            "display_order": ["owner", "stage"],
            "actions": {"primary_actions": [{"text": "Log a call", "action_id": "log#1", "value": "L-1042"}]},
        },
        **more,
    }


async def unfurled(world: World) -> Message:
    """Post a link that is shown as a Work Object."""
    world.subscribe(
        "link_shared", "entity_details_requested", rich_previews={"is_active": True, "entity_types": [ITEM]}
    )
    message = world.sandbox.say(world.li, world.desk, LINK)
    await unfurl(world, message, entity(app_unfurl_url=LINK))
    return message


async def unfurl(world: World, message: Message, shown: dict[str, Any]) -> None:
    content = {"channel": "C0DESK", "ts": message.ts, "metadata": {"entities": [shown]}}
    await world.client.api_call("chat.unfurl", json=content)


async def present(world: World, pane: Pane, **content: Any) -> None:
    await world.client.api_call("entity.presentDetails", json={"trigger_id": pane.trigger_id, **content})


async def test_a_pane_shows_what_the_app_presents_to_its_reader_alone(world: World) -> None:
    message = await unfurled(world)
    (attachment,) = message.attachments
    assert text_of(attachment).splitlines() == ["Loan · L-1042", "Owner: <@U0LI>", "Stage: Signed", "Log a call"]

    pane = await world.sandbox.open_pane(world.li, message)
    (event,) = world.app.events("entity_details_requested")
    assert (event["user"], event["external_ref"]["id"], event["entity_url"]) == (world.li.id, "42", LINK)
    assert (event["channel"], event["message_ts"], event["user_locale"]) == ("C0DESK", message.ts, world.li.locale)
    assert (await world.get("/ui/pane", user=world.li.id))["pane"] == {"title": "", "error": "", "blocks": []}
    await present(world, pane, metadata=entity())
    assert pane.text.splitlines() == ["Loan · L-1042", "Owner: <@U0LI>", "Stage: Signed", "Log a call"]
    assert (await world.get("/ui/pane", user=world.wang.id))["pane"] is None

    await world.sandbox.press_in_pane(world.li, "Log a call")
    payload = world.app.payloads[-1]
    assert (payload["container"]["type"], payload["container"]["entity_url"]) == ("entity_detail", LINK)
    assert not {"response_url", "view", "message"} & payload.keys()
    with pytest.raises(NotPossibleError):
        await world.sandbox.press_in_pane(world.wang, "Log a call")


async def test_a_trigger_of_a_pane_works_once_for_its_work_object_and_expires(world: World) -> None:
    message = await unfurled(world)
    pane = await world.sandbox.open_pane(world.li, message)
    await present(world, pane, error={"status": "custom", "custom_title": "No", "custom_message": "Not yours"})
    assert (pane.title, pane.error) == ("No", "Not yours")
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await present(world, pane, metadata=entity())
    pane = await world.sandbox.open_pane(world.li, message)
    with pytest.raises(SlackApiError, match="entity_metadata_does_not_match_trigger"):
        await present(world, pane, metadata=entity(external_ref={"id": "43"}))
    pane = await world.sandbox.open_pane(world.li, message)
    world.clock.forward(4)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        await present(world, pane, metadata=entity())


async def test_slack_refuses_a_work_object_that_breaks_its_rules(world: World) -> None:
    message = await unfurled(world)

    def without(path: str) -> dict[str, Any]:
        wrong = copy.deepcopy(entity(app_unfurl_url=LINK))
        *to, last = path.split(".")
        part: Any = wrong
        for name in to:
            part = part[name]
        del part[last]
        return wrong

    def changed(**payload: Any) -> dict[str, Any]:
        whole = entity(app_unfurl_url=LINK)
        return {**whole, "entity_payload": {**whole["entity_payload"], **payload}}

    action = {"text": "x", "action_id": "a#1"}
    for wrong in (
        entity(),
        without("url"),
        without("entity_payload.attributes.title"),
        entity(app_unfurl_url=LINK, entity_type="slack#/entities/task"),
        entity(app_unfurl_url=LINK, name="王小明"),
        changed(custom_fields=[{"key": "a", "label": "A", "type": "string", "value": 1}], display_order=["a"]),
        changed(custom_fields=[{"key": "a", "label": "A", "type": "money", "value": "1"}], display_order=["a"]),
        changed(display_order=["missing"]),
        changed(actions={"primary_actions": [{**action, "action_id": f"a#{n}"} for n in range(3)]}),
        changed(actions={"primary_actions": [action], "overflow_actions": [action]}),
    ):
        with pytest.raises(SlackApiError, match="invalid_metadata"):
            await unfurl(world, message, wrong)
    with pytest.raises(SlackApiError, match="cannot_unfurl_url"):
        await unfurl(world, message, entity(app_unfurl_url=f"{LINK}/other"))
    pane = await world.sandbox.open_pane(world.li, message)
    for status in ({"status": "custom"}, {"status": "sorry"}):
        with pytest.raises(SlackApiError, match="invalid_metadata"):
            await present(world, pane, error=status)
    world.sandbox.violations.clear()


async def test_an_app_without_work_objects_gets_none(world: World) -> None:
    world.subscribe("link_shared")
    message = world.sandbox.say(world.li, world.desk, LINK)
    with pytest.raises(SlackApiError, match="feature_not_enabled"):
        await unfurl(world, message, entity(app_unfurl_url=LINK))
    with pytest.raises(NotPossibleError, match="0 Work Objects"):
        await world.sandbox.open_pane(world.li, message)
    with pytest.raises(ManifestError, match="there is no type"):
        world.subscribe("link_shared", rich_previews={"is_active": True, "entity_types": ["slack#/entities/loan"]})
