"""Changes to loans and members, made on the page with the mouse, in both languages."""

import re

import pytest
from playwright.async_api import Locator, Page, expect

from bot.demo.people import LI_NA, SAM
from bot.demo.setup import Demo
from tests.browser.demo import NewContext, choose, open_home, open_page, press
from tests.browser.words import Say

pytestmark = pytest.mark.browser


async def found(page: Page, say: Say, loan: str, search: str) -> Locator:
    """Find a loan from the Home and return the answer that shows it."""
    await press(await open_home(page, say("Home")), say("Find a loan"))
    form = page.get_by_role("dialog", name=say("Find a loan"))
    await choose(page, form, say("Loan"), loan, search=search)
    await press(form, say("Open card"))
    return form


async def fill(form: Locator, label: str, text: str) -> None:
    """Fill the field with this label, which may end with a note that the field is optional."""
    await form.get_by_role("textbox", name=re.compile(f"^{re.escape(label)}")).fill(text)


async def send(form: Locator, label: str) -> None:
    """Submit the form and wait until the answer replaces it."""
    await press(form, label)
    await expect(form.get_by_role("button", name=label, exact=True)).to_have_count(0)


async def test_a_new_inquiry_is_opened_found_and_corrected(new_context: NewContext, demo: Demo, say: Say) -> None:
    page = await open_page(new_context, demo, LI_NA)
    await press(await open_home(page, say("Home")), say("New inquiry"))
    form = page.get_by_role("dialog", name=say("New inquiry"))
    await fill(form, say("Borrower's name"), "Zhou <Min>")
    await fill(form, say("Phone number"), "13912345679")
    await send(form, say("Open inquiry"))
    await expect(form).to_contain_text("Zhou <Min>")
    (number,) = set(re.findall(r"L-\d+", await form.inner_text()))
    await press(form, say("Close"))

    shown = await found(page, say, number, "5679")
    await expect(shown).to_contain_text("Zhou <Min>")
    await press(shown, say("Correct details"))
    form = page.get_by_role("dialog", name=say("Correct loan details"))
    await fill(form, say("Borrower's name"), "Zhou & Min")
    await send(form, say("Save"))
    await expect(form).to_contain_text(say("the borrower's name is now Zhou & Min"))


async def test_a_follow_up_is_moved_and_a_call_corrected_from_the_card(
    new_context: NewContext, demo: Demo, say: Say
) -> None:
    page = await open_page(new_context, demo, LI_NA)
    await press(await found(page, say, "A-1002", "liuyang"), say("Open"))
    card = page.get_by_role("dialog", name="A-1002")
    await press(card, say("Follow-ups"))
    await card.get_by_role("button", name=f"▸ {say('Follow-ups')}", exact=True).wait_for()
    await press(card, say("Assign a follow-up"))
    form = page.get_by_role("dialog", name=say("Assign a follow-up"))
    await fill(form, say("When"), say("tomorrow 3pm"))
    await choose(page, form, say("Purpose"), say("income check"))
    await send(form, say("Assign"))
    await press(form, say("Close"))
    await press(card, say("Move /1"))
    form = page.get_by_role("dialog", name=say("Move a follow-up"))
    await fill(form, say("When"), "fri 14:30")
    await send(form, say("Move"))
    await expect(form).to_contain_text(say("Fri 27 Nov 2026 14:30"))
    await press(form, say("Close"))
    await expect(card).to_contain_text("14:30")

    await press(card, say("Log /1"))
    form = page.get_by_role("dialog", name=say("Log a call"))
    await choose(page, form, say("Outcome"), say("reached"))
    await send(form, say("Log call"))
    await press(form, say("Close"))
    await press(card, say("Timeline"))
    await card.get_by_role("button", name=re.compile(f"10:00 {say('reached')}$")).click()
    form = page.get_by_role("dialog", name=say("Correct a call"))
    await choose(page, form, say("Outcome"), say("no answer"))
    await send(form, say("Save"))
    await press(form, say("Close"))
    await expect(card).to_contain_text(say("before: reached"))


async def test_a_member_is_added_with_the_form(new_context: NewContext, demo: Demo, say: Say) -> None:
    demo.sandbox.add_user("U0MIA", name="mia", real_name="Mia Chen")
    page = await open_page(new_context, demo, SAM)
    composer = page.get_by_role("textbox")
    await composer.fill("/loan-team")
    await composer.press("Enter")
    await press(page.get_by_role("article").last, say("Add a member"))
    form = page.get_by_role("dialog", name=say("Add a member"))
    await choose(page, form, say("Member"), "Mia Chen", search="mia")
    await choose(page, form, say("Roles"), say("agent"))
    await send(form, say("Add"))
    await expect(form).to_contain_text(say("is now a member of the desk:"))
    await expect(form).to_contain_text("@Mia Chen")
