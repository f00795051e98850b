"""Accessible names: screen readers can announce every element of the page."""

import pytest
from playwright.async_api import Page, expect

from bot.demo.people import GRACE
from bot.demo.setup import Demo
from tests.browser.demo import NewContext, open_home, open_page, press
from tests.browser.words import Say

pytestmark = pytest.mark.browser

NAMELESS = """() => {
  const named = (one) => {
    const by = (one.getAttribute('aria-labelledby') || '').split(' ').filter(Boolean);
    const texts = by.map((id) => document.getElementById(id)?.textContent || '');
    const labels = [...(one.labels || [])].map((label) => label.textContent);
    const own = ['BUTTON', 'A'].includes(one.tagName) || ['button', 'tab', 'option'].includes(one.role);
    const alt = [...one.querySelectorAll('img[alt]')].map((image) => image.alt);
    return [one.ariaLabel, one.title, one.alt, ...texts, ...labels, ...alt, own ? one.textContent : '']
      .some((text) => (text || '').trim());
  };
  const wanted = 'button, a[href], input, select, textarea, img, [role=button], [role=tab], [role=option], '
    + '[role=dialog], [role=listbox], [role=combobox], [role=textbox], [role=log], [role=region], [role=group]';
  return [...document.querySelectorAll(wanted)]
    .filter((one) => one.checkVisibility() && one.type !== 'hidden' && one.getAttribute('alt') !== '' && !named(one))
    .map((one) => one.outerHTML.slice(0, 160));
}"""
"""Find interactive elements, landmarks and images without a name; an empty alt text marks a decorative image."""


async def test_every_interactive_element_has_an_accessible_name(new_context: NewContext, demo: Demo, say: Say) -> None:
    page = await open_page(new_context, demo, GRACE)
    composer = page.get_by_role("textbox")
    for line in ("/loan", "/loan-due", "/loan-team"):
        await composer.fill(line)
        await composer.press("Enter")
    await expect(page.get_by_role("article").filter(has_text="Sam").last).to_be_visible()
    await nothing_nameless(page)

    home = await open_home(page, say("Home"))
    await nothing_nameless(page)
    for title in ("Assign a follow-up", "New inquiry", "My settings"):
        await press(home, say(title))
        form = page.get_by_role("dialog", name=say(title))
        await form.get_by_role("button").first.wait_for()
        await nothing_nameless(page)
        await page.keyboard.press("Escape")
        await expect(form).to_have_count(0)


async def nothing_nameless(page: Page) -> None:
    assert await page.evaluate(NAMELESS) == []
