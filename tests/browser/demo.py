"""Helpers for the demo's page."""

from collections.abc import Awaitable, Callable

from playwright.async_api import BrowserContext, Locator, Page, expect

from bot.demo.people import Person, channel_id
from bot.demo.setup import Demo

NewContext = Callable[..., Awaitable[BrowserContext]]


async def open_page(new_context: NewContext, demo: Demo, person: Person, channel: str = "") -> Page:
    """Open the page as a member of the cast, in the given channel or their own."""
    channel = channel or person.channel
    page = await (await new_context(viewport={"width": 1280, "height": 900})).new_page()
    await page.goto(f"{demo.sandbox.base_url}/#{person.slack_id}/{channel_id(channel)}")
    await page.get_by_role("log", name=channel).wait_for()
    return page


async def open_home(page: Page, name: str) -> Locator:
    """Open the app's Home, whose tab has this name."""
    await page.get_by_role("link", name="Loan Desk").click()
    await page.get_by_role("tab", name=name).click()
    return page.get_by_role("region", name=name)


async def choose(page: Page, form: Locator, label: str, option: str, *, search: str = "") -> None:
    """Choose from the menu with this label; `search` is typed to find the option."""
    await form.get_by_role("button", name=f"{label}: ").click()
    if search:
        await page.get_by_role("combobox").fill(search)
    await page.get_by_role("option", name=option).first.click()
    await expect(form.get_by_role("button", name=f"{label}: {option}")).to_be_visible()


async def press(place: Locator, label: str) -> None:
    """Press the button with exactly this label."""
    await place.get_by_role("button", name=label, exact=True).click()
