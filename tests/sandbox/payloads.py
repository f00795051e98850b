"""Blocks and views for the tests of the sandbox."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def button(text: str = "Done", action_id: str = "done", **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def option(value: str, text: str = "") -> Json:
    return {"text": plain(text or value), "value": value}


def select(*values: str, action_id: str = "pick", **more: Any) -> Json:
    return {"type": "static_select", "action_id": action_id, "options": [option(value) for value in values], **more}


def section(text: str = "Hello", **more: Any) -> Json:
    return {"type": "section", "text": mrkdwn(text), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def rich_text(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


URL = "https://a.example/"
IMAGE = {"type": "image", "image_url": URL, "alt_text": "A chart"}


def many(make: Callable[[int], Json], count: int) -> list[Json]:
    return [make(number) for number in range(count)]


def buttons(count: int) -> list[Json]:
    return many(lambda number: button(action_id=f"b{number}"), count)


def options(count: int) -> list[Json]:
    return many(lambda number: option(f"o{number}"), count)


def raw(text: str) -> Json:
    return {"type": "raw_text", "text": text}


def url(length: int) -> str:
    return URL + "x" * (length - len(URL))


def grouped(groups: int, each: int = 1) -> Json:
    group_list = [
        {"label": plain("g"), "options": many(lambda n, g=g: option(f"{g}-{n}"), each)} for g in range(groups)
    ]
    return {"type": "static_select", "option_groups": group_list}


def confirm(**changes: str) -> Json:
    texts = {"title": "Sure?", "text": "Really?", "confirm": "Yes", "deny": "No"} | changes
    return {name: plain(text) for name, text in texts.items()}


def menu(**more: Any) -> list[Json]:
    return [actions({"type": "overflow", "options": [option("a", **more)]})]


def table(rows: int = 1, columns: int = 1, text: str = "x", **more: Any) -> Json:
    return {"type": "table", "rows": [[raw(text)] * columns for _ in range(rows)], **more}


def data_table(rows: int = 1, columns: int = 1, text: str = "x", **more: Any) -> Json:
    cells = [[raw("h")] * columns, *([raw(text)] * columns for _ in range(rows))]
    return {"type": "data_table", "caption": "T", "rows": cells, **more}


def pie(segments: int = 1, label: str = "", title: str = "T") -> Json:
    segment_list = many(lambda number: {"label": label or f"s{number}", "value": 1}, segments)
    return {"type": "data_visualization", "title": title, "chart": {"type": "pie", "segments": segment_list}}


def bar(
    series: int = 1, points: int = 1, name: str = "", axis: str = "x", prefix: str = "p", kind: str = "bar"
) -> Json:
    labels = [f"{prefix}{number}" for number in range(points)]
    data = [{"label": label, "value": -1} for label in labels]
    chart = {
        "type": kind,
        "series": many(lambda number: {"name": name or f"s{number}", "data": data}, series),
        "axis_config": {"categories": labels, "x_label": axis, "y_label": axis},
    }
    return {"type": "data_visualization", "title": "T", "chart": chart}


def container(**more: Any) -> Json:
    return {"type": "container", "title": plain("T"), "child_blocks": [section()], **more}


def card(**more: Any) -> Json:
    return {"type": "card", "title": plain("T"), **more}


def input_block(**more: Any) -> Json:
    return {"type": "input", "label": plain("L"), "element": {"type": "plain_text_input"}, **more}


def icon_button(**more: Any) -> Json:
    element = {"type": "icon_button", "icon": "trash", "text": plain("T"), **more}
    return {"type": "context_actions", "elements": [element]}


def text_input(label: str = "Note", block_id: str = "note", **more: Any) -> Json:
    """Return an input block with a text field whose action_id is the block_id with the suffix `_in`."""
    block = {name: more.pop(name) for name in ("optional", "dispatch_action") if name in more}
    element = {"type": "plain_text_input", "action_id": f"{block_id}_in", **more}
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": element, **block}


def field(label: str, element: Json, **more: Any) -> Json:
    """Return an input block whose block_id is its label."""
    return {
        "type": "input",
        "block_id": label,
        "label": plain(label),
        "element": {"action_id": f"{label}_in", **element},
        **more,
    }


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": plain("Log a call"), "submit": plain("Log"), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def video(**more: Any) -> Json:
    return {
        "type": "video",
        "alt_text": "How to",
        "title": plain("How to"),
        "thumbnail_url": URL,
        "video_url": URL,
        **more,
    }


def date_in_rich_text(template: str = "{date_num} {time}", **more: Any) -> Json:
    return rich_text({"type": "date", "timestamp": 1_790_000_000, "format": template, "fallback": "2026", **more})
