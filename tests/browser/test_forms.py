"""Forms on the page: entering, validating, keeping and sending values."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import BrowserContext, FilePayload, expect

from tests.browser.blocks import actions, button, field, modal, options, text_field
from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser


def submitted(scene: Scene) -> dict[str, Any]:
    """Return the values of the last submission, by action_id."""
    values = scene.app.payloads[-1]["view"]["state"]["values"]
    return {action: state for states in values.values() for action, state in states.items()}


async def test_every_kind_of_field_is_filled_and_sent(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(
        page,
        modal(
            "Log a call",
            text_field("Note", multiline=True),
            text_field("Loan"),
            field("Minutes", {"type": "number_input", "is_decimal_allowed": False}),
            field("Mail", {"type": "email_text_input"}),
            field("Link", {"type": "url_text_input"}),
            field("Day", {"type": "datepicker"}),
            field("Hour", {"type": "timepicker"}),
            field("Due", {"type": "datetimepicker"}),
            field("Outcome", {"type": "static_select", "options": options("reached", "busy")}),
            field("Documents", {"type": "checkboxes", "options": options("id", "income", "bank")}),
            field("Stage", {"type": "radio_buttons", "options": options("signed", "closed")}),
            field("Purposes", {"type": "multi_static_select", "options": options("plan", "promise", "pickup")}),
            field("Agent", {"type": "users_select"}),
            field("Channel", {"type": "conversations_select"}),
        ),
    )
    await dialog.get_by_label("Note").fill("after payday\nat noon")
    await dialog.get_by_label("Loan").fill("L-1042")
    await dialog.get_by_label("Minutes").fill("12")
    await dialog.get_by_label("Mail").fill("li@lender.example")
    await dialog.get_by_label("Link").fill("https://lender.example/1")
    await dialog.get_by_label("Day").fill("2026-11-26")
    await dialog.get_by_label("Hour").fill("15:30")
    await dialog.get_by_label("Due").fill("2026-11-26T09:00")
    await dialog.get_by_role("button", name="Outcome").click()
    await page.get_by_role("option", name="busy").click()
    await dialog.get_by_label("income").check()
    await dialog.get_by_label("bank").check()
    await dialog.get_by_label("closed").check()
    await dialog.get_by_role("button", name="Purposes").click()
    await page.get_by_role("option", name="plan").click()
    await page.get_by_role("option", name="pickup").click()
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_role("button", name="Purposes: plan, pickup")).to_be_focused()
    await dialog.get_by_role("button", name="Agent").press("Enter")
    await page.keyboard.type("芳")
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Channel").click()
    await page.get_by_role("combobox").fill("calls")
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    sent = submitted(scene)
    assert sent["note"]["value"] == "after payday\nat noon"
    assert (sent["loan"]["value"], sent["minutes"]["value"]) == ("L-1042", "12")
    assert (sent["mail"]["value"], sent["link"]["value"]) == ("li@lender.example", "https://lender.example/1")
    assert (sent["day"]["selected_date"], sent["hour"]["selected_time"]) == ("2026-11-26", "15:30")
    assert sent["due"]["selected_date_time"] == 1795680000, "09:00 in Berlin, where Li Wei is"
    assert sent["outcome"]["selected_option"]["value"] == "busy"
    assert [one["value"] for one in sent["documents"]["selected_options"]] == ["income", "bank"]
    assert sent["stage"]["selected_option"]["value"] == "closed"
    assert [one["value"] for one in sent["purposes"]["selected_options"]] == ["plan", "pickup"]
    assert sent["agent"]["selected_user"] == scene.wang.id
    assert sent["channel"]["selected_conversation"] == scene.calls.id


async def test_errors_are_shown_at_their_fields_and_typed_values_stay(scene: Scene) -> None:
    scene.app.answers["view_submission"] = {
        "response_action": "errors",
        "errors": {"due": "“2:30” could be 02:30 or 14:30."},
    }
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Log a call", text_field("Note", optional=True), text_field("Due")))
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Please complete this required field.")
    await dialog.get_by_label("Note").fill("wants a lower rate")
    due = dialog.get_by_label("Due")
    await due.fill("2:30")
    await due.press("Enter")
    await expect(dialog.get_by_role("alert")).to_have_text("“2:30” could be 02:30 or 14:30.")
    await expect(due).to_be_focused()
    await expect(due).to_have_attribute("aria-invalid", "true")
    await expect(due).to_have_value("2:30")
    await expect(dialog.get_by_label("Note")).to_have_value("wants a lower rate")


async def test_an_updated_form_keeps_the_text_being_typed(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    choice = field(
        "Outcome", {"type": "static_select", "options": options("reached", "promised")}, dispatch_action=True
    )
    dialog = await scene.open_form(page, modal("Log a call", choice, text_field("Note")))
    await dialog.get_by_role("button", name="Outcome").click()
    await page.get_by_role("option", name="promised").click()
    await scene.sandbox.wait_for(lambda: scene.app.payloads[-1].get("type") == "block_actions")
    await dialog.get_by_label("Note").press_sequentially("on the 5th")
    view_id = scene.app.payloads[-1]["view"]["id"]
    await scene.call(
        "views.update", view_id=view_id, view=modal("Log a call", choice, text_field("Note"), text_field("Promised"))
    )
    await expect(dialog.get_by_role("textbox", name="Promised")).to_be_visible()
    await expect(dialog.get_by_label("Note")).to_have_value("on the 5th")
    await expect(dialog.get_by_label("Note")).to_be_focused()
    await expect(dialog.get_by_role("button", name="Outcome: promised")).to_be_visible()


async def test_an_updated_form_keeps_an_open_menu(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    choice = field("Outcome", {"type": "static_select", "options": options("reached", "promised")})
    press = actions(button("Fill in", "fill"))
    dialog = await scene.open_form(page, modal("Log a call", press, choice))
    await dialog.get_by_role("button", name="Fill in").click()
    await scene.sandbox.wait_for(lambda: scene.app.payloads[-1].get("type") == "block_actions")
    await dialog.get_by_role("button", name="Outcome").click()
    await scene.call(
        "views.update",
        view_id=scene.app.payloads[-1]["view"]["id"],
        view=modal("Log a call", press, choice, text_field("Promised")),
    )
    await page.get_by_role("option", name="promised").click()
    await expect(dialog.get_by_role("textbox", name="Promised")).to_be_visible()
    await expect(dialog.get_by_role("button", name="Outcome: promised")).to_be_visible()


async def test_escape_asks_before_typed_values_are_lost(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Log a call", text_field("Note"), notify_on_close=True))
    await dialog.get_by_label("Note").fill("half a note")
    await page.keyboard.press("Escape")
    question = page.get_by_role("dialog", name="Close without saving?")
    await question.get_by_role("button", name="Keep editing").click()
    await expect(dialog.get_by_label("Note")).to_have_value("half a note")
    await page.keyboard.press("Escape")
    await question.get_by_role("button", name="Close").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("textbox", name="Message #desk")).to_be_focused()
    assert scene.app.payloads[-1]["type"] == "view_closed"


async def test_an_untouched_form_closes_at_once(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Log a call", text_field("Note")))
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_stacked_forms_have_a_way_back(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    first = await scene.open_form(page, modal("First", actions(button("Go on", "on"))))
    for title in ("Second", "Third"):
        await page.get_by_role("dialog").get_by_role("button", name="Go on").click()
        await scene.sandbox.wait_for(lambda: scene.app.payloads[-1].get("type") == "block_actions")
        trigger = scene.app.payloads.pop()["trigger_id"]
        await scene.call("views.push", trigger_id=trigger, view=modal(title, actions(button("Go on", "on"))))
        await expect(page.get_by_role("dialog", name=title)).to_be_visible()
    await page.get_by_role("button", name="Back").click()
    await expect(page.get_by_role("dialog", name="Second")).to_be_visible()
    await page.get_by_role("button", name="Back").click()
    await expect(first).to_be_visible()
    await expect(page.get_by_role("button", name="Back")).to_have_count(0)
    await page.get_by_role("button", name="Close all").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_an_external_select_is_filled_by_the_app_while_typing(scene: Scene) -> None:
    scene.app.answers["block_suggestion"] = {"options": options("L-1042 Wang", "L-1043 Wang")}
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(
        page, modal("Log a call", field("Loan", {"type": "external_select", "min_query_length": 2}))
    )
    await dialog.get_by_role("button", name="Loan").click()
    search = page.get_by_role("combobox", name="Search: Loan")
    await expect(page.get_by_role("status").filter(has_text="Type at least 2 characters.")).to_be_visible()
    await search.fill("wang")
    await expect(page.get_by_role("option")).to_have_text(["L-1042 Wang", "L-1043 Wang"])
    await search.press("ArrowDown")
    await search.press("Enter")
    await expect(dialog.get_by_role("button", name="Loan: L-1043 Wang")).to_be_focused()
    assert scene.app.payloads[-1]["value"] == "wang"


async def test_a_form_is_disabled_while_the_app_responds(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Log a call", text_field("Note")))
    await dialog.get_by_label("Note").fill("done")
    scene.app.gate.clear()
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_attribute("aria-busy", "true")
    await expect(dialog.locator("[inert]")).to_contain_text("Note")
    scene.app.gate.set()
    await expect(dialog).to_have_count(0)


async def test_a_form_keeps_its_values_when_the_app_fails(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Log a call", text_field("Note")))
    await dialog.get_by_label("Note").fill("kept")
    scene.app.status = 500
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("trouble connecting")
    await expect(dialog.get_by_label("Note")).to_have_value("kept")


async def test_a_form_fills_a_narrow_screen(
    scene: Scene, new_context: Callable[..., Awaitable[BrowserContext]]
) -> None:
    scene.context = await new_context(viewport={"width": 360, "height": 640})
    page = await scene.open(scene.li, scene.desk)
    label = "A very long label that has to be broken into lines because the screen of a phone is narrow"
    dialog = await scene.open_form(page, modal("Log a call", *[text_field(f"{label} {n}") for n in range(6)]))
    box = await dialog.bounding_box()
    assert box is not None
    assert (box["x"], box["width"], box["height"]) == (0, 360, 640)
    assert await page.evaluate("document.querySelector('.modal-body').scrollWidth") <= 360
    await expect(dialog.get_by_role("button", name="Save")).to_be_in_viewport()


async def test_files_are_uploaded_when_they_are_chosen_and_sent_with_the_form(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    dialog = await scene.open_form(page, modal("Add files", field("Files", {"type": "file_input", "max_files": 2})))
    scan = FilePayload(name="流水.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4")
    await dialog.get_by_label("Files").set_input_files([scan])
    await expect(dialog).to_contain_text("流水.pdf")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_be_hidden()
    [sent] = next(iter(submitted(scene).values()))["files"]
    assert (sent["name"], sent["size"], sent["user"]) == ("流水.pdf", 8, scene.li.id)


_GIVE = """(node, kind) => {
  const data = new DataTransfer();
  data.items.add(new File(["%PDF-1.4"], `${kind}.pdf`, { type: "application/pdf" }));
  const given = { dataTransfer: data, clipboardData: data, bubbles: true, cancelable: true };
  node.dispatchEvent(kind === "drop" ? new DragEvent(kind, given) : new ClipboardEvent(kind, given));
}"""


async def test_a_file_dropped_or_pasted_into_the_composer_is_sent_with_the_words_in_it(scene: Scene) -> None:
    page = await scene.open(scene.li, scene.desk)
    text = page.locator("#composer textarea")
    for kind in ("drop", "paste"):
        await text.fill(f"A-1 {kind}")
        await text.evaluate(_GIVE, kind)
        await expect(page.get_by_text(f"📎 {kind}.pdf")).to_be_visible()
        await expect(text).to_have_value("")
        message = scene.sandbox.messages(scene.desk)[-1]
        assert (message.text, message.files[0]["size"]) == (f"A-1 {kind}", 8)
