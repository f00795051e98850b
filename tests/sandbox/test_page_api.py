"""The API and the event stream of the page in the browser."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.sandbox.conftest import World
from tests.sandbox.payloads import actions, button, select

Events = asyncio.Queue[dict[str, Any]]


@asynccontextmanager
async def listening(world: World, user: str) -> AsyncIterator[Events]:
    """Read the page's stream of events."""
    events: Events = asyncio.Queue()

    async def read() -> None:
        async with world.http.get(f"{world.sandbox.base_url}/ui/events", params={"user": user}) as response:
            assert response.content_type == "text/event-stream"
            async for line in response.content:
                if line.startswith(b":"):
                    ready.set()
                if line.startswith(b"data: "):
                    events.put_nowait(json.loads(line[6:]))
            events.put_nowait({"type": "end of the stream"})

    ready = asyncio.Event()
    task = asyncio.create_task(read())
    await asyncio.wait_for(ready.wait(), 60)
    yield events
    task.cancel()


async def next_of(events: Events, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while (event := await events.get())["type"] != kind:
            pass
    return event


async def test_the_state_contains_what_this_user_may_see(world: World) -> None:
    state = await world.get("/ui/state", user="U0LI")
    assert state["team"] == {"id": "T0SANDBOX", "name": "Sandbox"}
    assert (state["me"]["name"], state["me"]["locale"]) == ("li.wei", "zh-CN")
    assert [(one["kind"], one["name"]) for one in state["channels"]] == [("public", "loan-desk"), ("dm", "Loan Desk")]
    assert state["commands"] == [
        {"command": "/loan-call", "description": "Log a call", "usage_hint": "<loan> <outcome>"}
    ]
    assert state["app"] == {
        "name": "Loan Desk",
        "bot_user_id": "U0APPBOT",
        "home_tab": True,
        "messages_tab": True,
    }
    assert state["shortcuts"] == []
    assert {one["id"]: one["is_bot"] for one in state["users"]} == {"U0APPBOT": True, "U0LI": False, "U0WANG": False}


async def test_only_members_see_a_private_channel(world: World) -> None:
    state = await world.get("/ui/state", user="U0WANG")
    assert "risk" in [one["name"] for one in state["channels"]]


async def test_without_a_user_the_page_acts_as_the_first_one(world: World) -> None:
    assert (await world.get("/ui/state"))["me"]["id"] == "U0LI"
    assert await world.get("/ui/state", user="U0NOBODY") == {"ok": False, "error": "user_not_found"}


async def test_a_command_from_the_page_is_answered_in_the_channel(world: World) -> None:
    world.app.answer_with(text="Logged.", blocks=[actions(button())])
    assert await world.post("/ui/command", user="U0LI", channel="C0DESK", text="/loan-call L-1042") == {"ok": True}
    (message,) = (await world.get("/ui/messages", user="U0LI", channel="C0DESK"))["messages"]
    assert (message["text"], message["ephemeral"], message["is_bot"]) == ("Logged.", True, True)
    assert (message["name"], message["thread_ts"], message["edited"]) == ("Loan Desk", None, False)
    assert (await world.get("/ui/messages", user="U0WANG", channel="C0DESK"))["messages"] == []


async def test_errors_are_returned_to_the_page(world: World) -> None:
    unknown = await world.post("/ui/command", user="U0LI", channel="C0DESK", text="/lone")
    assert unknown["error"].startswith("/lone is not a valid command.")
    outside = await world.post("/ui/command", user="U0LI", channel="C0RISK", text="/loan-call")
    assert outside == {"ok": False, "error": "channel_not_found"}
    assert await world.post("/ui/message", user="U0LI") == {"ok": False, "error": "channel is missing"}
    hidden = await world.get("/ui/messages", user="U0LI", channel="C0RISK")
    assert hidden == {"ok": False, "error": "channel_not_found"}


async def test_a_button_is_pressed_and_a_menu_set_from_the_page(world: World) -> None:
    blocks = [actions(button(), select("1h", action_id="snooze"), block_id="row")]
    await world.client.chat_postMessage(channel="C0DESK", text="Due", blocks=blocks)
    (message,) = (await world.get("/ui/messages", user="U0LI", channel="C0DESK"))["messages"]
    where = {"user": "U0LI", "channel": "C0DESK", "message_id": message["id"], "block_id": "row"}
    assert await world.post("/ui/action", **where, action_id="done") == {"ok": True}
    option = message["blocks"][0]["elements"][1]["options"][0]
    assert await world.post("/ui/action", **where, action_id="snooze", selected_option=option) == {"ok": True}
    assert world.app.payloads[1]["actions"][0]["selected_option"] == option
    gone = await world.post("/ui/action", **{**where, "message_id": "C0DESK-1"}, action_id="done")
    assert gone == {"ok": False, "error": "message_not_found"}


async def test_a_message_is_marked_for_the_user_it_mentions(world: World) -> None:
    await world.client.chat_postMessage(channel="C0DESK", text="<@U0LI>")
    for user, marked in (("U0LI", True), ("U0WANG", False)):
        (message,) = (await world.get("/ui/messages", user=user, channel="C0DESK"))["messages"]
        assert message["mentions_me"] is marked
    state = await world.get("/ui/state", user="U0LI")
    assert [(one["unread"], one["mentions"]) for one in state["channels"]] == [(1, 1), (0, 0)]


async def test_the_page_gets_events_for_new_changed_and_deleted_messages(world: World) -> None:
    async with listening(world, "U0LI") as events:
        posted = await world.client.chat_postMessage(channel="C0DESK", text="Due")
        assert (await next_of(events, "message"))["message"]["text"] == "Due"
        await world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="Done")
        assert (await next_of(events, "message_changed"))["message"]["text"] == "Done"
        await world.client.chat_delete(channel="C0DESK", ts=posted["ts"])
        assert (await next_of(events, "message_deleted"))["channel"] == "C0DESK"
        world.sandbox.add_channel("new")
        await next_of(events, "channels")


