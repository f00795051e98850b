"""The structure of payloads: unknown, missing, misplaced and contradictory parts are refused."""

from typing import Any

import pytest

from sandbox.validator import validate_blocks
from tests.sandbox.payloads import (
    IMAGE,
    URL,
    Json,
    actions,
    bar,
    button,
    container,
    data_table,
    grouped,
    input_block,
    mrkdwn,
    option,
    pie,
    plain,
    raw,
    rich_text,
    section,
    select,
    table,
    video,
)

WRONG: list[tuple[str, list[Any], str]] = [
    ("no object", ["section"], "/blocks/0"),
    ("no type", [{}], "/blocks/0"),
    ("unknown block", [{"type": "call"}], "/blocks/0/type"),
    ("unknown field of a block", [section(colour="red")], "/blocks/0/colour"),
    ("unknown field of an element", [actions(button(disabled=True))], "/blocks/0/elements/0/disabled"),
    ("unknown element", [actions({"type": "slider"})], "/blocks/0/elements/0/type"),
    ("element that may not stand there", [actions(IMAGE)], "/blocks/0/elements/0/type"),
    ("multi select in actions", [actions({"type": "multi_users_select"})], "/blocks/0/elements/0/type"),
    ("datetimepicker as accessory", [section(accessory={"type": "datetimepicker"})], "/blocks/0/accessory/type"),
    (
        "overflow as input",
        [input_block(element={"type": "overflow", "options": [option("a")]})],
        "/blocks/0/element/type",
    ),
    ("empty text", [section("")], "/blocks/0/text/text"),
    ("section of nothing", [{"type": "section"}], "/blocks/0"),
    ("no fields", [{"type": "section", "fields": []}], "/blocks/0/fields"),
    ("no elements", [actions()], "/blocks/0/elements"),
    ("mrkdwn header", [{"type": "header", "text": mrkdwn("x")}], "/blocks/0/text/type"),
    ("mrkdwn button", [actions(button() | {"text": mrkdwn("x")})], "/blocks/0/elements/0/text/type"),
    (
        "mrkdwn option of a menu",
        [actions({"type": "overflow", "options": [{"text": mrkdwn("x"), "value": "a"}]})],
        "/blocks/0/elements/0/options/0/text/type",
    ),
    ("emoji in mrkdwn", [{"type": "section", "text": mrkdwn("x") | {"emoji": True}}], "/blocks/0/text/emoji"),
    ("text as string", [{"type": "section", "text": "x"}], "/blocks/0/text"),
    ("number as text", [section() | {"text": plain("x") | {"text": 1}}], "/blocks/0/text/text"),
    ("empty button value", [actions(button(value=""))], "/blocks/0/elements/0/value"),
    ("value that is no text", [actions(button(value=1))], "/blocks/0/elements/0/value"),
    ("button style", [actions(button(style="default"))], "/blocks/0/elements/0/style"),
    ("button url", [actions(button(url="javascript:alert(1)"))], "/blocks/0/elements/0/url"),
    ("same block_id twice", [section(block_id="a"), section(block_id="a")], "/blocks/1/block_id"),
    ("same action_id twice", [actions(button()), actions(button())], "/blocks/1/elements/0/action_id"),
    (
        "same action_id inside a container",
        [container(child_blocks=[actions(button())]), actions(button())],
        "/blocks/1/elements/0/action_id",
    ),
    ("neither options nor groups", [actions({"type": "static_select"})], "/blocks/0/elements/0"),
    ("options and groups", [actions(grouped(1) | {"options": [option("a")]})], "/blocks/0/elements/0"),
    ("initial option not offered", [actions(select("a", initial_option=option("b")))], "/blocks/0/elements/0"),
    ("same value twice", [actions(select("a", "a"))], "/blocks/0/elements/0"),
    (
        "url in a menu's option",
        [actions({"type": "static_select", "options": [option("a") | {"url": URL}]})],
        "/blocks/0/elements/0/options/0/url",
    ),
    (
        "date that is none",
        [actions({"type": "datepicker", "initial_date": "2026-02-30"})],
        "/blocks/0/elements/0/initial_date",
    ),
    (
        "time that is none",
        [actions({"type": "timepicker", "initial_time": "24:00"})],
        "/blocks/0/elements/0/initial_time",
    ),
    (
        "milliseconds",
        [actions({"type": "datetimepicker", "initial_date_time": 1_790_000_000_000})],
        "/blocks/0/elements/0/initial_date_time",
    ),
    ("number input without its rule", [input_block(element={"type": "number_input"})], "/blocks/0/element"),
    ("half a confirmation", [actions(button(confirm={"title": plain("x")}))], "/blocks/0/elements/0/confirm"),
    ("image without words", [{"type": "image", "image_url": URL}], "/blocks/0"),
    ("image of nothing", [{"type": "image", "alt_text": "x"}], "/blocks/0"),
    ("image of both", [IMAGE | {"slack_file": {"id": "F1"}}], "/blocks/0"),
    (
        "unknown rich text",
        [{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}],
        "/blocks/0/elements/0/type",
    ),
    ("empty rich text", [rich_text({"type": "text", "text": ""})], "/blocks/0/elements/0/elements/0/text"),
    (
        "rich text style",
        [rich_text({"type": "text", "text": "x", "style": {"bold": 1}})],
        "/blocks/0/elements/0/elements/0/style/bold",
    ),
    ("user that is none", [rich_text({"type": "user", "user_id": "li"})], "/blocks/0/elements/0/elements/0/user_id"),
    ("date without format", [rich_text({"type": "date", "timestamp": 1})], "/blocks/0/elements/0/elements/0"),
    ("ragged data table", [data_table() | {"rows": [[raw("a"), raw("b")], [raw("c")]]}], "/blocks/0/rows/1"),
    ("data table without rows", [data_table(rows=0)], "/blocks/0/rows"),
    ("data table without caption", [{"type": "data_table", "rows": [[raw("a")], [raw("b")]]}], "/blocks/0"),
    (
        "rich header cell",
        [data_table() | {"rows": [[rich_text({"type": "text", "text": "x"})], [raw("b")]]}],
        "/blocks/0/rows/0/0",
    ),
    ("empty cell", [table(text="")], "/blocks/0/rows/0/0/text"),
    (
        "number cell without text",
        [{"type": "table", "rows": [[{"type": "raw_number", "value": 1}]]}],
        "/blocks/0/rows/0/0",
    ),
    (
        "pie of nothing",
        [pie() | {"chart": {"type": "pie", "segments": [{"label": "a", "value": 0}]}}],
        "/blocks/0/chart/segments/0/value",
    ),
    (
        "series without a category",
        [
            bar()
            | {
                "chart": {
                    "type": "bar",
                    "series": [{"name": "s", "data": [{"label": "a", "value": 1}]}],
                    "axis_config": {"categories": ["a", "b"]},
                }
            }
        ],
        "/blocks/0/chart/series/0/data",
    ),
    ("series of one name", [bar(series=2, name="s")], "/blocks/0/chart/series"),
    ("unknown chart", [pie() | {"chart": {"type": "donut", "segments": []}}], "/blocks/0/chart/type"),
    ("container without title", [{"type": "container", "child_blocks": [section()]}], "/blocks/0"),
    ("container in a container", [container(child_blocks=[container()])], "/blocks/0/child_blocks/0/type"),
    ("collapsed but not collapsible", [container(default_collapsed=True)], "/blocks/0/default_collapsed"),
    ("container width", [container(width="huge")], "/blocks/0/width"),
    ("card of nothing", [{"type": "card", "subtitle": plain("x")}], "/blocks/0"),
    ("alert in a message", [{"type": "alert", "text": plain("x")}], "/blocks/0/type"),
    ("file in a message", [{"type": "file", "external_id": "F", "source": "remote"}], "/blocks/0/type"),
    ("video in a message", [video()], "/blocks/0/type"),
    ("level of a task", [{"type": "task_card", "task_id": "1", "title": "x", "status": "done"}], "/blocks/0/status"),
]

