"""The main task on the page: a command is typed, its reminder arrives, and a call is logged from it."""

import re

import pytest
from playwright.async_api import expect

from bot.demo.people import LI_NA
from bot.demo.setup import Demo
from tests.browser.demo import NewContext, choose, open_home, open_page
from tests.clocks import FrozenClock

pytestmark = pytest.mark.browser


async def test_a_reminder_arrives_on_the_page_and_a_call_is_logged_from_it(
    new_context: NewContext, demo: Demo, clock: FrozenClock
) -> None:
    chinese = demo.sandbox.workspace.users[LI_NA.slack_id].locale == "zh-CN"
    page = await open_page(new_context, demo, LI_NA)
    line = "/loan-call A-1001 未接，下次今天11:00" if chinese else "/loan-call A-1001 no answer next today 11:00"
    reached = "已接通" if chinese else "reached"

    composer = page.get_by_role("textbox")
    await composer.fill(line)
    await composer.press("Enter")
    answer = page.get_by_role("article").filter(has_text="11:00")
    await expect(answer).to_be_visible()

    clock.advance(hours=1)
    reminder = page.get_by_role("article").filter(has_text="王*")
    await expect(reminder).to_be_visible()
    await expect(reminder).not_to_contain_text("王小明")

    await reminder.get_by_role("button", name=reached, exact=True).click()
    logged = page.get_by_role("article").filter(has_text="王小明").filter(has_text=reached)
    await expect(logged.first).to_be_visible()
    await expect(reminder.get_by_role("button", name=reached, exact=True)).to_have_count(0)


async def test_a_call_is_logged_from_the_home_with_the_mouse(new_context: NewContext, demo: Demo) -> None:
    chinese = demo.sandbox.workspace.users[LI_NA.slack_id].locale == "zh-CN"
    words = ("登记通话", "贷款", "通话结果", "已接通", "登记", "主页") if chinese else (
        "Log a call", "Loan", "Outcome", "reached", "Log call", "Home",
    )  # fmt: skip
    log, loan, outcome, reached, submit, home = words
    page = await open_page(new_context, demo, LI_NA)
    await (await open_home(page, home)).get_by_role("button", name=log, exact=True).click()
    form = page.get_by_role("dialog", name=log)
    await choose(page, form, loan, "A-1001", search="wangxiaoming")
    await choose(page, form, outcome, reached)
    await form.get_by_role("button", name=submit, exact=True).click()
    await expect(form).to_contain_text(re.compile(f"王小明.*{reached}.*10:00"))
    await expect(form.get_by_role("textbox")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(form).to_have_count(0)
