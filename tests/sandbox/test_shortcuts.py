"""Shortcuts, confirmations, overflow menus and threads."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import NotPossibleError
from tests.sandbox.conftest import World
from tests.sandbox.payloads import actions, button, confirm, home, modal, option, section, text_input
from tests.sandbox.test_presses import post


async def test_a_global_shortcut_opens_a_modal(world: World) -> None:
    world.subscribe()
    assert (await world.sandbox.shortcut(world.li, "Log a call")).error == ""
    payload = world.app.payloads[-1]
    assert (payload["type"], payload["callback_id"], payload["user"]["id"]) == ("shortcut", "log_call", "U0LI")
    assert payload.keys().isdisjoint({"channel", "response_url", "message"})
    await world.client.views_open(trigger_id=payload["trigger_id"], view=modal(text_input()))
    assert world.sandbox.modal_of(world.li).title == "Log a call"


async def test_a_message_shortcut_sends_the_message(world: World) -> None:
    world.subscribe()
    message = world.sandbox.say(world.wang, world.desk, "He pays on Friday")
    press = await world.sandbox.message_shortcut(world.li, message, "Log a call from this message")
    payload = world.app.payloads[-1]
    assert (payload["type"], payload["callback_id"]) == ("message_action", "log_from")
    assert (payload["message"]["text"], payload["message_ts"]) == ("He pays on Friday", message.ts)
    assert payload["channel"]["id"] == "C0DESK"
    async with world.http.post(payload["response_url"], json={"text": "Logged."}):
        assert press.text == "Logged."
    assert world.sandbox.messages(world.desk)[0].text == "He pays on Friday"


async def test_guests_see_no_global_shortcuts(world: World) -> None:
    world.subscribe()
    guest = world.sandbox.add_user("U0GUEST", name="guest", is_restricted=True)
    with pytest.raises(NotPossibleError, match="there are: \\[\\]"):
        await world.sandbox.shortcut(guest, "Log a call")
    assert [one["type"] for one in (await world.get("/ui/state", user="U0GUEST"))["shortcuts"]] == ["message"]
    assert [one["name"] for one in (await world.get("/ui/state", user="U0LI"))["shortcuts"]] == [
        "Log a call",
        "Log a call from this message",
    ]


async def test_the_page_starts_shortcuts_and_opens_the_home(world: World) -> None:
    world.subscribe("app_home_opened")
    message = world.sandbox.say(world.wang, world.desk, "x")
    assert (await world.post("/ui/shortcut", user="U0LI", callback_id="log_call"))["ok"] is True
    assert (await world.post("/ui/shortcut", user="U0LI", callback_id="log_from", message_id=message.id))["ok"] is True
    assert [one["type"] for one in world.app.payloads] == ["shortcut", "message_action"]
    assert (await world.post("/ui/shortcut", user="U0LI", callback_id="log_from"))["ok"] is False
    assert (await world.post("/ui/home", user="U0LI"))["ok"] is True
    assert world.app.events("app_home_opened")[0]["tab"] == "home"


@pytest.mark.parametrize("where", ["message", "home"])
async def test_a_confirmation_dialog_is_answered_before_anything_is_sent(world: World, where: str) -> None:
    row = actions(button("Undo", "undo", confirm=confirm(title="Undo the import?")))
    message = await post(world, row)
    await world.client.views_publish(user_id="U0LI", view=home(row))

    async def press(sure: bool) -> Any:
        if where == "message":
            return await world.sandbox.press(world.li, message, "undo", sure=sure)
        return await world.sandbox.home_of(world.li).press("undo", sure=sure)

    refused = await press(sure=False)
    assert (refused.status, refused.error, world.app.payloads) == (None, "", [])
    assert "Undo the import?" in refused.confirmation
    assert (await press(sure=True)).status == 200
    assert len(world.app.payloads) == 1


async def test_a_choice_in_an_overflow_menu_is_sent_as_an_action(world: World) -> None:
    menu = {"type": "overflow", "action_id": "more", "options": [option("card"), option("undo", "Undo")]}
    message = await post(world, section("L-1042", accessory=menu))
    await world.sandbox.press(world.li, message, "more", choice="Undo")
    action = world.app.payloads[-1]["actions"][0]
    assert (action["type"], action["selected_option"]["value"]) == ("overflow", "undo")


async def test_replies_are_in_the_thread_and_the_parent_counts_them(world: World) -> None:
    parent = await post(world, section())
    answer = await world.client.chat_postMessage(channel="C0DESK", text="One", thread_ts=parent.ts)
    await world.client.chat_postMessage(channel="C0DESK", text="Two", thread_ts=parent.ts, reply_broadcast=True)
    reply = world.sandbox.say(world.li, world.desk, "Three", thread_ts=parent.ts)
    history = (await world.client.conversations_history(channel="C0DESK"))["messages"]
    assert [(one["text"], one.get("subtype"), one.get("reply_count")) for one in history] == [
        ("Two", "thread_broadcast", None),
        ("A call is due", None, 3),
    ]
    assert (history[1]["latest_reply"], history[1]["reply_users"]) == (reply.ts, ["U0APPBOT", "U0LI"])
    thread = await world.get("/ui/thread", user="U0LI", channel="C0DESK", ts=parent.ts)
    assert [(one["text"], one["is_reply"], one["broadcast"]) for one in thread["messages"]] == [
        ("A call is due", False, False),
        ("One", True, False),
        ("Two", True, True),
        ("Three", True, False),
    ]
    await world.client.chat_delete(channel="C0DESK", ts=answer["ts"])
    shown = (await world.get("/ui/messages", user="U0LI", channel="C0DESK"))["messages"][0]
    assert (shown["reply_count"], shown["latest_reply"]) == (2, reply.ts)


async def test_a_reply_cannot_be_replied_to(world: World) -> None:
    parent = await post(world, section())
    reply = world.sandbox.say(world.li, world.desk, "One", thread_ts=parent.ts)
    with pytest.raises(NotPossibleError, match="thread_not_found"):
        world.sandbox.say(world.li, world.desk, "Two", thread_ts=reply.ts)
    with pytest.raises(SlackApiError, match="cannot_reply_to_message"):
        await world.client.chat_postMessage(channel="C0DESK", text="Two", thread_ts=reply.ts)


async def test_a_message_to_a_users_id_is_posted_in_their_direct_messages(world: World) -> None:
    answer = await world.client.chat_postMessage(channel="U0LI", text="Good morning")
    assert answer["channel"] == world.sandbox.dm(world.li).id
