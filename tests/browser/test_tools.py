"""The sandbox tools of the page: clock, traffic, faults, colours, language."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect

from bot.demo.people import LI_NA, channel_id
from bot.demo.setup import Demo, DemoClock, open_demo
from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser


@pytest.fixture
async def demo(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Demo]:
    """Run the demo with its worker and a clock that the page can set forward."""
    demo = await open_demo(
        tmp_path, DemoClock(), port=0, locale="en-US", around_the_clock=True, database_url=sqlite_url
    )
    await demo.service.work()
    yield demo
    await demo.close()
    assert demo.sandbox.violations == []


async def background(page: Page) -> str:
    return await page.evaluate("getComputedStyle(document.body).backgroundColor")


async def test_setting_the_clock_forward_brings_tomorrows_digest(browser: Browser, demo: Demo) -> None:
    page = await browser.new_page()
    await page.goto(f"{demo.sandbox.base_url}/#{LI_NA.slack_id}/{channel_id('agents')}")
    before = demo.sandbox.workspace.now()
    await page.get_by_role("button", name="Clock").click()
    dialog = page.get_by_role("dialog", name="Set the clock forward")
    await dialog.get_by_role("button", name="Next morning, 08:30").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Clock")).to_contain_text("08:30")
    morning = datetime.fromtimestamp(demo.sandbox.workspace.now(), ZoneInfo("Asia/Shanghai"))
    assert demo.sandbox.workspace.now() > before
    assert (morning.hour, morning.minute) == (8, 30)
    digest = page.get_by_role("article").filter(has_text=f"{morning:%a} {morning.day} {morning:%b %Y}")
    await expect(digest.first).to_be_visible()
    await page.close()


async def test_the_clock_is_never_set_back(browser: Browser, demo: Demo) -> None:
    page = await browser.new_page()
    await page.goto(f"{demo.sandbox.base_url}/#{LI_NA.slack_id}/{channel_id('agents')}")
    await page.get_by_role("button", name="Clock").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Or set it to (Asia/Shanghai)").fill("2020-01-01T10:00")
    await dialog.get_by_role("button", name="Set", exact=True).click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Choose a future time")
    await redraw(page, demo)
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Clock")).to_be_focused()
    await page.close()


async def redraw(page: Page, demo: Demo) -> None:
    """Post a message, so that the page redraws its channels and tools."""
    await page.evaluate("document.querySelector('[data-tool=clock]').dataset.old = 'yes'")
    demo.sandbox.say(LI_NA.slack_id, channel_id("agents"), "hello")
    await expect(page.locator("[data-tool=clock][data-old]")).to_have_count(0)


async def test_a_workspace_on_real_time_offers_no_clock(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await expect(page.get_by_role("button", name="Appearance")).to_be_visible()
    await expect(page.get_by_role("button", name="Clock")).to_have_count(0)


async def test_the_colours_follow_the_system_until_a_theme_is_chosen(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    light = await background(page)
    await page.emulate_media(color_scheme="dark")
    dark = await background(page)
    assert light != dark
    await page.get_by_role("button", name="Appearance").click()
    await page.get_by_role("menuitemradio", name="Light").click()
    assert await background(page) == light
    await page.reload()
    await expect(page.get_by_role("button", name="Appearance")).to_contain_text("Light")
    assert await background(page) == light


async def test_the_page_uses_the_members_language_until_one_is_chosen(scene: Scene) -> None:
    page = await scene.open(scene.wang, scene.desk)
    await expect(page.get_by_text("这里还没有消息。")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await page.get_by_role("button", name="语言").click()
    await page.get_by_role("menuitemradio", name="English").click()
    await expect(page.get_by_text("No messages yet.")).to_be_visible()
    await expect(page.get_by_role("button", name="Language")).to_contain_text("English")
    await expect(page.locator("html")).to_have_attribute("lang", "en-US")
    await expect(page.get_by_role("button", name="Language")).to_be_focused()


async def test_the_traffic_shows_requests_and_api_calls_with_their_responses(scene: Scene) -> None:
    await scene.post(scene.desk, "A reminder")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="Traffic").click()
    rows = page.get_by_role("list", name="Traffic").get_by_role("listitem")
    await expect(rows).to_contain_text(["chat.postMessage"])
    box = page.get_by_role("textbox", name="Message #desk")
    await box.fill("/loan-call L-1042 reached")
    await box.press("Enter")
    await expect(rows.first).to_contain_text("/loan-call")
    await expect(rows.first).to_contain_text("200")
    await expect(rows.first).to_contain_text(" ms")
    await rows.first.locator("summary").click()
    await expect(rows.first).to_contain_text('"text": "L-1042 reached"')
    await page.get_by_role("button", name="API calls").click()
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="All", exact=True).click()
    await page.get_by_role("searchbox").fill("l-1042")
    await expect(rows).to_have_count(1)


async def test_failed_requests_are_highlighted_in_the_traffic(scene: Scene) -> None:
    scene.app.status = 500
    page = await scene.open(scene.li, scene.desk)
    box = page.get_by_role("textbox", name="Message #desk")
    await box.fill("/loan-call L-1042")
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("button", name="Traffic").click()
    await page.get_by_role("button", name="Errors").click()
    row = page.get_by_role("list", name="Traffic").get_by_role("listitem")
    await expect(row).to_contain_text("500")
    await page.get_by_role("list", name="Traffic").locator("summary").first.press("Escape")
    await expect(page.get_by_role("list", name="Traffic")).to_have_count(0)
    await expect(page.get_by_role("button", name="Traffic")).to_be_focused()


async def test_the_page_can_be_used_without_a_mouse(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("textbox", name="Message #desk").press("Alt+ArrowDown")
    await expect(page.get_by_role("heading", level=1)).to_have_text("#calls-li")
    await page.keyboard.press("F6")
    await expect(page.get_by_role("link", name="calls-li")).to_be_focused()
    await page.keyboard.press("F6")
    await expect(page.get_by_role("log", name="Messages in #calls-li")).to_be_focused()
    await page.keyboard.press("h")
    await expect(page.get_by_role("textbox", name="Message #calls-li")).to_have_value("h")


async def test_slack_faults_are_switched_on_and_off(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="Faults").click()
    switch = page.get_by_role("switch", name="Server errors")
    await switch.check()
    await expect(page.get_by_role("button", name="Faults")).to_contain_text("1")
    assert scene.sandbox.faults.scenarios.on == ("500",)
    headers = {"Authorization": "Bearer xoxb-browser-tests"}
    async with scene.http.post(scene.sandbox.api_url + "auth.test", headers=headers) as response:
        assert response.status == 500
    await switch.press("Space")
    await scene.sandbox.wait_for(lambda: scene.sandbox.faults.scenarios.on == ())
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Faults")).to_be_focused()


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_accounts_and_channels_are_changed_as_an_admin_of_slack_does(scene: Scene, locale: str) -> None:
    chinese = locale == "zh-CN"
    scene.li.locale = locale
    lin = scene.sandbox.add_user("U0NEW", name="newcomer")
    page = await scene.open(scene.li, scene.desk)
    await page.get_by_role("button", name="账号与频道" if chinese else "Accounts and channels").click()

    account = page.get_by_role("group", name="newcomer")
    await account.get_by_role("switch", name="访客" if chinese else "Guest").check()
    await scene.sandbox.wait_for(lambda: lin.is_restricted)
    await account.get_by_role("switch", name="账号已停用" if chinese else "Account deactivated").check()
    await scene.sandbox.wait_for(lambda: lin.deleted)
    await account.get_by_role("switch", name="账号已停用" if chinese else "Account deactivated").uncheck()
    await scene.sandbox.wait_for(lambda: not lin.deleted)
    shared = page.get_by_role("group", name="#desk").get_by_role("switch")
    await shared.check()
    await scene.sandbox.wait_for(lambda: scene.desk.is_ext_shared)
    await shared.uncheck()
    await scene.sandbox.wait_for(lambda: not scene.desk.is_ext_shared)
    await expect(page.get_by_role("group", name=scene.li.name)).to_have_count(0)