GOOD: list[tuple[str, list[Json]]] = [
    (
        "every kind of select",
        [
            actions(
                {"type": "users_select"},
                {"type": "channels_select"},
                {"type": "conversations_select", "filter": {"include": ["im"]}},
                {"type": "external_select", "min_query_length": 0},
            )
        ],
    ),
    (
        "pickers",
        [
            actions(
                {"type": "datepicker", "initial_date": "2026-11-26"},
                {"type": "timepicker", "initial_time": "23:59", "timezone": "Asia/Shanghai"},
                {"type": "datetimepicker", "initial_date_time": 1_790_000_000},
            )
        ],
    ),
    ("choices in mrkdwn", [actions({"type": "radio_buttons", "options": [{"text": mrkdwn("*x*"), "value": "a"}]})]),
    ("an initial option", [actions(select("a", "b", initial_option=option("b")))]),
    (
        "rich text of all kinds",
        [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [
                            {"type": "text", "text": "x", "style": {"bold": True, "code": True}},
                            {"type": "link", "url": URL, "text": "here"},
                            {"type": "user", "user_id": "U1"},
                            {"type": "usergroup", "usergroup_id": "S1"},
                            {"type": "channel", "channel_id": "C1"},
                            {"type": "emoji", "name": "phone"},
                            {"type": "broadcast", "range": "here"},
                            {"type": "color", "value": "#00ff00"},
                            {
                                "type": "date",
                                "timestamp": 1_790_000_000,
                                "format": "{date_short} {time}",
                                "fallback": "11-26",
                            },
                        ],
                    },
                    {"type": "rich_text_quote", "elements": [{"type": "text", "text": "x"}]},
                    {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}], "border": 0},
                ],
            }
        ],
    ),
    (
        "mixed cells",
        [
            {
                "type": "table",
                "column_settings": [None, {"is_wrapped": True}],
                "rows": [
                    [rich_text({"type": "text", "text": "x"}), {"type": "raw_number", "value": 1.5, "text": "1.5"}]
                ],
            }
        ],
    ),
    (
        "a container of a table and buttons",
        [
            container(
                child_blocks=[table(), actions(button())],
                is_collapsible=True,
                default_collapsed=True,
                subtitle=plain("s"),
                width="wide",
            )
        ],
    ),
    (
        "feedback",
        [
            {
                "type": "context_actions",
                "elements": [
                    {
                        "type": "feedback_buttons",
                        "positive_button": {"text": plain("+"), "value": "1"},
                        "negative_button": {"text": plain("-"), "value": "0"},
                    }
                ],
            }
        ],
    ),
    (
        "a plan",
        [
            {
                "type": "plan",
                "title": "x",
                "tasks": [{"type": "task_card", "task_id": "1", "title": "x", "status": "complete"}],
            }
        ],
    ),
    ("a file as image", [{"type": "image", "alt_text": "x", "slack_file": {"id": "F1"}}]),
    ("no blocks", []),
]


@pytest.mark.parametrize(("blocks", "pointer"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_an_invalid_payload_is_refused_with_a_pointer_to_the_problem(blocks: list[Any], pointer: str) -> None:
    problems = validate_blocks(blocks)
    assert f"[json-pointer:{pointer}]" in "".join(problems)


@pytest.mark.parametrize("blocks", [row[1] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_valid_payload_is_accepted(blocks: list[Json]) -> None:
    assert validate_blocks(blocks) == []
