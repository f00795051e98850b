"""Slack's table of elements and objects: for each row an accepted payload, a refused one, and where its problem is."""

from tests.sandbox.payloads import (
    actions,
    button,
    confirm,
    field,
    grouped,
    menu,
    modal,
    option,
    options,
    plain,
    section,
    select,
    text_input,
    url,
)
from tests.sandbox.rows_of_blocks import Example

_NUMBER = {"type": "number_input", "is_decimal_allowed": False}

ELEMENTS: dict[str, list[Example]] = {
    "button": [
        ([actions(button("x" * 75))], [actions(button("x" * 76))], "/blocks/0/elements/0/text/text"),
        ([actions(button(value="x" * 2000))], [actions(button(value="x" * 2001))], "/blocks/0/elements/0/value"),
        ([actions(button(url=url(3000)))], [actions(button(url=url(3001)))], "/blocks/0/elements/0/url"),
        (
            [actions(button(accessibility_label="x" * 75))],
            [actions(button(accessibility_label="x" * 76))],
            "/blocks/0/elements/0/accessibility_label",
        ),
        ([actions(button(style="danger"))], [actions(button(style="red"))], "/blocks/0/elements/0/style"),
        ([actions(button())], [actions(button(disabled=True))], "/blocks/0/elements/0/disabled"),
    ],
    "static and multi select": [
        (
            [actions({"type": "static_select", "options": options(100)})],
            [actions({"type": "static_select", "options": options(101)})],
            "/blocks/0/elements/0/options",
        ),
        ([actions(grouped(100))], [actions(grouped(101))], "/blocks/0/elements/0/option_groups"),
        ([actions(grouped(1, 100))], [actions(grouped(1, 101))], "/blocks/0/elements/0/option_groups/0/options"),
        (
            [actions(select("a", placeholder=plain("x" * 150)))],
            [actions(select("a", placeholder=plain("x" * 151)))],
            "/blocks/0/elements/0/placeholder/text",
        ),
        (
            [actions({"type": "external_select", "min_query_length": 0})],
            [actions({"type": "external_select", "min_query_length": "0"})],
            "/blocks/0/elements/0/min_query_length",
        ),
        (
            modal(field("Who", {"type": "multi_external_select", "max_selected_items": 1})),
            modal(field("Who", {"type": "multi_external_select", "max_selected_items": 0})),
            "/view/blocks/0/element/max_selected_items",
        ),
    ],
    "option": [
        (
            [actions(select("x" * 75))],
            [actions({"type": "static_select", "options": [option("a", "x" * 76)]})],
            "/blocks/0/elements/0/options/0/text/text",
        ),
        (
            [actions({"type": "static_select", "options": [option("x" * 150, "a")]})],
            [actions({"type": "static_select", "options": [option("x" * 151, "a")]})],
            "/blocks/0/elements/0/options/0/value",
        ),
        (
            [actions({"type": "overflow", "options": [{**option("a"), "url": url(3000)}]})],
            [actions({"type": "overflow", "options": [{**option("a"), "url": url(3001)}]})],
            "/blocks/0/elements/0/options/0/url",
        ),
        (
            menu(text="x"),
            [actions({"type": "overflow", "options": [{**option("a"), "description": plain("x" * 76)}]})],
            "/blocks/0/elements/0/options/0/description/text",
        ),
        (
            [actions(select("a"))],
            [actions({"type": "static_select", "options": [{**option("a"), "url": url(30)}]})],
            "/blocks/0/elements/0/options/0/url",
        ),
    ],
    "overflow, checkboxes and radio": [
        (
            [actions({"type": kind, "options": options(most)})],
            [actions({"type": kind, "options": options(most + 1)})],
            "/blocks/0/elements/0/options",
        )
        for kind, most in (("overflow", 5), ("checkboxes", 10), ("radio_buttons", 10))
    ],
    "pickers": [
        (
            [actions({"type": "datepicker", "initial_date": "2026-11-26"})],
            [actions({"type": "datepicker", "initial_date": "2026-11-31"})],
            "/blocks/0/elements/0/initial_date",
        ),
        (
            [actions({"type": "timepicker", "initial_time": "23:59"})],
            [actions({"type": "timepicker", "initial_time": "24:00"})],
            "/blocks/0/elements/0/initial_time",
        ),
        (
            [actions({"type": "datetimepicker", "initial_date_time": 9_999_999_999})],
            [actions({"type": "datetimepicker", "initial_date_time": 10_000_000_000})],
            "/blocks/0/elements/0/initial_date_time",
        ),
        (None, [section(accessory={"type": "datetimepicker"})], "/blocks/0/accessory/type"),
    ],
    "plain_text_input": [
        (modal(text_input(max_length=3000)), modal(text_input(max_length=3001)), "/view/blocks/0/element/max_length"),
        (modal(text_input(max_length=1)), modal(text_input(max_length=0)), "/view/blocks/0/element/max_length"),
        (modal(text_input(min_length=3000)), modal(text_input(min_length=3001)), "/view/blocks/0/element/min_length"),
        (
            modal(text_input(min_length=2, max_length=2)),
            modal(text_input(min_length=3, max_length=2)),
            "/view/blocks/0/element/min_length",
        ),
        (
            modal(text_input(max_length=2, initial_value="ab")),
            modal(text_input(max_length=2, initial_value="abc")),
            "/view/blocks/0/element/initial_value",
        ),
    ],
    "number_input and file_input": [
        (modal(field("N", _NUMBER)), modal(field("N", {"type": "number_input"})), "/view/blocks/0/element"),
        (
            modal(field("N", {**_NUMBER, "initial_value": "1"})),
            modal(field("N", {**_NUMBER, "initial_value": "1.5"})),
            "/view/blocks/0/element/initial_value",
        ),
        (
            modal(field("N", {**_NUMBER, "min_value": "1", "max_value": "1"})),
            modal(field("N", {**_NUMBER, "min_value": "2", "max_value": "1"})),
            "/view/blocks/0/element/min_value",
        ),
        (
            modal(field("F", {"type": "file_input", "max_files": 10})),
            modal(field("F", {"type": "file_input", "max_files": 11})),
            "/view/blocks/0/element/max_files",
        ),
    ],
    "confirm": [
        (
            [actions(button(confirm=confirm(**{name: "x" * most})))],
            [actions(button(confirm=confirm(**{name: "x" * (most + 1)})))],
            f"/blocks/0/elements/0/confirm/{name}/text",
        )
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30))
    ]
    + [
        (
            [actions(button(confirm={**confirm(), "style": "danger"}))],
            [actions(button(confirm={**confirm(), "style": "red"}))],
            "/blocks/0/elements/0/confirm/style",
        )
    ],
    "text object": [
        ([section("x")], [section("")], "/blocks/0/text/text"),
        ([section("x" * 3000)], [section("x" * 3001)], "/blocks/0/text/text"),
        (
            [section("<!date^1790000000^{date_short_pretty} {time}|2026-09-21>")],
            [section("<!date^1790000000^{date_short_pretty} {time}>")],
            "/blocks/0/text/text",
        ),
        (
            [section("<!date^1790000000^{time}^https://a.example|2026-09-21>")],
            [section("<!date^1790000000^{hour}|2026-09-21>")],
            "/blocks/0/text/text",
        ),
    ],
    "dispatch_action_config": [
        (
            modal(text_input(dispatch_action_config={"trigger_actions_on": ["on_enter_pressed"]})),
            modal(text_input(dispatch_action_config={"trigger_actions_on": ["on_blur"]})),
            "/view/blocks/0/element/dispatch_action_config/trigger_actions_on/0",
        )
    ],
    "focus_on_load": [
        (
            modal(text_input(block_id="a", focus_on_load=True), text_input(block_id="b")),
            modal(text_input(block_id="a", focus_on_load=True), text_input(block_id="b", focus_on_load=True)),
            "/view/blocks/1/element/focus_on_load",
        )
    ],
}
