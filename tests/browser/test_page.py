"""The sandbox's page: composer, channels, messages and members."""

import re
from collections.abc import Awaitable, Callable
from typing import Literal

import pytest
from playwright.async_api import BrowserContext, expect

from sandbox import Channel
from tests.browser.blocks import actions, button, options, plain
from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser


async def test_typing_a_slash_offers_the_commands_and_their_usage(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox", name="Message #desk")
    await box.press_sequentially("/loan-")
    offered = page.get_by_role("listbox", name="Commands").get_by_role("option")
    await expect(offered).to_contain_text(["/loan-call", "/loan-follow"])
    await expect(offered.first).to_contain_text("Log a call")
    await expect(offered.first).to_contain_text("<loan> <outcome> [note]")
    await box.press("ArrowDown")
    await expect(offered.last).to_have_attribute("aria-selected", "true")
    await box.press("ArrowUp")
    await box.press("Tab")
    await expect(box).to_have_value("/loan-call ")
    await expect(offered).to_have_count(0)
    await expect(page.get_by_text("/loan-call <loan> <outcome> [note]")).to_be_visible()


async def test_only_the_user_who_typed_a_command_sees_its_answer(scene: Scene) -> None:
    typist = await scene.open(scene.li, scene.desk)
    other = await scene.open(scene.wang, scene.desk)
    box = typist.get_by_role("textbox")
    await box.fill("/loan-call L-1042 reached")
    await box.press("Enter")
    answer = typist.get_by_role("article").filter(has_text="You typed /loan-call with: L-1042 reached")
    await expect(answer).to_contain_text("Only visible to you")
    await expect(box).to_have_value("")
    scene.sandbox.say(scene.li, scene.desk, "for all")
    await expect(other.get_by_role("article")).to_have_count(1)
    await expect(other.get_by_role("article")).to_contain_text("for all")


async def test_a_colleagues_name_is_completed_and_reaches_the_app_as_an_id(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox")
    await box.press_sequentially("/loan-follow L-1042 @芳")
    await expect(page.get_by_role("listbox", name="People").get_by_role("option")).to_contain_text(["王芳"])
    await box.press("Enter")
    await expect(box).to_have_value("/loan-follow L-1042 @wang.fang ")
    await box.press_sequentially("tomorrow #des")
    await box.press("Tab")
    await box.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("You typed")
    assert scene.app.payloads[0]["text"].strip() == f"L-1042 <@{scene.wang.id}> tomorrow <#{scene.desk.id}|desk>"


async def test_the_app_is_mentioned_by_its_name(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox")
    await box.press_sequentially("@loan")
    await box.press("Enter")
    await expect(box).to_have_value("@loandesk ")
    await box.press_sequentially("help")
    await box.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("@Loan Desk help")
    assert scene.sandbox.messages(scene.desk)[-1].text.strip() == "<@U0APPBOT> help"


async def test_a_refused_line_is_restored_and_arrow_up_recalls_the_last_one(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox")
    await box.fill("/lone-call L-1")
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("/lone-call is not a valid command")
    await expect(box).to_have_value("/lone-call L-1")
    await box.fill("/loan-call L-1")
    await box.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("You typed")
    await box.press("ArrowUp")
    await expect(box).to_have_value("/loan-call L-1")
    await box.press("ArrowUp")
    await expect(box).to_have_value("/lone-call L-1")
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(box).to_have_value("")


async def test_shift_enter_makes_a_new_line_and_enter_sends(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox")
    await box.press_sequentially("first")
    await box.press("Shift+Enter")
    await box.press_sequentially("second")
    await box.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("first\nsecond", use_inner_text=True)
    assert scene.sandbox.messages(scene.desk)[0].text == "first\nsecond"


async def test_a_pressed_button_is_busy_until_its_answer_is_shown(scene: Scene) -> None:
    await scene.post(scene.desk, "Call now?", blocks=[actions(button("Reached", "reached"), button("Busy", "busy"))])
    page = await scene.open(scene.li, scene.desk)
    pressed = page.get_by_role("button", name="Reached")
    scene.app.gate.clear()
    await pressed.click()
    await expect(pressed).to_have_attribute("aria-busy", "true")
    await pressed.click(force=True)
    scene.app.gate.set()
    await expect(page.get_by_role("article").last).to_contain_text("You pressed reached")
    await expect(pressed).not_to_have_attribute("aria-busy", "true")
    assert [body["actions"][0]["value"] for body in scene.app.payloads] == ["reached"]


async def test_a_failed_press_shows_an_error(scene: Scene) -> None:
    await scene.post(scene.desk, "Call now?", blocks=[actions(button("Reached", "reached"))])
    page = await scene.open(scene.wang, scene.desk)
    scene.app.status = 500
    await page.get_by_role("button", name="Reached").click()
    await expect(page.get_by_role("alert")).to_contain_text("无法连接 Loan Desk")


async def test_a_button_with_a_confirmation_asks_first(scene: Scene) -> None:
    confirm = {
        "title": plain("Hand over?"),
        "text": plain("The manager gets it."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    await scene.post(scene.desk, "?", blocks=[actions(button("Hand over", "over", confirm=confirm))])
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="Hand over").click()
    question = page.get_by_role("dialog", name="Hand over?")
    await expect(question).to_contain_text("The manager gets it.")
    await question.get_by_role("button", name="No").click()
    await expect(question).to_have_count(0)
    assert scene.app.payloads == []
    await page.get_by_role("button", name="Hand over").click()
    await question.get_by_role("button", name="Yes").click()
    await expect(page.get_by_role("article").last).to_contain_text("You pressed over")


async def test_menus_send_the_chosen_option(scene: Scene) -> None:
    snooze = {
        "type": "static_select",
        "action_id": "snooze",
        "placeholder": plain("Snooze"),
        "options": options("1 hour", "tomorrow"),
    }
    more = {"type": "overflow", "action_id": "more", "options": options("card", "number")}
    await scene.post(scene.desk, "?", blocks=[actions(snooze, more)])
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="Snooze").click()
    await page.get_by_role("listbox", name="Snooze").get_by_role("option", name="tomorrow").click()
    await expect(page.get_by_role("article").last).to_contain_text("You pressed tomorrow")
    await page.get_by_role("button", name="More actions").click()
    await expect(page.get_by_role("menuitem", name="card")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article").last).to_contain_text("You pressed number")
    await expect(page.get_by_role("button", name="tomorrow")).to_be_visible()


async def test_the_channel_list_shows_unread_messages_and_mentions(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    channel = page.get_by_role("link", name="calls-li")
    await expect(channel).to_have_accessible_name("calls-li (public channel)")
    await scene.post(scene.calls, "nobody in particular")
    await expect(channel).to_have_accessible_name("calls-li (public channel, 1 unread)")
    await expect(channel).to_have_class(re.compile("unread"))
    await scene.post(scene.calls, f"<@{scene.li.id}> call L-1042")
    await expect(channel).to_have_accessible_name("calls-li (public channel, 2 unread, 1 mentions)")
    await expect(channel.locator(".badge")).to_have_text("1")
    await expect(page).to_have_title("(2) #desk · Test Lender")

    async with page.expect_response("**/ui/read"):
        await channel.click()
    await expect(page.get_by_role("separator", name="New")).to_be_visible()
    await expect(page.locator(".mention-me")).to_have_text("@Li Wei")
    await expect(channel).to_have_accessible_name("calls-li (public channel)")
    await expect(page).to_have_title("#calls-li · Test Lender")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("#calls-li")
    again = await scene.open(scene.li, scene.desk)
    await expect(again.get_by_role("link", name="calls-li")).to_have_accessible_name("calls-li (public channel)")


async def test_new_changed_and_deleted_messages_are_shown_without_a_reload(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    posted = await scene.post(scene.desk, "due at 15:00", blocks=[actions(button("Done", "done"))])
    await expect(page.get_by_role("button", name="Done")).to_be_visible()
    await scene.call("chat.update", channel=scene.desk.id, ts=posted["ts"], text="done by Li Wei", blocks=[])
    await expect(page.get_by_role("article")).to_contain_text("done by Li Wei")
    await expect(page.get_by_role("article")).not_to_contain_text("edited")
    await expect(page.get_by_role("button", name="Done")).to_have_count(0)
    await scene.call("chat.delete", channel=scene.desk.id, ts=posted["ts"])
    await expect(page.get_by_role("article")).to_have_count(0)
    await expect(page.get_by_text("No messages yet.")).to_be_visible()


async def test_a_direct_message_of_the_app_counts_as_a_mention(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    direct = page.get_by_role("region", name="Direct messages").get_by_role("link", name="Loan Desk")
    await scene.post(scene.sandbox.dm(scene.li), "Your channel is archived.")
    await expect(direct.locator(".badge")).to_have_text("1")
    await direct.click()
    await expect(page.get_by_role("article")).to_contain_text("Your channel is archived.")


async def test_switching_the_member_changes_view_language_and_channels(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await expect(page.get_by_role("link", name="managers")).to_have_count(0)
    await page.get_by_role("button", name="Acting as Li Wei").click()
    await expect(page.get_by_role("menuitemradio", name="Li Wei")).to_have_attribute("aria-checked", "true")
    await page.get_by_role("menuitemradio", name="王芳").click()
    await expect(page.get_by_role("button", name="当前成员：王芳")).to_be_visible()
    await expect(page.get_by_role("link", name="managers")).to_have_accessible_name("managers (私密频道)")
    await expect(page.get_by_role("textbox", name="发消息到 #desk")).to_be_visible()
    await expect(page).to_have_url(f"{scene.sandbox.base_url}/#{scene.wang.id}/{scene.desk.id}")
    await page.get_by_role("textbox").fill("大家好")
    await page.get_by_role("button", name="发送").click()
    await expect(page.get_by_role("article", name="王芳")).to_contain_text("大家好")
    await page.go_back()
    await expect(page.get_by_role("button", name="Acting as Li Wei")).to_be_visible()


async def test_an_archived_channel_has_no_composer(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await expect(page.get_by_role("textbox")).to_be_visible()
    scene.sandbox.archive(scene.desk)
    await expect(page.get_by_text("This channel is archived. No one can post here.")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_count(0)


async def test_a_public_channel_is_read_only_for_nonmembers(scene: Scene) -> None:
    outside: Channel = scene.sandbox.add_channel("verifiers", members=[scene.wang])
    scene.sandbox.say(scene.wang, outside, "for verifiers")
    page = await scene.open(scene.li, outside)
    await expect(page.get_by_role("article")).to_contain_text("for verifiers")
    await expect(page.get_by_text("Li Wei is not in this channel.")).to_be_visible()


async def test_a_permalink_leads_to_the_message(scene: Scene) -> None:
    posted = await scene.post(scene.calls, "the one that is meant")
    for number in range(40):
        scene.sandbox.say(scene.wang, scene.calls, f"line {number}")
    page = await scene.open(scene.li, scene.desk)
    digits = posted["ts"].replace(".", "")
    await page.goto(f"{scene.sandbox.base_url}/archives/{scene.calls.id}/p{digits}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("#calls-li")
    await expect(page.get_by_text("the one that is meant")).to_be_in_viewport()


async def test_on_a_narrow_screen_a_button_opens_the_channel_list(
    scene: Scene, new_context: Callable[..., Awaitable[BrowserContext]]
) -> None:
    scene.context = await new_context(viewport={"width": 380, "height": 700})
    page = await scene.open(scene.li, scene.desk)
    channel = page.get_by_role("link", name="calls-li")
    await expect(channel).to_have_count(0)
    await page.get_by_role("button", name="Open the channel list").click()
    await channel.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("#calls-li")
    await expect(channel).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/static/layout.css"])
async def test_browsers_revalidate_cached_modules(scene: Scene, path: str) -> None:
    async with scene.http.get(scene.sandbox.base_url + path) as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(("pressed", "opened"), [("link", "log"), ("tab", "region")])
async def test_a_message_that_comes_while_something_is_pressed_takes_no_click_away(
    scene: Scene, pressed: Literal["link", "tab"], opened: Literal["log", "region"]
) -> None:
    page = await scene.open(scene.li, scene.desk)
    link = page.get_by_role("link", name=re.compile("Loan Desk"))
    if pressed == "tab":
        await link.click()
    await (link if pressed == "link" else page.get_by_role("tab", name="Home")).hover()
    await page.mouse.down()
    async with page.expect_response(re.compile("/ui/state")):
        scene.sandbox.say(scene.wang, scene.calls, "anyone there?")
    await page.wait_for_function(
        "() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))"
    )
    await page.mouse.up()
    await expect(page.get_by_role(opened, name="Home" if pressed == "tab" else "Loan Desk")).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("calls.*1 unread"))).to_be_visible()
