"""Pressed buttons and choices in menus of messages, and the app's answers."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import Message, NotPossibleError
from sandbox.triggers import Trigger
from tests.sandbox.conftest import World
from tests.sandbox.payloads import actions, button, option, section, select


async def post(world: World, *blocks: dict[str, Any], **more: Any) -> Message:
    answer = await world.client.chat_postMessage(channel="C0DESK", text="A call is due", blocks=blocks, **more)
    message = world.sandbox.workspace.find("C0DESK", answer["ts"])
    assert message is not None
    return message


async def respond(world: World, **body: Any) -> tuple[int, Any]:
    async with world.http.post(world.app.payloads[-1]["response_url"], json=body) as response:
        text = await response.text()
        return response.status, text if text == "ok" else (await response.json())["error"]


async def test_the_app_gets_the_pressed_button_its_message_and_the_user(world: World) -> None:
    message = await post(
        world,
        section("Call Wang"),
        actions(button("Done", "done", value="f1:3", style="primary"), block_id="row1"),
        metadata={"event_type": "reminder", "event_payload": {"n": 1}},
    )
    press = await world.sandbox.press(world.li, message, "done")
    assert (press.status, press.error) == (200, "")
    payload = world.app.payloads[0]
    assert payload["type"] == "block_actions"
    assert payload["user"] == {"id": "U0LI", "username": "li.wei", "name": "li.wei", "team_id": "T0SANDBOX"}
    assert payload["container"] == {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": "C0DESK",
        "is_ephemeral": False,
    }
    assert payload["channel"] == {"id": "C0DESK", "name": "loan-desk"}
    assert payload["message"]["blocks"][1]["block_id"] == "row1"
    assert payload["message"]["metadata"]["event_payload"] == {"n": 1}
    assert (payload["enterprise"], payload["is_enterprise_install"]) == (None, False)
    (action,) = payload["actions"]
    assert {**action, "action_ts": ""} == {
        "action_id": "done",
        "block_id": "row1",
        "type": "button",
        "action_ts": "",
        "text": {"type": "plain_text", "text": "Done"},
        "value": "f1:3",
        "style": "primary",
    }


async def test_a_button_is_also_found_by_its_text(world: World) -> None:
    message = await post(world, actions(button("Done", "done:1"), button("Later", "later:1")))
    await world.sandbox.press(world.li, message, "Later")
    assert world.app.payloads[0]["actions"][0]["action_id"] == "later:1"


async def test_missing_block_and_action_ids_are_generated(world: World) -> None:
    message = await post(world, actions({"type": "button", "text": {"type": "plain_text", "text": "Done"}}))
    await world.sandbox.press(world.li, message, "Done")
    assert world.app.payloads[0]["actions"][0]["action_id"] == message.blocks[0]["elements"][0]["action_id"]
    assert world.app.payloads[0]["actions"][0]["block_id"] == message.blocks[0]["block_id"]


async def test_two_buttons_with_the_same_text_need_a_block_id(world: World) -> None:
    message = await post(
        world, actions(button("Done", "a"), block_id="r1"), actions(button("Done", "b"), block_id="r2")
    )
    with pytest.raises(NotPossibleError, match="more than one"):
        await world.sandbox.press(world.li, message, "Done")
    await world.sandbox.press(world.li, message, "Done", block_id="r2")
    assert world.app.payloads[0]["actions"][0]["action_id"] == "b"


async def test_a_missing_button_cannot_be_pressed(world: World) -> None:
    message = await post(world, actions(button()))
    with pytest.raises(NotPossibleError, match="there are: done"):
        await world.sandbox.press(world.li, message, "Undo")


async def test_a_choice_in_a_menu_is_sent_as_the_whole_option_and_kept_as_state(world: World) -> None:
    message = await post(world, actions(select("1h", "tomorrow", action_id="snooze"), button(), block_id="row"))
    await world.sandbox.press(world.li, message, "snooze", choice="tomorrow")
    await world.sandbox.press(world.li, message, "done")
    chosen = {"type": "static_select", "selected_option": option("tomorrow")}
    first, second = world.app.payloads
    assert first["actions"][0]["selected_option"] == option("tomorrow")
    assert first["state"]["values"] == second["state"]["values"] == {"row": {"snooze": chosen}}


async def test_a_users_state_does_not_contain_other_users_choices(world: World) -> None:
    message = await post(world, actions(select("1h", action_id="snooze"), button(), block_id="row"))
    await world.sandbox.press(world.li, message, "snooze", choice="1h")
    await world.sandbox.press(world.wang, message, "done")
    assert world.app.payloads[1]["state"]["values"]["row"]["snooze"]["selected_option"] is None


@pytest.mark.parametrize(
    ("element", "choice", "name", "value"),
    [
        ({"type": "overflow", "options": [option("a"), option("b")]}, "b", "selected_option", option("b")),
        ({"type": "radio_buttons", "options": [option("a")]}, "a", "selected_option", option("a")),
        ({"type": "checkboxes", "options": [option("a"), option("b")]}, ["b"], "selected_options", [option("b")]),
        ({"type": "datepicker"}, "2026-11-26", "selected_date", "2026-11-26"),
        ({"type": "timepicker"}, "15:00", "selected_time", "15:00"),
        ({"type": "users_select"}, "U0LI", "selected_user", "U0LI"),
    ],
)
async def test_each_kind_of_menu_and_picker_sends_its_own_field(
    world: World, element: dict[str, Any], choice: Any, name: str, value: Any
) -> None:
    message = await post(world, actions({**element, "action_id": "it"}))
    await world.sandbox.press(world.li, message, "it", choice=choice)
    assert world.app.payloads[0]["actions"][0][name] == value


async def test_an_option_that_does_not_exist_cannot_be_chosen(world: World) -> None:
    message = await post(world, actions(select("1h")))
    with pytest.raises(NotPossibleError, match="no option"):
        await world.sandbox.press(world.li, message, "pick", choice="2h")


async def test_only_its_reader_presses_an_ephemeral_message_and_the_payload_omits_it(world: World) -> None:
    world.app.answer_with(text="Logged.", blocks=[actions(button("Undo", "undo", value="c7"))])
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert reply.message is not None
    world.app.answer_with()
    with pytest.raises(NotPossibleError):
        await world.sandbox.press(world.wang, reply.message, "undo")
    await world.sandbox.press(world.li, reply.message, "undo")
    payload = world.app.payloads[-1]
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert payload["actions"][0]["value"] == "c7"


async def test_without_interactivity_no_press_is_delivered(world: World) -> None:
    message = await post(world, actions(button()))
    manifest = {"display_information": {"name": "Desk"}, "settings": {"interactivity": {"is_enabled": False}}}
    world.sandbox.install(manifest=manifest)
    press = await world.sandbox.press(world.li, message, "done")
    assert press.error
    assert world.app.payloads == []


async def test_the_user_sees_an_error_when_the_app_fails_on_a_press(world: World) -> None:
    message = await post(world, actions(button()))
    world.app.status = 500
    press = await world.sandbox.press(world.li, message, "done")
    assert (press.status, "dispatch_failed" in press.error) == (500, True)


async def test_an_answer_to_a_press_must_be_empty(world: World) -> None:
    message = await post(world, actions(button()))
    world.app.answer_with(text="Done!")
    assert (await world.sandbox.press(world.li, message, "done")).error
    assert "must be empty" in str(world.sandbox.violations[0])


async def test_replies_through_the_response_url_belong_to_the_press(world: World) -> None:
    message = await post(world, actions(button()))

    async def answer(_payload: dict[str, Any]) -> None:
        await respond(world, text="Only you see this", response_type="ephemeral")

    world.app.answer = answer
    press = await world.sandbox.press(world.li, message, "done")
    assert [reply.text for reply in press.replies] == ["Only you see this"]
    assert press.text == "Only you see this"
    assert press.replies[0].ephemeral_to == "U0LI"


async def test_the_original_message_is_replaced_or_deleted_through_the_response_url(world: World) -> None:
    message = await post(world, actions(button()))
    press = await world.sandbox.press(world.li, message, "done")
    assert await respond(world, text="Done by Li", replace_original=True) == (200, "ok")
    assert press.message is not None
    assert (press.message.text, press.message.blocks) == ("Done by Li", [])
    assert await respond(world, delete_original=True) == (200, "ok")
    assert press.message is None
    assert (await respond(world, text="x", replace_original=True))[0] == 400


async def test_an_ephemeral_answer_is_replaced_only_through_its_own_response_url(world: World) -> None:
    world.app.answer_with(text="Logged.", blocks=[actions(button("Undo", "undo"))])
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert reply.message is not None
    with pytest.raises(SlackApiError, match="message_not_found"):
        await world.client.chat_update(channel="C0DESK", ts=reply.message.ts, text="Undone.")
    world.app.answer_with()
    await world.sandbox.press(world.li, reply.message, "undo")
    assert await respond(world, text="Undone.", replace_original=True) == (200, "ok")
    assert [m.text for m in world.sandbox.messages(world.desk, world.li)] == ["Undone."]
    assert reply.text == "Logged."
    status, error = await respond(world, text="x", replace_original=True, response_type="in_channel")
    assert (status, error) == (400, "invalid_payload")


async def test_a_command_has_no_original_to_delete(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert await respond(world, delete_original=True) == (400, "message_not_found")


async def test_a_response_url_works_five_times(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    for number in range(5):
        assert await respond(world, text=f"{number}") == (200, "ok")
    assert await respond(world, text="6") == (404, "used_url")
    assert len(world.sandbox.messages(world.desk, world.li)) == 5


async def test_a_response_url_works_for_thirty_minutes(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    world.clock.forward(1800)
    assert await respond(world, text="in time") == (200, "ok")
    world.clock.forward(1)
    assert await respond(world, text="late") == (404, "expired_url")
    assert [str(one).split()[1] for one in world.sandbox.violations] == ["expired_url"]


async def test_a_response_over_a_limit_is_refused(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert await respond(world, text="x", blocks=[section("x" * 3001)]) == (400, "invalid_blocks")
    assert world.sandbox.violations[0].where == "response_url"


async def test_an_in_channel_response_may_go_to_a_thread(world: World) -> None:
    message = await post(world, actions(button()))
    await world.sandbox.press(world.li, message, "done")
    await respond(world, text="In the thread", response_type="in_channel", thread_ts=message.ts, replace_original=False)
    assert world.sandbox.messages(world.desk)[-1].thread_ts == message.ts


def test_a_trigger_works_once_and_for_three_seconds(world: World) -> None:
    triggers = world.sandbox.triggers
    first, second = triggers.issue("U0LI"), triggers.issue("U0LI", view="V1")
    assert triggers.exchange(first) == Trigger("U0LI", world.clock() + 3)
    assert triggers.exchange(first) == "exchanged_trigger_id"
    world.clock.forward(3.1)
    assert triggers.exchange(second) == "expired_trigger_id"
    assert triggers.exchange("made.up.one") == "invalid_trigger_id"
