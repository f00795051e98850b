"""The page's API for views and menus."""

from tests.sandbox.conftest import World
from tests.sandbox.payloads import actions, button, home, modal, option, section, text_input
from tests.sandbox.test_modals import BORROWER, FOUND, answering, sent
from tests.sandbox.test_page_api import listening, next_of
from tests.sandbox.test_views import PAGE, opened, pushed


async def test_the_page_is_notified_of_a_modal_and_reads_the_view_stack(world: World) -> None:
    async with listening(world, "U0LI") as events, listening(world, "U0WANG") as elsewhere:
        await opened(world, PAGE)
        await next_of(events, "views")
        await pushed(world, modal(text_input(initial_value="x"), close={"type": "plain_text", "text": "Back"}))
        assert elsewhere.empty()
    views = await world.get("/ui/views", user="U0LI")
    assert [view["type"] for view in views["stack"]] == ["modal", "modal"]
    top = views["stack"][-1]
    assert (top["title"], top["submit"], top["close"], top["can_submit"]) == ("Log a call", "Log", "Back", True)
    assert top["state"] == {"note": {"note_in": {"type": "plain_text_input", "value": "x"}}}
    assert views["home"] is None
    assert await world.get("/ui/views", user="U0WANG") == {"stack": [], "home": None}


async def test_a_field_is_filled_and_the_view_submitted_from_the_page(world: World) -> None:
    view_id = (await opened(world)).view.id
    mine = {"user": "U0LI", "view_id": view_id}
    assert (await world.post("/ui/view/submit", **mine))["errors"] == {"note": "Please complete this required field."}
    answering(world.app, view_submission={"response_action": "errors", "errors": {"note": "Too short."}})
    await world.post("/ui/view/action", **mine, block_id="note", action_id="note_in", value="x")
    assert (await world.post("/ui/view/submit", **mine))["errors"] == {"note": "Too short."}
    assert (await world.get("/ui/views", user="U0LI"))["stack"][0]["errors"] == {"note": "Too short."}
    answering(world.app)
    values = {"note": {"note_in": {"value": "Will pay"}}}
    assert (await world.post("/ui/view/submit", **mine, values=values))["ok"] is True
    assert sent(world, "view_submission")[-1]["view"]["state"]["values"]["note"]["note_in"]["value"] == "Will pay"
    assert (await world.get("/ui/views", user="U0LI"))["stack"] == []


async def test_a_modal_is_closed_from_the_page(world: World) -> None:
    view_id = (await opened(world)).view.id
    assert (await world.post("/ui/view/close", user="U0WANG", view_id=view_id))["ok"] is False
    assert (await world.post("/ui/view/close", user="U0LI", view_id=view_id)) == {"ok": True}
    assert (await world.post("/ui/view/close", user="U0LI", view_id=view_id))["error"] == "view_not_found"


async def test_a_button_of_the_home_is_pressed_from_the_page(world: World) -> None:
    await world.client.views_publish(user_id="U0LI", view=home(actions(button("Done", "done"), block_id="row")))
    shown = (await world.get("/ui/views", user="U0LI"))["home"]
    assert (shown["title"], shown["can_submit"]) == (None, False)
    await world.post("/ui/view/action", user="U0LI", view_id=shown["id"], block_id="row", action_id="done")
    assert sent(world, "block_actions")[0]["view"]["id"] == shown["id"]


async def test_options_are_loaded_and_one_of_them_chosen(world: World) -> None:
    view_id = (await opened(world, BORROWER)).view.id
    answering(world.app, block_suggestion={"options": FOUND})
    where = {"user": "U0LI", "view_id": view_id, "block_id": "Borrower", "action_id": "who"}
    assert await world.post("/ui/options", **where, value="w") == {"ok": True, "options": []}
    assert await world.post("/ui/options", **where, value="wang") == {"ok": True, "options": FOUND}
    await world.post("/ui/view/action", **where, selected_option=FOUND[1])
    assert len(sent(world, "block_suggestion")) == 1
    state = (await world.get("/ui/views", user="U0LI"))["stack"][0]["state"]
    assert state["Borrower"]["who"]["selected_option"] == FOUND[1]


async def test_a_menu_of_a_message_loads_its_options_too(world: World) -> None:
    menu = {"type": "external_select", "action_id": "who", "min_query_length": 0}
    answer = await world.client.chat_postMessage(channel="C0DESK", text="Who?", blocks=[section(), actions(menu)])
    message = world.sandbox.workspace.find("C0DESK", answer["ts"])
    assert message is not None
    answering(world.app, block_suggestion={"options": [option("b1")]})
    block_id = message.blocks[1]["block_id"]
    offered = await world.post(
        "/ui/options", user="U0LI", message_id=message.id, block_id=block_id, action_id="who", value=""
    )
    assert offered["options"] == [option("b1")]
    asked = sent(world, "block_suggestion")[0]
    assert (asked["container"]["message_ts"], asked["channel"]["id"]) == (message.ts, "C0DESK")
    await world.sandbox.press("U0LI", message, "who", choice="b1")
    assert sent(world, "block_actions")[0]["actions"][0]["selected_option"] == option("b1")


async def test_the_traffic_contains_actions_in_views_with_their_times(world: World) -> None:
    await (await opened(world, modal(text_input(optional=True), callback_id="log"))).submit()
    exchanges = (await world.get("/ui/traffic"))["exchanges"]
    assert [(one["kind"], one["name"], one["status"]) for one in exchanges] == [
        ("command", "/loan-call", 200),
        ("api", "views.open", 200),
        ("submission", "log", 200),
    ]
    assert all(one["seconds"] >= 0 for one in exchanges)
    assert exchanges[2]["body"]["type"] == "view_submission"
