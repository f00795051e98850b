"""One loan on the page, from the inquiry to the release of the lien, in both languages: the tour's script, typed and pressed."""

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.demo.loan_scripts import LOAN_IN_CHINESE, LOAN_IN_ENGLISH
from bot.demo.people import LI_NA
from bot.demo.scripts import Check, Line, Press, Script, Wait
from bot.demo.setup import open_demo
from bot.demo.tour import START, ScriptClock
from tests.browser.demo import NewContext, open_page, press

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("script", [LOAN_IN_CHINESE, LOAN_IN_ENGLISH], ids=["zh-CN", "en-US"])
async def test_one_loan_from_the_inquiry_to_the_release_of_the_lien(
    new_context: NewContext, tmp_path: Path, sqlite_url: str, script: Script
) -> None:
    clock = ScriptClock(START)
    demo = await open_demo(
        tmp_path, clock, port=0, locale=script.locale, around_the_clock=False, database_url=sqlite_url
    )
    try:
        page = await open_page(new_context, demo, LI_NA)
        for step in script.steps:
            match step:
                case Wait():
                    hour, minute = map(int, step.clock.split(":"))
                    at = (START + timedelta(days=step.days)).replace(hour=hour, minute=minute)
                    clock.at = at.astimezone(UTC)
                    await demo.runtime.round()
                case Line() if step.who is LI_NA:
                    await say(page, step)
                case Line():
                    assert not (await demo.type(step.who.slack_id, step.who.channel, step.line)).error
                case Press():
                    await press(shown(page, step.on), step.button)
                    await demo.runtime.round()
                    await read(shown(page, step.expects[0]), step.expects)
                case Check() if step.where == LI_NA.channel:
                    await read(shown(page, step.expects[0]), step.expects)
                case Check():
                    pass  # what others see, the tour looks at
    finally:
        await demo.close()
    assert demo.sandbox.violations == []


async def say(page: Page, step: Line) -> None:
    """Type a line, and read its answer."""
    composer = page.get_by_role("textbox")
    await composer.fill(step.line)
    await composer.press("Enter")
    await read(shown(page, step.expects[0]), step.expects)


def shown(page: Page, words: str | None) -> Locator:
    """Return the newest message, of those with the words if any are given."""
    messages = page.get_by_role("article")
    return (messages.filter(has_text=words) if words else messages).last


async def read(message: Locator, words: tuple[str, ...]) -> None:
    """Wait until a message says all of this."""
    for each in words:
        await expect(message).to_contain_text(each)
