"""Limits of Block Kit in messages: a payload at the limit is accepted, one over it is refused."""

from collections.abc import Callable

import pytest

from sandbox.validator import validate_blocks, validate_message
from sandbox.validator.schema import Surface
from tests.sandbox.payloads import (
    IMAGE,
    Json,
    actions,
    bar,
    button,
    buttons,
    card,
    confirm,
    container,
    data_table,
    grouped,
    icon_button,
    input_block,
    many,
    menu,
    mrkdwn,
    option,
    options,
    pie,
    plain,
    rich_text,
    section,
    select,
    table,
    url,
)

Build = Callable[[int], list[Json]]

LIMITS: list[tuple[str, int, Build]] = [
    ("blocks in a message", 50, lambda n: [{"type": "divider"}] * n),
    ("blocks with those in containers", 10, lambda n: [container(child_blocks=[section()] * n)] + [section()] * 39),
    ("block_id", 255, lambda n: [section(block_id="x" * n)]),
    ("action_id", 255, lambda n: [actions(button(action_id="x" * n))]),
    ("section text", 3000, lambda n: [section("x" * n)]),
    ("section fields", 10, lambda n: [{"type": "section", "fields": [mrkdwn("x")] * n}]),
    ("section field text", 2000, lambda n: [{"type": "section", "fields": [mrkdwn("x" * n)]}]),
    ("header text", 150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
    ("context elements", 10, lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}]),
    ("context text", 3000, lambda n: [{"type": "context", "elements": [plain("x" * n)]}]),
    ("actions elements", 25, lambda n: [actions(*buttons(n))]),
    ("input label", 2000, lambda n: [input_block(label=plain("x" * n))]),
    ("input hint", 2000, lambda n: [input_block(hint=plain("x" * n))]),
    ("image alt_text", 2000, lambda n: [{**IMAGE, "alt_text": "x" * n}]),
    ("image title", 2000, lambda n: [{**IMAGE, "title": plain("x" * n)}]),
    ("image url", 3000, lambda n: [{**IMAGE, "image_url": url(n)}]),
    ("image element alt_text", 2000, lambda n: [section(accessory={**IMAGE, "alt_text": "x" * n})]),
    ("markdown text", 12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
    (
        "markdown over all blocks",
        6_000,
        lambda n: [{"type": "markdown", "text": "x" * 6_000}, {"type": "markdown", "text": "x" * n}],
    ),
    ("table rows", 100, lambda n: [table(rows=n)]),
    ("table columns", 20, lambda n: [table(columns=n)]),
    ("table column settings", 20, lambda n: [table(column_settings=[{"align": "right"}] * n)]),
    ("table characters over all tables", 5_000, lambda n: [table(text="x" * 5_000), table(text="x" * n)]),
    ("data table rows", 200, lambda n: [data_table(rows=n)]),
    ("data table columns", 20, lambda n: [data_table(columns=n)]),
    ("data table page_size", 100, lambda n: [data_table(page_size=n)]),
    ("data table characters with caption and header", 19_998, lambda n: [data_table(text="x" * n)]),
    ("data table row header column", 1, lambda n: [data_table(columns=2, row_header_column_index=n)]),
    ("charts in a message", 2, lambda n: [pie()] * n),
    ("chart title", 50, lambda n: [pie(title="x" * n)]),
    ("pie segments", 12, lambda n: [pie(segments=n)]),
    ("pie label", 20, lambda n: [pie(label="x" * n)]),
    ("bar series", 12, lambda n: [bar(series=n)]),
    ("bar points", 20, lambda n: [bar(points=n)]),
    ("line points", 20, lambda n: [bar(points=n, kind="line")]),
    ("area series", 12, lambda n: [bar(series=n, kind="area")]),
    ("series name", 20, lambda n: [bar(name="x" * n)]),
    ("category label", 20, lambda n: [bar(prefix="x" * (n - 1))]),
    ("axis title", 50, lambda n: [bar(axis="x" * n)]),
    ("container title", 150, lambda n: [container(title=plain("x" * n))]),
    ("container subtitle", 150, lambda n: [container(subtitle=mrkdwn("x" * n))]),
    ("container child blocks", 10, lambda n: [container(child_blocks=[section()] * n)]),
    ("card title", 150, lambda n: [card(title=plain("x" * n))]),
    ("card subtitle", 150, lambda n: [card(subtitle=plain("x" * n))]),
    ("card body", 200, lambda n: [card(body=plain("x" * n))]),
    ("card subtext", 200, lambda n: [card(subtext=plain("x" * n))]),
    ("card buttons", 3, lambda n: [card(actions=buttons(n))]),
    ("carousel cards", 10, lambda n: [{"type": "carousel", "elements": [card()] * n}]),
    (
        "context actions",
        5,
        lambda n: [
            {
                "type": "context_actions",
                "elements": many(
                    lambda i: {"type": "icon_button", "icon": "trash", "text": plain("T"), "action_id": f"i{i}"}, n
                ),
            }
        ],
    ),
    ("icon button value", 2000, lambda n: [icon_button(value="x" * n)]),
    ("icon button users", 10, lambda n: [icon_button(visible_to_user_ids=["U1"] * n)]),
    ("button text", 75, lambda n: [actions(button("x" * n))]),
    ("button value", 2000, lambda n: [actions(button(value="x" * n))]),
    ("button url", 3000, lambda n: [actions(button(url=url(n)))]),
    ("button accessibility_label", 75, lambda n: [actions(button(accessibility_label="x" * n))]),
    ("select options", 100, lambda n: [actions({"type": "static_select", "options": options(n)})]),
    ("select option groups", 100, lambda n: [actions(grouped(n))]),
    ("select options of a group", 100, lambda n: [actions(grouped(1, n))]),
    ("select placeholder", 150, lambda n: [actions(select("a", placeholder=plain("x" * n)))]),
    (
        "multi select options",
        100,
        lambda n: [section(accessory={"type": "multi_static_select", "options": options(n)})],
    ),
    ("option text", 75, lambda n: menu(text="x" * n)),
    (
        "option value",
        150,
        lambda n: [actions({"type": "overflow", "options": [{"text": plain("a"), "value": "x" * n}]})],
    ),
    (
        "option description",
        75,
        lambda n: [actions({"type": "overflow", "options": [option("a") | {"description": plain("x" * n)}]})],
    ),
    ("option url", 3000, lambda n: [actions({"type": "overflow", "options": [option("a") | {"url": url(n)}]})]),
    (
        "group label",
        75,
        lambda n: [
            actions({"type": "static_select", "option_groups": [{"label": plain("x" * n), "options": [option("a")]}]})
        ],
    ),
    ("overflow options", 5, lambda n: [actions({"type": "overflow", "options": options(n)})]),
    ("checkboxes", 10, lambda n: [actions({"type": "checkboxes", "options": options(n)})]),
    ("radio buttons", 10, lambda n: [actions({"type": "radio_buttons", "options": options(n)})]),
    ("text input max_length", 3000, lambda n: [input_block(element={"type": "plain_text_input", "max_length": n})]),
    ("text input min_length", 3000, lambda n: [input_block(element={"type": "plain_text_input", "min_length": n})]),
    ("datetimepicker digits", 9_999_999_999, lambda n: [actions({"type": "datetimepicker", "initial_date_time": n})]),
    ("file input files", 10, lambda n: [input_block(element={"type": "file_input", "max_files": n})]),
    ("confirm title", 100, lambda n: [actions(button(confirm=confirm(title="x" * n)))]),
    ("confirm text", 300, lambda n: [actions(button(confirm=confirm(text="x" * n)))]),
    ("confirm confirm", 30, lambda n: [actions(button(confirm=confirm(confirm="x" * n)))]),
    ("confirm deny", 30, lambda n: [actions(button(confirm=confirm(deny="x" * n)))]),
    (
        "rich text list indent",
        8,
        lambda n: [
            {
                "type": "rich_text",
                "elements": [
                    {
                        "type": "rich_text_list",
                        "style": "bullet",
                        "indent": n,
                        "elements": rich_text({"type": "text", "text": "x"})["elements"],
                    }
                ],
            }
        ],
    ),
]