async def test_the_page_gets_no_events_that_its_user_may_not_see(world: World) -> None:
    async with listening(world, "U0LI") as events:
        await world.client.chat_postEphemeral(channel="C0DESK", user="U0WANG", text="for Wang")
        world.sandbox.say(world.wang, world.risk, "between us")
        world.sandbox.say(world.wang, world.desk, "to all")
        assert (await next_of(events, "message"))["message"]["text"] == "to all"


async def test_a_refused_answer_is_shown_as_a_notice_on_the_page(world: World) -> None:
    async with listening(world, "U0LI") as events:
        world.app.answer_with(blocks=[{"type": "divider"}])
        await world.sandbox.command(world.li, world.desk, "/loan-call")
        assert "no_text" in (await next_of(events, "notice"))["text"]


async def test_a_form_posted_by_another_site_is_refused(world: World) -> None:
    async with world.http.post(f"{world.sandbox.base_url}/ui/message", data={"user": "U0LI"}) as response:
        assert response.status == 415
    async with world.http.post(f"{world.sandbox.base_url}/ui/message", json=[1]) as response:
        assert response.status == 400


async def test_faults_can_be_planned_and_traffic_read_over_http(world: World) -> None:
    assert await world.post("/ui/faults", method="users.info", kind="429", retry_after=9) == {"ok": True}
    assert world.sandbox.faults.pending[0].retry_after == 9
    assert (await world.post("/ui/faults", method="users.info", kind="boom"))["ok"] is False
    await world.sandbox.command(world.li, world.desk, "/loan-call x")
    traffic = await world.get("/ui/traffic", last="1")
    assert traffic["exchanges"][0]["body"]["text"] == "x"
    assert traffic["violations"] == []


async def test_the_sandbox_stops_while_a_page_listens(world: World) -> None:
    async with listening(world, "U0LI") as events:
        await world.sandbox.stop()
        await next_of(events, "end of the stream")  # which a stream that was cut off has not
