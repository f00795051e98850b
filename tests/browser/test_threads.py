"""Threads on the page, in the panel beside the channel."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser


async def test_replies_are_counted_at_their_message_and_shown_in_the_panel(scene: Scene) -> None:
    posted = await scene.post(scene.desk, "Three calls are late")
    page = await scene.open(scene.li, scene.desk)
    scene.sandbox.say(scene.wang, scene.desk, "I take one", thread_ts=posted["ts"])
    parent = page.get_by_role("log", name="Messages in #desk").get_by_role("article")
    await parent.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("log", name="Thread")
    await expect(thread.get_by_role("article")).to_have_count(2)
    await expect(thread).to_contain_text("I take one")
    await expect(parent).to_have_count(1)
    box = page.get_by_role("textbox", name="Reply in the thread")
    await expect(box).to_be_focused()
    await box.fill("I take the others")
    await box.press("Enter")
    await expect(thread).to_contain_text("I take the others")
    await expect(parent.get_by_role("button", name="2 replies")).to_be_visible()
    reply = scene.sandbox.messages(scene.desk)[-1]
    assert (reply.text, reply.thread_ts) == ("I take the others", posted["ts"])


async def test_a_reply_is_started_from_the_message(scene: Scene) -> None:
    await scene.post(scene.desk, "Who can help?")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("article").hover()
    await page.get_by_role("button", name="Reply in a thread").click()
    await page.get_by_role("textbox", name="Reply in the thread").fill("I can")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="1 reply")).to_be_visible()


async def test_escape_closes_the_thread_and_a_command_is_refused_in_it(scene: Scene) -> None:
    posted = await scene.post(scene.desk, "Three calls are late")
    scene.sandbox.say(scene.wang, scene.desk, "I take one", thread_ts=posted["ts"])
    page = await scene.open(scene.li, scene.desk)
    opener = page.get_by_role("button", name="1 reply")
    await opener.click()
    box = page.get_by_role("textbox", name="Reply in the thread")
    await box.fill("/loan-call L-1042")
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("You can’t use commands in a thread.")
    await expect(box).to_have_value("/loan-call L-1042")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("log", name="Thread")).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_a_permalink_to_a_reply_opens_its_thread(scene: Scene) -> None:
    posted = await scene.post(scene.desk, "Three calls are late")
    reply = scene.sandbox.say(scene.wang, scene.desk, "I take one", thread_ts=posted["ts"])
    page = await scene.open(scene.li, scene.calls)
    await page.goto(f"{scene.sandbox.base_url}/archives/{scene.desk.id}/p{reply.ts.replace('.', '')}")
    await expect(page.get_by_role("log", name="Thread")).to_contain_text("I take one")
