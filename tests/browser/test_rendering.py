"""The rendering of messages on the sandbox's page."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.blocks import actions, button, number_cell, plain, text_cell
from tests.browser.conftest import Scene

pytestmark = pytest.mark.browser

HOSTILE = "<!channel> *x* =1+1"


async def test_a_message_shows_its_blocks(scene: Scene) -> None:
    blocks = [
        {"type": "header", "text": plain("Follow-up due")},
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": "*L-1042* is waiting"},
            "fields": [{"type": "mrkdwn", "text": "*Stage*\nsigned"}, plain("Owner: Li")],
            "accessory": button("Open card", "card"),
        },
        {"type": "divider"},
        {
            "type": "rich_text",
            "elements": [
                {
                    "type": "rich_text_list",
                    "style": "bullet",
                    "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "income proof"}]}],
                },
                {"type": "rich_text_quote", "elements": [{"type": "text", "text": "after payday"}]},
            ],
        },
        actions(button("Reached", "reached", style="primary"), button("Hand over", "over", style="danger")),
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "third attempt"}]},
    ]
    await scene.post(scene.desk, "Follow-up due: L-1042", blocks=blocks)
    message = (await scene.open(scene.li, scene.desk)).get_by_role("article")
    await expect(message.get_by_role("heading", name="Follow-up due")).to_be_visible()
    await expect(message.locator("strong", has_text="L-1042")).to_be_visible()
    await expect(message.get_by_text("Owner: Li")).to_be_visible()
    await expect(message.get_by_role("listitem")).to_have_text("income proof")
    await expect(message.locator("blockquote")).to_have_text("after payday")
    await expect(message.get_by_role("button", name="Open card")).to_be_visible()
    await expect(message.get_by_role("button", name="Reached")).to_have_class(re.compile("primary"))
    await expect(message.get_by_role("button", name="Hand over")).to_have_class(re.compile("danger"))
    await expect(message.get_by_text("third attempt")).to_be_visible()


async def test_a_table_has_its_caption_headers_and_numbers(scene: Scene) -> None:
    rows = [[text_cell("Agent"), text_cell("Open")], [text_cell("Li Wei"), number_cell(12)]]
    await scene.post(scene.desk, "The team", blocks=[{"type": "data_table", "caption": "The team today", "rows": rows}])
    page = await scene.open(scene.li, scene.desk)
    table = page.get_by_role("table", name="The team today")
    await expect(table.get_by_role("columnheader")).to_have_text(["Agent", "Open"])
    await expect(table.get_by_role("rowheader")).to_have_text("Li Wei")
    await expect(table.get_by_role("cell")).to_have_text("12")


async def test_no_column_of_the_due_list_is_cut(scene: Scene) -> None:
    """At 1280 px, with long names and times."""
    words = ("Follow-up", "Borrower", "Phone ending", "Purpose", "Due", "Late", "Assignee", "Attempts")
    row = ("HZ-2026-1042/12", "Bartholomew Quartermaine", "5678", "repayment reminder", "Wed 25 Nov 18:00", "late")
    cells = [*map(text_cell, row), text_cell("Alexandra Hamilton"), number_cell(3)]
    table = {"type": "data_table", "caption": "Due", "rows": [[text_cell(word) for word in words], cells]}
    await scene.post(scene.desk, "Due", blocks=[table])
    page = await scene.open(scene.li, scene.desk)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await expect(page.get_by_role("table", name="Due")).to_be_visible()
    shown = page.locator(".table-scroll")
    assert await shown.evaluate("box => box.scrollWidth - box.clientWidth") == 0


async def test_a_long_table_is_sorted_by_a_header_and_read_in_pages(scene: Scene) -> None:
    people = [("Chen", 10), ("Li", 9), ("Wang", 100)]
    rows = [[text_cell("Agent"), text_cell("Open")], *([text_cell(name), number_cell(n)] for name, n in people)]
    table = {"type": "data_table", "caption": "Load", "page_size": 2, "rows": rows}
    await scene.post(scene.desk, "Load", blocks=[table])
    page = await scene.open(scene.li, scene.desk)
    shown = page.get_by_role("table", name="Load").get_by_role("rowheader")
    await expect(shown).to_have_text(["Chen", "Li"])
    await page.get_by_role("button", name="Next page").click()
    await expect(shown).to_have_text(["Wang"])
    await expect(page.get_by_text("3–3 of 3")).to_be_visible()
    await page.get_by_role("button", name="Open").click()
    await expect(shown).to_have_text(["Li", "Chen"])
    await page.get_by_role("button", name="Open").press("Enter")
    await expect(shown).to_have_text(["Wang", "Chen"])
    await expect(page.get_by_role("columnheader", name="Open")).to_have_attribute("aria-sort", "descending")


@pytest.mark.parametrize("kind", ["bar", "line", "area"])
async def test_a_chart_is_drawn_and_its_numbers_can_be_read(scene: Scene, kind: str) -> None:
    def series(name: str, *values: int) -> dict[str, Any]:
        points = zip(("reached", "busy"), values, strict=True)
        return {"name": name, "data": [{"label": label, "value": value} for label, value in points]}

    drawn = {
        "type": kind,
        "series": [series("Li", 3, 1200), series("Chen", -2, 4)],
        "axis_config": {"categories": ["reached", "busy"], "y_label": "calls"},
    }
    await scene.post(scene.desk, "Calls", blocks=[{"type": "data_visualization", "title": "Calls", "chart": drawn}])
    page = await scene.open(scene.li, scene.desk)
    picture = page.get_by_role("img", name="Calls")
    await expect(picture.locator(".mark")).to_have_count(4)
    await expect(picture.locator(".mark title").first).to_have_text("Li, reached: 3")
    await expect(picture).to_contain_text("1,500")
    await page.get_by_text("Show data").click()
    await expect(page.get_by_role("table", name="Calls").get_by_role("row", name="busy")).to_contain_text("1,200")


async def test_a_pie_names_its_segments_with_their_shares(scene: Scene) -> None:
    segments = [{"label": "reached", "value": 3}, {"label": "busy", "value": 1}]
    block = {"type": "data_visualization", "title": "Calls", "chart": {"type": "pie", "segments": segments}}
    await scene.post(scene.desk, "Calls", blocks=[block])
    page = await scene.open(scene.li, scene.desk)
    await expect(page.get_by_role("img", name="Calls").locator(".slice")).to_have_count(2)
    await expect(page.get_by_role("figure").get_by_role("listitem")).to_have_text(
        ["reached · 3 (75%)", "busy · 1 (25%)"]
    )


async def test_an_unknown_block_is_shown_as_an_error(scene: Scene) -> None:
    await scene.post(scene.desk, "A plan", blocks=[{"type": "plan", "title": "Steps"}])
    page = await scene.open(scene.li, scene.desk)
    await expect(page.get_by_role("note")).to_contain_text("plan")


async def test_a_borrowers_name_is_shown_as_typed_and_notifies_nobody(scene: Scene) -> None:
    named = [
        {"type": "header", "text": plain(HOSTILE)},
        {"type": "section", "text": plain(f"Borrower {HOSTILE}")},
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": f"Name: {HOSTILE}"}]}],
        },
        actions(button(HOSTILE, "open")),
    ]
    await scene.post(scene.calls, "A new borrower", blocks=named)
    page = await scene.open(scene.li, scene.desk)
    channel = page.get_by_role("link", name="calls-li")
    await expect(channel).to_have_accessible_name("calls-li (public channel, 1 unread)")
    await channel.click()
    message = page.get_by_role("article")
    await expect(message.get_by_role("heading")).to_have_text(HOSTILE)
    await expect(message.get_by_text(f"Borrower {HOSTILE}", exact=True)).to_be_visible()
    await expect(message.get_by_text(f"Name: {HOSTILE}", exact=True)).to_be_visible()
    await expect(message.get_by_role("button", name=HOSTILE)).to_be_visible()
    await expect(message.locator(".mention, strong")).to_have_count(0)


async def test_mrkdwn_is_formatted_and_entities_are_decoded_once(scene: Scene) -> None:
    text = (
        f"*bold* _leaning_ ~gone~ `1 &lt; 2` 2*3*4 &amp;lt; :bell: <@{scene.wang.id}> <!here> <#{scene.desk.id}|desk>\n"
        "&gt; quoted *words*\n<https://lender.example/a?b=1&amp;c=2|the rules> <javascript:alert(1)|harmless>"
    )
    await scene.post(scene.desk, text)
    page = await scene.open(scene.li, scene.desk)
    message = page.get_by_role("article")
    await expect(message.locator("strong")).to_have_text(["bold", "words"])
    await expect(message.locator("em")).to_have_text("leaning")
    await expect(message.locator("s")).to_have_text("gone")
    await expect(message.locator("code")).to_have_text("1 < 2")
    await expect(message).to_contain_text("2*3*4 &lt; 🔔")
    await expect(message.locator(".mention")).to_have_text(["@王芳", "@here", "#desk"])
    await expect(message.locator("blockquote")).to_have_text("quoted words")
    await expect(message.get_by_role("link", name="the rules")).to_have_attribute(
        "href", "https://lender.example/a?b=1&c=2"
    )
    await expect(message.get_by_role("link", name="harmless")).to_have_count(0)
    await expect(message.get_by_text("harmless")).to_be_visible()


async def test_markup_in_a_message_stays_text(scene: Scene) -> None:
    scene.sandbox.say(scene.wang, scene.desk, "<img src=x onerror=alert(1)><script>alert(2)</script>")
    page = await scene.open(scene.li, scene.desk)
    message = page.get_by_role("article")
    await expect(message).to_contain_text("<img src=x onerror=alert(1)><script>alert(2)</script>")
    await expect(message.locator("img, script")).to_have_count(0)


async def test_a_due_time_is_shown_in_each_readers_zone(scene: Scene) -> None:
    await scene.post(scene.desk, "Due <!date^1795590000^{date_num} {time}|2026-11-25 15:00>")
    berlin = await scene.open(scene.li, scene.desk)
    await expect(berlin.get_by_role("article")).to_contain_text(re.compile(r"Due 2026-11-25 8:00\sAM"))
    shanghai = await scene.open(scene.wang, scene.desk)
    await expect(shanghai.get_by_role("article")).to_contain_text("Due 2026-11-25 15:00")
