"""The app's Home and shortcuts on the page."""

import pytest
from playwright.async_api import expect

from tests.browser.blocks import actions, button, modal, options, plain, text_field
from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser


async def publish(scene: Scene, title: str) -> None:
    menu = {
        "type": "static_select",
        "action_id": "stage",
        "placeholder": plain("Stage"),
        "options": options("signed", "closed"),
    }
    blocks = [{"type": "header", "text": plain(title)}, actions(button("Log a call", "log"), menu)]
    await scene.call("views.publish", user_id=scene.li.id, view={"type": "home", "blocks": blocks})


async def test_opening_the_home_notifies_the_app_and_shows_what_it_publishes(scene: Scene) -> None:
    await publish(scene, "Two calls are late")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("link", name="Loan Desk").click()
    await page.get_by_role("tab", name="Home").click()
    home = page.get_by_role("region", name="Home")
    await expect(home.get_by_role("heading", name="Two calls are late")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_count(0)
    assert "app_home_opened" in [event.get("event", {}).get("type") for event in scene.app.events]
    await publish(scene, "Nothing is due")
    await expect(home.get_by_role("heading", name="Nothing is due")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")
    await page.get_by_role("tab", name="Home").press("ArrowRight")
    await expect(page.get_by_role("textbox", name="Message Loan Desk")).to_be_visible()


async def test_buttons_and_menus_of_the_home_work(scene: Scene) -> None:
    await publish(scene, "Today")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("link", name="Loan Desk").click()
    await page.get_by_role("tab", name="Home").click()
    await page.get_by_role("button", name="Log a call").click()
    await scene.sandbox.wait_for(lambda: scene.app.payloads)
    assert scene.app.payloads[-1]["view"]["type"] == "home"
    form = modal("Log a call", text_field("Note"))
    await scene.call("views.open", trigger_id=scene.app.payloads[-1]["trigger_id"], view=form)
    await expect(page.get_by_role("dialog", name="Log a call")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Log a call")).to_be_focused()
    await page.get_by_role("button", name="Stage").press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await scene.sandbox.wait_for(lambda: scene.app.payloads[-1]["actions"][0]["action_id"] == "stage")
    assert scene.app.payloads[-1]["actions"][0]["selected_option"]["value"] == "closed"


async def test_each_member_sees_their_own_home(scene: Scene) -> None:
    await publish(scene, "Li Wei's calls")
    page = await scene.open(scene.wang, scene.desk)
    await page.get_by_role("link", name="Loan Desk").click()
    await page.get_by_role("tab", name="主页").click()
    await expect(page.get_by_role("region", name="主页")).to_have_text("这里还没有发布内容。")


async def test_a_global_shortcut_is_started_from_the_composer(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="Shortcuts").press("Enter")
    await page.get_by_role("menuitem", name="Find a loan").press("Enter")
    await scene.sandbox.wait_for(lambda: scene.app.payloads)
    assert (scene.app.payloads[-1]["type"], scene.app.payloads[-1]["callback_id"]) == ("shortcut", "find")


async def test_a_message_shortcut_is_started_from_its_message(scene: Scene) -> None:
    scene.sandbox.say(scene.wang, scene.desk, "Mr Wang asks for a lower rate")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("article").hover()
    await page.get_by_role("button", name="Message shortcuts").click()
    await page.get_by_role("menuitem", name="Log a call from this").click()
    await scene.sandbox.wait_for(lambda: scene.app.payloads)
    assert scene.app.payloads[-1]["type"] == "message_action"
    assert scene.app.payloads[-1]["message"]["text"] == "Mr Wang asks for a lower rate"
