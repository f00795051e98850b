"""Blocks and views for the browser tests."""

from typing import Any


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def button(text: str, value: str, **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": value, "value": value, "text": plain(text), **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"text": plain(value), "value": value} for value in values]


def text_cell(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def number_cell(value: int) -> dict[str, Any]:
    return {"type": "raw_number", "value": value, "text": str(value)}


def field(label: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an input block; its ids are the label in lower case."""
    name = label.lower()
    return {"type": "input", "block_id": name, "label": plain(label), "element": {"action_id": name, **element}, **more}


def text_field(label: str, *, multiline: bool = False, optional: bool = False, **more: Any) -> dict[str, Any]:
    return field(label, {"type": "plain_text_input", "multiline": multiline, **more}, optional=optional)


def modal(title: str, *blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain(title),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "blocks": list(blocks),
        **more,
    }