@pytest.mark.parametrize(("limit", "build"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS])
def test_a_payload_at_the_limit_is_accepted_and_one_over_it_refused(limit: int, build: Build) -> None:
    assert validate_blocks(build(limit)) == []
    assert validate_message({"text": "x", "blocks": build(limit)}) is None
    refusal = validate_message({"text": "x", "blocks": build(limit + 1)})
    assert refusal is not None
    assert refusal.error == "invalid_blocks"
    assert refusal.messages[0].startswith("[ERROR] ")


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_a_view_may_have_more_blocks_than_a_message(surface: Surface, most: int) -> None:
    assert validate_blocks([{"type": "divider"}] * most, surface) == []
    assert validate_blocks([{"type": "divider"}] * (most + 1), surface) != []


def test_alerts_are_allowed_only_in_views_and_tables_only_in_messages() -> None:
    assert validate_blocks([{"type": "alert", "text": plain("x" * 200), "level": "warning"}], "modal") == []
    assert validate_blocks([{"type": "alert", "text": plain("x" * 201)}], "modal") != []
    assert validate_blocks([table()], "modal") != []


def test_characters_outside_the_basic_plane_count_twice() -> None:
    assert validate_blocks([{"type": "header", "text": plain("😀" * 75)}]) == []
    assert validate_blocks([{"type": "header", "text": plain("😀" * 75 + "x")}]) != []


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "attachments": [{"blocks": [section()], "color": "#f00"}] * 100}, None),
        ({"text": "x", "attachments": [{"blocks": [section()], "pretext": "x"}]}, "invalid_attachments"),
        ({"text": "x", "attachments": "x"}, "invalid_attachments"),
        ({"text": 1}, "invalid_arguments"),
        ({"text": "x" * 40_001}, None),
        ({"text": "x", "metadata": {"event_type": "a", "event_payload": []}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {}}, None),
    ],
)
def test_a_message_is_refused_over_its_own_limits(payload: Json, error: str | None) -> None:
    refusal = validate_message(payload)
    assert (refusal.error if refusal else None) == error
