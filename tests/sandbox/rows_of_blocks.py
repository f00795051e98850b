"""Slack's table of blocks: for each row an accepted payload, a refused one, and where its problem is."""

from typing import Any

from tests.sandbox.payloads import (
    IMAGE,
    Json,
    actions,
    bar,
    button,
    buttons,
    card,
    container,
    data_table,
    date_in_rich_text,
    home,
    icon_button,
    input_block,
    many,
    modal,
    mrkdwn,
    pie,
    plain,
    rich_text,
    section,
    table,
    url,
    video,
)

VIDEO = frozenset({"links.embed:write"})
_TASK = {"type": "task_card", "task_id": "t", "title": "T", "status": "complete"}
_FEEDBACK = {"positive_button": {"text": plain("Good"), "value": "1"}}


def icons(count: int) -> list[Json]:
    return many(lambda number: icon_button(action_id=f"i{number}")["elements"][0], count)


Example = tuple[Any, Any, str]
"""Accepted blocks or view, refused blocks or view, and where the problem is."""

BLOCKS: dict[str, list[Example]] = {
    "blocks of a message": [([{"type": "divider"}] * 50, [{"type": "divider"}] * 51, "/blocks")],
    "block_id and action_id": [
        ([section(block_id="x" * 255)], [section(block_id="x" * 256)], "/blocks/0/block_id"),
        (
            [actions(button(action_id="x" * 255))],
            [actions(button(action_id="x" * 256))],
            "/blocks/0/elements/0/action_id",
        ),
        ([section(block_id="a"), section(block_id="b")], [section(block_id="a")] * 2, "/blocks/1/block_id"),
        (
            [actions(button(action_id="a"), button(action_id="b"))],
            [actions(button(action_id="a"), button(action_id="a"))],
            "/blocks/0/elements/1/action_id",
        ),
    ],
    "section": [
        ([section("x" * 3000)], [section("x" * 3001)], "/blocks/0/text/text"),
        (
            [{"type": "section", "fields": [mrkdwn("x")] * 10}],
            [{"type": "section", "fields": [mrkdwn("x")] * 11}],
            "/blocks/0/fields",
        ),
        (
            [{"type": "section", "fields": [mrkdwn("x" * 2000)]}],
            [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
            "/blocks/0/fields/0/text",
        ),
        ([section(accessory=button())], [section(accessory=[button()])], "/blocks/0/accessory"),
        ([section(expand=True)], [section(expand="yes")], "/blocks/0/expand"),
    ],
    "header": [
        (
            [{"type": "header", "text": plain("x" * 150)}],
            [{"type": "header", "text": plain("x" * 151)}],
            "/blocks/0/text/text",
        )
    ],
    "divider": [([{"type": "divider"}], [{"type": "divider", "text": plain("x")}], "/blocks/0/text")],
    "context": [
        (
            [{"type": "context", "elements": [mrkdwn("x")] * 10}],
            [{"type": "context", "elements": [mrkdwn("x")] * 11}],
            "/blocks/0/elements",
        ),
        (
            [{"type": "context", "elements": [IMAGE, plain("x")]}],
            [{"type": "context", "elements": [button()]}],
            "/blocks/0/elements/0/type",
        ),
    ],
    "actions": [([actions(*buttons(25))], [actions(*buttons(26))], "/blocks/0/elements")],
    "input": [
        ([input_block(label=plain("x" * 2000))], [input_block(label=plain("x" * 2001))], "/blocks/0/label/text"),
        ([input_block(hint=plain("x" * 2000))], [input_block(hint=plain("x" * 2001))], "/blocks/0/hint/text"),
        ([input_block(optional=True)], [input_block(optional="yes")], "/blocks/0/optional"),
        ([input_block(dispatch_action=True)], [input_block(dispatch_action=1)], "/blocks/0/dispatch_action"),
    ],
    "image": [
        ([{**IMAGE, "alt_text": "x" * 2000}], [{**IMAGE, "alt_text": "x" * 2001}], "/blocks/0/alt_text"),
        ([IMAGE], [{"type": "image", "image_url": url(30)}], "/blocks/0"),
        ([{**IMAGE, "title": plain("x" * 2000)}], [{**IMAGE, "title": plain("x" * 2001)}], "/blocks/0/title/text"),
        ([{**IMAGE, "image_url": url(3000)}], [{**IMAGE, "image_url": url(3001)}], "/blocks/0/image_url"),
    ],
    "rich_text": [
        (
            [rich_text({"type": "text", "text": "x"})],
            [rich_text({"type": "text", "text": ""})],
            "/blocks/0/elements/0/elements/0/text",
        ),
        ([date_in_rich_text()], [date_in_rich_text("{date_numb}")], "/blocks/0/elements/0/elements/0/format"),
        ([date_in_rich_text()], [date_in_rich_text("at noon")], "/blocks/0/elements/0/elements/0/format"),
    ],
    "markdown": [
        ([{"type": "markdown", "text": "x" * 12_000}], [{"type": "markdown", "text": "x" * 12_001}], "/blocks/0/text"),
        ([{"type": "markdown", "text": "x" * 6_000}] * 2, [{"type": "markdown", "text": "x" * 6_001}] * 2, "/blocks"),
        (None, modal({"type": "markdown", "text": "x"}), "/view/blocks/0/type"),
    ],
    "table": [
        ([table(rows=100)], [table(rows=101)], "/blocks/0/rows"),
        ([table(columns=20)], [table(columns=21)], "/blocks/0/rows/0"),
        ([table(text="x" * 10_000)], [table(text="x" * 10_001)], "/blocks"),
        (
            [table(column_settings=[{"align": "right"}])],
            [table(column_settings=[{"align": "top"}])],
            "/blocks/0/column_settings/0/align",
        ),
        (None, modal(table()), "/view/blocks/0/type"),
    ],
    "data_table": [
        ([data_table(rows=200)], [data_table(rows=201)], "/blocks/0/rows"),
        ([data_table(columns=20)], [data_table(columns=21)], "/blocks/0/rows/0"),
        ([data_table()], [{name: part for name, part in data_table().items() if name != "caption"}], "/blocks/0"),
        ([data_table()], [data_table(rows=0)], "/blocks/0/rows"),
        ([data_table(page_size=100)], [data_table(page_size=101)], "/blocks/0/page_size"),
        ([data_table(text="x" * 19_998)], [data_table(text="x" * 19_999)], "/blocks"),
        (None, home(data_table()), "/view/blocks/0/type"),
    ],
    "data_visualization": [
        ([pie(), bar()], [pie(), bar(), pie()], "/blocks"),
        ([pie(title="x" * 50)], [pie(title="x" * 51)], "/blocks/0/title"),
        ([pie(segments=12)], [pie(segments=13)], "/blocks/0/chart/segments"),
        ([bar(series=12)], [bar(series=13)], "/blocks/0/chart/series"),
        ([bar(points=20)], [bar(points=21)], "/blocks/0/chart/series/0/data"),
        ([pie(label="x" * 20)], [pie(label="x" * 21)], "/blocks/0/chart/segments/0/label"),
        ([bar(axis="x" * 50)], [bar(axis="x" * 51)], "/blocks/0/chart/axis_config/x_label"),
        (None, modal(pie()), "/view/blocks/0/type"),
    ],
    "container": [
        ([container(title=plain("x" * 150))], [container(title=plain("x" * 151))], "/blocks/0/title/text"),
        ([container(subtitle=plain("x" * 150))], [container(subtitle=plain("x" * 151))], "/blocks/0/subtitle/text"),
        (
            [container(child_blocks=[section()] * 10)],
            [container(child_blocks=[section()] * 11)],
            "/blocks/0/child_blocks",
        ),
        ([container(width="full")], [container(width="huge")], "/blocks/0/width"),
        ([container()], [container(child_blocks=[card()])], "/blocks/0/child_blocks/0/type"),
    ],
    "card": [
        ([card(title=plain("x" * 150))], [card(title=plain("x" * 151))], "/blocks/0/title/text"),
        ([card(body=plain("x" * 200))], [card(body=plain("x" * 201))], "/blocks/0/body/text"),
        ([card(actions=buttons(3))], [card(actions=buttons(4))], "/blocks/0/actions"),
        ([card()], [{"type": "card", "subtitle": plain("x")}], "/blocks/0"),
    ],
    "carousel": [
        (
            [{"type": "carousel", "elements": [card()] * 10}],
            [{"type": "carousel", "elements": [card()] * 11}],
            "/blocks/0/elements",
        ),
        ([{"type": "carousel", "elements": [card()]}], [{"type": "carousel", "elements": []}], "/blocks/0/elements"),
    ],
    "alert": [
        (
            modal({"type": "alert", "text": plain("x" * 200)}),
            modal({"type": "alert", "text": plain("x" * 201)}),
            "/view/blocks/0/text/text",
        ),
        (
            modal({"type": "alert", "text": plain("x"), "level": "warning"}),
            modal({"type": "alert", "text": plain("x"), "level": "loud"}),
            "/view/blocks/0/level",
        ),
        (None, [{"type": "alert", "text": plain("x")}], "/blocks/0/type"),
        (None, home({"type": "alert", "text": plain("x")}), "/view/blocks/0/type"),
    ],
    "context_actions": [
        (
            [{"type": "context_actions", "elements": icons(5)}],
            [{"type": "context_actions", "elements": icons(6)}],
            "/blocks/0/elements",
        ),
        (
            None,
            [{"type": "context_actions", "elements": [{"type": "feedback_buttons", **_FEEDBACK}]}],
            "/blocks/0/elements/0",
        ),
        (None, modal(icon_button()), "/view/blocks/0/type"),
    ],
    "task_card, plan": [
        ([_TASK], [{**_TASK, "status": "waiting"}], "/blocks/0/status"),
        (
            [{"type": "plan", "title": "P", "tasks": [_TASK]}],
            [{"type": "plan", "title": "P", "tasks": [section()]}],
            "/blocks/0/tasks/0/type",
        ),
    ],
    "file": [(None, [{"type": "file", "external_id": "x", "source": "remote"}], "/blocks/0/type")],
    "video": [
        (None, [video()], "/blocks/0/type"),
        ((VIDEO, [video(title=plain("x" * 199))]), (VIDEO, [video(title=plain("x" * 200))]), "/blocks/0/title/text"),
        ((VIDEO, [video(author_name="x" * 49)]), (VIDEO, [video(author_name="x" * 50)]), "/blocks/0/author_name"),
        ((VIDEO, [video()]), (VIDEO, [video(video_url="http://a.example/")]), "/blocks/0/video_url"),
    ],
}
