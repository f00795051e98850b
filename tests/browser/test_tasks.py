"""Tasks of the desk, done on the page with the mouse, in both languages: documents, follow-ups, members."""

import pytest
from playwright.async_api import expect

from bot.demo.people import GRACE, LI_NA, SAM, TOM, WANG_FANG, Person, channel_id
from bot.demo.setup import Demo
from tests.browser.demo import NewContext, choose, open_home, open_page, press
from tests.browser.words import CHINESE, Say
from tests.clocks import FrozenClock

pytestmark = pytest.mark.browser

MIA = Person("U0MIA", "mia", "Mia Chen", "New here", "agent", "loan-desk")
"""An employee of the lender who is not a member of the desk."""


async def test_documents_are_requested_with_the_form_and_ticked_off_on_the_card(
    new_context: NewContext, demo: Demo, say: Say
) -> None:
    page = await open_page(new_context, demo, LI_NA)
    home = await open_home(page, say("Home"))
    await press(home, say("Request documents"))
    form = page.get_by_role("dialog", name=say("Request documents"))
    await choose(page, form, say("Loan"), "A-1002", search="liuyang")
    await form.get_by_label(say("ID card")).check()
    await form.get_by_label(say("bank statement")).check()
    await press(form, say("Thu 26 Nov 09:00"))
    await press(form, say("Request"))
    await expect(form).to_contain_text(say("Requested: ID card, bank statement."))
    await press(form, say("Close"))

    await press(home, say("Find a loan"))
    form = page.get_by_role("dialog", name=say("Find a loan"))
    await choose(page, form, say("Loan"), "A-1002", search="0456")
    await press(form, say("Open card"))
    await press(form, say("Open"))
    card = page.get_by_role("dialog", name="A-1002")
    await press(card, say("Documents"))
    await press(card, say("ID card received"))
    await press(card, say("ID card accepted"))
    await expect(card).to_contain_text(say("1 open document"))
    settled = card.get_by_role("listitem").filter(has_text=say("ID card · accepted"))
    await expect(settled).to_be_visible()
    await expect(card.get_by_role("button", name=say("ID card received"), exact=True)).to_have_count(0)
    await expect(card.get_by_role("button", name=say("bank statement received"), exact=True)).to_be_visible()


async def test_a_follow_up_assigned_to_another_member_appears_in_their_channel(
    new_context: NewContext, demo: Demo, say: Say
) -> None:
    page = await open_page(new_context, demo, LI_NA)
    await press(await open_home(page, say("Home")), say("Assign a follow-up"))
    form = page.get_by_role("dialog", name=say("Assign a follow-up"))
    await choose(page, form, say("Loan"), "A-1004", search="chenjing")
    await form.get_by_role("textbox", name=say("When"), exact=True).fill(say("tomorrow 3pm"))
    await choose(page, form, say("Purpose"), say("income check"))
    await choose(page, form, say("Assignee"), "王芳", search="wangfang")
    await form.get_by_role("textbox", name=say("Note")).fill("pays cash · 现金")
    await press(form, say("Assign"))
    await expect(form).to_contain_text("@王芳")
    await expect(form).to_contain_text("pays cash · 现金")

    theirs = await open_page(new_context, demo, WANG_FANG)
    given = theirs.get_by_role("article").filter(has_text=say("李娜 assigned you a follow-up."))
    await expect(given).to_be_visible()
    await expect(given).to_contain_text("@王芳")
    await expect(given).to_contain_text("A-1004")
    await expect(given).to_contain_text(say("income check"))
    await expect(given).to_contain_text(say("Thu 26 Nov 2026 15:00"))
    await expect(given).not_to_contain_text("陈静")
    await press(given, say("Open card"))
    card = theirs.get_by_role("article").filter(has_text="陈静")
    await expect(card).to_contain_text("pays cash · 现金")
    await expect(card.get_by_role("button", name=say("Log a call"), exact=True)).to_be_visible()


