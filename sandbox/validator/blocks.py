"""Validate blocks: where each may be used and what it may contain. Limits: /reference/block-kit/blocks."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.validator import elements, rich_text, tables
from sandbox.validator.objects import https, plain_text, slack_file, text, url
from sandbox.validator.schema import (
    Check,
    Report,
    Surface,
    anything,
    array,
    boolean,
    fields,
    one_of,
    string,
    tagged,
    units,
)

MAX_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}

# Limits over all blocks of a payload, and how Slack's refusal begins.
_TOTALS = {
    "markdown characters": (12_000, "markdown blocks"),
    "table characters": (10_000, "tables"),
    "data table characters": (20_000, "data tables"),
    "charts": (2, "data visualizations"),
}


def _block_id(value: Any, at: str, report: Report) -> None:
    string(1, 255)(value, at, report)
    if isinstance(value, str):
        if value in report.block_ids:
            report.fail(at, f"block_id {value} is already used")
        report.block_ids.add(value)


def _block(
    required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None, **more: Any
) -> Check:
    check = fields({"type": anything, **(required or {})}, {"block_id": _block_id, **(optional or {})}, **more)

    def counted(value: Any, at: str, report: Report) -> None:
        report.count("blocks")
        check(value, at, report)

    return counted


def _only_on(surfaces: tuple[Surface, ...], check: Check) -> Check:
    def guarded(value: Any, at: str, report: Report) -> None:
        if report.surface not in surfaces:
            report.fail(f"{at}/type", f"{value['type']} is not allowed on a {report.surface}")
        else:
            check(value, at, report)

    return guarded


def _count_markdown(block: dict[str, Any], _at: str, report: Report) -> None:
    report.count("markdown characters", units(block["text"]))


_PASSWORD = re.compile(r"\b(password|passcode|pin code)\b|密码|口令", re.IGNORECASE)


def _count_input(block: dict[str, Any], at: str, report: Report) -> None:
    report.count("inputs")
    if _PASSWORD.search(block["label"]["text"]):
        report.fail(f"{at}/label", "a view must not ask for a password")


def _needs_scope(scope: str) -> Check:
    def check(block: dict[str, Any], at: str, report: Report) -> None:
        if scope not in report.scopes:
            report.fail(f"{at}/type", f"{block['type']} needs the scope {scope}")

    return check


def _collapsed_needs_collapsible(block: dict[str, Any], at: str, report: Report) -> None:
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        report.fail(f"{at}/default_collapsed", "needs is_collapsible")


def _never(why: str) -> Check:
    def check(value: Any, at: str, report: Report) -> None:
        report.fail(f"{at}/type", f"{value['type']} {why}")

    return check


_CARD: Check = _block(
    {},
    {
        "hero_image": elements.image,
        "icon": elements.image,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "subtext": text(200),
        "actions": array(tagged(elements.BUTTONS, "a button"), 1, 3),
    },
    at_least_one=("hero_image", "title", "actions", "body"),
)
_TASK = _block(
    {
        "task_id": string(1, 255),
        "title": string(1, 3000),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {
        "details": rich_text.rich_text,
        "output": rich_text.rich_text,
        "sources": array(fields({"type": anything, "url": url, "text": string(1, 3000)}), 1, 50),
    },
)

_IN_CONTEXT: dict[str, Check] = {
    "image": elements.image,
    "plain_text": plain_text(3000),
    "mrkdwn": text(3000),
}
_IN_CONTAINER = ("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table", "video")

BLOCKS: dict[str, Check] = {
    "section": _block(
        {},
        {
            "text": text(3000),
            "fields": array(text(2000), 1, 10),
            "accessory": tagged(elements.AS_ACCESSORY, "an accessory"),
            "expand": boolean,
        },
        at_least_one=("text", "fields"),
    ),
    "header": _block({"text": plain_text(150)}),
    "divider": _block(),
    "context": _block({"elements": array(tagged(_IN_CONTEXT, "a context element"), 1, 10)}),
    "actions": _block({"elements": array(tagged(elements.IN_ACTIONS, "an action element"), 1, 25)}),
    "input": _block(
        {"label": plain_text(2000), "element": tagged(elements.IN_INPUT, "an input element")},
        {"hint": plain_text(2000), "optional": boolean, "dispatch_action": boolean},
        then=_count_input,
    ),
    "image": _block(
        {"alt_text": string(1, 2000)},
        {"image_url": url, "slack_file": slack_file, "title": plain_text(2000)},
        exactly_one=("image_url", "slack_file"),
    ),
    "rich_text": _block({"elements": rich_text.BODY["elements"]}),
    "markdown": _only_on(("message",), _block({"text": string(1, 12_000)}, then=_count_markdown)),
    "table": _only_on(("message",), _block(tables.TABLE, tables.TABLE_OPTIONAL, then=tables.count_table)),
    "data_table": _only_on(
        ("message",), _block(tables.DATA_TABLE, tables.DATA_TABLE_OPTIONAL, then=tables.check_data_table)
    ),
    "data_visualization": _only_on(("message",), _block(tables.CHART, then=tables.count_chart)),
    "card": _CARD,
    "carousel": _block({"elements": array(tagged({"card": _CARD}, "a card"), 1, 10)}),
    "context_actions": _only_on(
        ("message",), _block({"elements": array(tagged(elements.CONTEXT_ACTIONS, "a context action"), 1, 5)})
    ),
    "task_card": _only_on(("message",), _TASK),
    "plan": _only_on(
        ("message",),
        _block({"title": string(1, 3000)}, {"tasks": array(tagged({"task_card": _TASK}, "a task"), 1, 50)}),
    ),
    "alert": _only_on(
        ("modal",),
        _block({"text": text(200)}, {"level": one_of("default", "info", "warning", "error", "success")}),
    ),
    "file": _never("can't be posted by an app"),
    "video": _block(
        {"alt_text": string(1, 2000), "title": plain_text(199), "thumbnail_url": url, "video_url": https},
        {
            "author_name": string(1, 49),
            "description": plain_text(200),
            "provider_icon_url": url,
            "provider_name": string(1, 200),
            "title_url": https,
        },
        then=_needs_scope("links.embed:write"),
    ),
}
# A container holds blocks, so its rule needs the table above.
BLOCKS["container"] = _block(
    {"child_blocks": array(tagged(BLOCKS, "a child block", among=_IN_CONTAINER), 1, 10)},
    {
        "title": plain_text(150),
        "rich_text_title": rich_text.rich_text,
        "subtitle": text(150),
        "icon": elements.image,
        "width": one_of("narrow", "standard", "wide", "full"),
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    at_least_one=("title", "rich_text_title"),
    then=_collapsed_needs_collapsible,
)


def check_blocks(blocks: Any, report: Report, at: str = "/blocks") -> None:
    """Report everything that Slack would refuse in a list of blocks."""
    most = MAX_BLOCKS[report.surface]
    array(tagged(BLOCKS, "a block"), 0, most)(blocks, at, report)
    if report.counts.get("blocks", 0) > most and isinstance(blocks, list) and len(blocks) <= most:
        report.fail(at, f"no more than {most} blocks allowed, those inside others included")
    for what, (limit, name) in _TOTALS.items():
        if report.counts.get(what, 0) > limit:
            report.fail(at, f"{name} may have no more than {limit} {what.split()[-1]} in all")
