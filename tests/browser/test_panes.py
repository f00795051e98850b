"""The side pane of a Work Object on the page, in both languages."""

import pytest
from playwright.async_api import expect

from bot.manifest import manifest
from handlers.messages.block_kit.translator import Translator
from tests.browser.conftest import TOKEN, Scene

pytestmark = pytest.mark.browser

LINK = "https://loans.example.com/l/L-1042"
WORDS = {
    "li": ("Open the side pane", "Side pane", "Loan · L-1042", "Log a call"),
    "wang": ("打开侧栏", "侧栏", "贷款 · L-1042", "登记通话"),
}


@pytest.mark.parametrize("reader", WORDS)
async def test_a_work_object_opens_its_side_pane_and_a_button_of_it_a_form(scene: Scene, reader: str) -> None:
    opens, panel, title, button = WORDS[reader]
    user, other = (scene.li, scene.wang) if reader == "li" else (scene.wang, scene.li)
    t = Translator(user.locale)
    written = manifest(scene.app.url.removesuffix("/slack/events"), links_domain="loans.example.com", work_objects=True)
    scene.sandbox.install(manifest=written, token=TOKEN)
    message = scene.sandbox.say(other, scene.desk, LINK)
    loan = {
        "entity_type": "slack#/entities/item",
        "url": LINK,
        "external_ref": {"id": "42"},
        "entity_payload": {
            "attributes": {"title": {"text": "L-1042"}, "display_type": t("Loan")},
            "custom_fields": [{"key": "stage", "label": t("Stage"), "type": "string", "value": "<b>signed</b>"}],
            "actions": {"primary_actions": [{"text": button, "action_id": "form.open#1", "value": "{}"}]},
        },
    }
    shown = {"entities": [{**loan, "app_unfurl_url": LINK}]}
    await scene.call("chat.unfurl", channel=scene.desk.id, ts=message.ts, metadata=shown)
    page = await scene.open(user, scene.desk)
    await page.get_by_role("button", name=opens).click()
    pane = page.get_by_role("complementary", name=panel)
    await expect(pane).to_be_visible()

    await scene.sandbox.wait_for(lambda: scene.sandbox.panes.of(user.id))
    opened = scene.sandbox.panes.of(user.id)
    assert opened is not None
    await scene.call("entity.presentDetails", trigger_id=opened.trigger_id, metadata=loan)
    await expect(pane.get_by_role("heading", name=title)).to_be_visible()
    await expect(pane).to_contain_text("<b>signed</b>")
    await pane.get_by_role("button", name=button).click()
    await scene.sandbox.wait_for(lambda: scene.app.payloads)
    press = scene.app.payloads[-1]
    assert (press["container"]["type"], press["user"]["id"]) == ("entity_detail", user.id)
    await page.keyboard.press("Escape")
    await expect(pane).to_be_hidden()
    assert scene.sandbox.panes.of(user.id) is None