async def test_an_absent_agents_borrowers_are_all_reassigned_and_the_handover_is_undone(
    new_context: NewContext, demo: Demo, say: Say
) -> None:
    theirs = await open_page(new_context, demo, LI_NA)
    page = await open_page(new_context, demo, GRACE)
    composer = page.get_by_role("textbox")
    await composer.fill("/loan-reassign")
    await composer.press("Enter")
    form = page.get_by_role("dialog", name=say("Reassign"))
    await choose(page, form, say("Reassign from"), TOM.real_name, search=TOM.handle)
    await choose(page, form, say("Reassign to"), LI_NA.real_name, search=LI_NA.handle)
    await press(form, say("Preview"))
    await expect(form).to_contain_text(say("7 loans · 3 open follow-ups"))
    await expect(form).to_contain_text(say("Tom Baker: 7 → 0 loans"))
    await expect(form).to_contain_text(say("李娜: 10 → 17 loans"))
    await press(form, say("Reassign now"))
    await expect(form).to_contain_text(say("Reassigned:"))
    # Tom and 李娜 share a channel, and each of them is told by name.
    notices = theirs.get_by_role("article").filter(has_text=say("from Tom Baker to 李娜, reassigned by Grace Liu:"))
    for whose in ("Tom Baker", "李娜"):
        told = say(f"{whose}: from Tom Baker to 李娜, reassigned by Grace Liu:")
        await expect(notices.filter(has_text=told)).to_contain_text([say("7 loans · 3 open follow-ups")])

    await press(form, say("Undo"))
    await expect(form).to_contain_text(say("Undone: a reassignment. Everything is as it was before."))
    await expect(notices).to_contain_text([say("This was undone.")] * 2)
    await press(form, say("Close"))
    await expect(form).to_have_count(0)


async def test_a_nonmember_asks_for_access_and_works_once_it_is_granted(
    new_context: NewContext, demo: Demo, say: Say, is_chinese: bool
) -> None:
    demo.sandbox.add_user(
        MIA.slack_id, name=MIA.handle, real_name=MIA.real_name, locale="zh-CN" if is_chinese else "en-US"
    )
    demo.sandbox.join(channel_id(MIA.channel), MIA.slack_id)
    page = await open_page(new_context, demo, MIA)
    composer = page.get_by_role("textbox")
    await composer.fill("/loan mine")
    await composer.press("Enter")
    refused = page.get_by_role("article").filter(has=page.get_by_role("button", name=say("Ask for access")))
    await press(refused, say("Ask for access"))
    await expect(page.get_by_text(say("Your request for access was sent."))).to_be_visible()

    admins = await open_page(new_context, demo, SAM)
    await admins.get_by_role("link", name="Loan Desk").click()
    asked = admins.get_by_role("article").filter(has_text=say("is asking for access to the desk."))
    await expect(asked).to_contain_text("Mia Chen")
    await press(asked, say("Add as agent"))
    await expect(asked).to_contain_text(say("Access granted as agent"))
    await expect(asked.get_by_role("button", name=say("Add as agent"))).to_have_count(0)

    await page.get_by_role("link", name="Loan Desk").click()
    await expect(page.get_by_text(say("You're now a member of the desk"))).to_be_visible()
    await composer.fill("/loan new Zhou Min 13912345678")
    await composer.press("Enter")
    await expect(page.get_by_role("article").filter(has_text="L-1").filter(has_text="Zhou Min")).to_be_visible()


async def test_a_member_changes_their_language_and_digest_from_the_home(
    new_context: NewContext, demo: Demo, clock: FrozenClock, say: Say, is_chinese: bool
) -> None:
    def then(english: str) -> str:
        return english if is_chinese else CHINESE[english]

    page = await open_page(new_context, demo, LI_NA)
    home = await open_home(page, say("Home"))
    await press(home, say("My settings"))
    form = page.get_by_role("dialog", name=say("My settings"))
    await choose(page, form, say("Language"), "English" if is_chinese else "中文")
    await form.get_by_label(say("Daily digest at")).fill("08:45")
    await press(form, say("Save"))
    form = page.get_by_role("dialog", name=then("My settings"))
    await expect(form).to_contain_text("08:45")
    await press(form, then("Close"))

    clock.advance(minutes=1)
    await expect(home.get_by_role("button", name=then("My settings"), exact=True)).to_be_visible()
    await press(home, then("My settings"))
    await expect(form.get_by_label(then("Daily digest at"))).to_have_value("08:45")
    language = f"{then('Language')}: {'English' if is_chinese else '中文'}"
    await expect(form.get_by_role("button", name=language)).to_be_visible()
