"""Take the screenshots for the docs: `python -m tests.browser.screenshots`."""

import asyncio
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from bot.demo.people import GRACE, LI_NA, Person, channel_id
from bot.demo.setup import LOAN_LINKS, Demo, DemoClock, open_demo
from desk.core.languages import LANGUAGES as LISTED
from tests.browser.conftest import CHROMIUM_OPTIONS

DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURES = DOCS / "pictures"
LANGUAGES = {language.code: language.locale for language in LISTED.values()}
MORNING, HOUR_LATER, NEXT_MORNING = (
    datetime.fromisoformat(f"2026-11-{text}:00+08:00").timestamp() for text in ("25T10:00", "25T11:00", "26T08:30")
)
DOCUMENTS = {
    "zh": ("身份证、银行流水", "收到 身份证", "退回 身份证：照片模糊", "收到 身份证", "通过 身份证"),
    "en": ("id, bank", "got id", "reject id: the photo is blurred", "got id", "accept id"),
}
HOMES = {"zh": "主页", "en": "Home"}
MONTHS = {"zh": "本月", "en": "This month"}
PANES = {"zh": ("打开侧栏", "侧栏"), "en": ("Open the side pane", "Side pane")}
LINKED = {
    "zh": f"A-1013 逾期了，谁来联系？{LOAN_LINKS.format(number='A-1013')}",
    "en": f"A-1013 is past due. Who calls? {LOAN_LINKS.format(number='A-1013')}",
}
TABS = {"zh": ("打开", "时间线"), "en": ("Open", "Timeline")}
LINES = {"zh": "/loan-call A-1001 未接 客户在开会，下次今天11点", "en": "/loan-call A-1001 no answer, next today 11:00"}


async def main() -> None:
    """Take the page for the README, and a reminder, a form, a card, the Home, a pane, a digest and figures in each language."""
    PICTURES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(CHROMIUM_OPTIONS)
        )
        await take(chromium, "zh", None)
        for name, locale in LANGUAGES.items():
            await take(chromium, name, locale)
        await chromium.close()


async def take(chromium: Browser, language: str, locale: str | None) -> None:
    """Take all screenshots of a language; without a `locale`, where everyone reads their own language, only the README's."""
    clock = DemoClock(lambda: MORNING)
    with tempfile.TemporaryDirectory() as folder:
        demo = await open_demo(Path(folder), clock, port=0, locale=locale, around_the_clock=False, links=True)
        try:
            await demo.type(LI_NA.slack_id, "agents", LINES[language])
            clock.page.set(HOUR_LATER)
            await demo.service.round()
            if locale is None:
                await demo.type(LI_NA.slack_id, "agents", "/loan A-1002")
                await reminder(chromium, demo, DOCS / "page.png", height=860)
                return
            await reminder(chromium, demo, PICTURES / f"reminder.{language}.png")
            await form(chromium, demo, PICTURES / f"form.{language}.png")
            await card(chromium, demo, PICTURES / f"card.{language}.png", language)
            await home(chromium, demo, PICTURES / f"home.{language}.png", HOMES[language])
            demo.sandbox.say(LI_NA.slack_id, channel_id("agents"), LINKED[language])
            await pane(chromium, demo, PICTURES / f"pane.{language}.png", *PANES[language])
            clock.page.set(NEXT_MORNING)
            await demo.service.round()
            await digest(chromium, demo, PICTURES / f"digest.{language}.png")
            await figures(chromium, demo, PICTURES / f"figures.{language}.png", HOMES[language], MONTHS[language])
        finally:
            await demo.close()


async def reminder(chromium: Browser, demo: Demo, path: Path, *, height: int = 640) -> None:
    page = await opened(chromium, demo, LI_NA, channel_id("agents"), height=height)
    await page.get_by_role("article").filter(has_text="王*").first.wait_for()
    await finished(page, path)


async def form(chromium: Browser, demo: Demo, path: Path) -> None:
    page = await opened(chromium, demo, LI_NA, channel_id("agents"), height=860)
    box = page.get_by_role("textbox")
    await box.fill("/loan-call")
    await box.press("Enter")
    await page.get_by_role("dialog").wait_for()
    await finished(page, path)
    await demo.sandbox.modal_of(LI_NA.slack_id).close()


async def card(chromium: Browser, demo: Demo, path: Path, language: str) -> None:
    for words in DOCUMENTS[language]:
        await demo.type(LI_NA.slack_id, "loan-desk", f"/loan-docs A-1002 {words}")
    await demo.type(LI_NA.slack_id, "loan-desk", "/loan A-1002")
    page = await opened(chromium, demo, LI_NA, channel_id("loan-desk"), height=860)
    show, timeline = TABS[language]
    await page.get_by_role("article").last.get_by_role("button", name=show, exact=True).click()
    dialog = page.get_by_role("dialog", name="A-1002")
    await dialog.get_by_role("button", name=timeline, exact=True).click()
    await dialog.get_by_role("button", name=f"▸ {timeline}", exact=True).wait_for()
    await finished(page, path)
    await demo.sandbox.modal_of(LI_NA.slack_id).close()


async def home(chromium: Browser, demo: Demo, path: Path, name: str) -> None:
    page = await opened(chromium, demo, LI_NA, f"{demo.sandbox.dm(LI_NA.slack_id).id}/home")
    await page.get_by_role("region", name=name).get_by_role("heading").first.wait_for()
    await finished(page, path)


async def pane(chromium: Browser, demo: Demo, path: Path, opens: str, panel: str) -> None:
    page = await opened(chromium, demo, LI_NA, channel_id("agents"), height=860)
    await page.get_by_role("button", name=opens).first.click()
    await page.get_by_role("complementary", name=panel).get_by_role("button").last.wait_for()
    await finished(page, path)


async def figures(chromium: Browser, demo: Demo, path: Path, home: str, month: str) -> None:
    page = await opened(chromium, demo, GRACE, f"{demo.sandbox.dm(GRACE.slack_id).id}/home", height=860)
    await page.get_by_role("region", name=home).get_by_role("button", name=month, exact=True).click()
    await page.get_by_role("dialog").get_by_role("listitem").first.wait_for()
    await finished(page, path)
    await demo.sandbox.modal_of(GRACE.slack_id).close()


async def digest(chromium: Browser, demo: Demo, path: Path) -> None:
    page = await opened(chromium, demo, GRACE, channel_id("managers"), height=860)
    await page.get_by_role("article").first.wait_for()
    await finished(page, path)


async def opened(chromium: Browser, demo: Demo, person: Person, place: str, *, height: int = 640) -> Page:
    page = await chromium.new_page(viewport={"width": 1280 if height == 860 else 1100, "height": height})
    await page.goto(f"{demo.sandbox.base_url}/#{person.slack_id}/{place}")
    return page


async def finished(page: Page, path: Path) -> None:
    await page.evaluate("document.fonts.ready")
    await page.screenshot(path=path)
    await page.close()


if __name__ == "__main__":
    asyncio.run(main())
