"""Validate rich text. Limits: /reference/block-kit/blocks/rich-text-block."""

import re

from sandbox.dates import is_template
from sandbox.validator.objects import url
from sandbox.validator.schema import Check, anything, array, boolean, fields, integer, one_of, string, tagged

_STYLE = fields(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"), boolean
    ),
)
_STYLED: dict[str, Check] = {"style": _STYLE}


def _part(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    return fields({"type": anything, **required}, {**_STYLED, **(optional or {})})


def _id(pattern: str, what: str) -> Check:
    compiled = re.compile(pattern)
    return string(1, 20, test=lambda value: bool(compiled.fullmatch(value)), what=what)


_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")

_FORMAT = string(1, 300, test=is_template, what="a text with at least one date token, and none that Slack doesn't have")

PARTS: dict[str, Check] = {
    "text": _part({"text": string(1, 3000)}),
    "link": _part({"url": url}, {"text": string(1, 3000), "unsafe": boolean}),
    "user": _part({"user_id": _id(r"[UW][A-Z0-9]+", "a user id")}),
    "usergroup": _part({"usergroup_id": _id(r"S[A-Z0-9]+", "a user group id")}),
    "channel": _part({"channel_id": _id(r"[CDG][A-Z0-9]+", "a channel id")}),
    "team": _part({"team_id": _id(r"T[A-Z0-9]+", "a team id")}),
    "broadcast": _part({"range": one_of("here", "channel", "everyone")}),
    "emoji": _part({"name": string(1, 100)}, {"unicode": string(1, 100), "skin_tone": integer(1, 6)}),
    "color": _part({"value": string(7, 7, test=lambda value: bool(_COLOR.fullmatch(value)), what="a hex colour")}),
    "date": _part(
        {"timestamp": integer(0, 2**40), "format": _FORMAT},
        {"url": url, "timezone": string(1, 100), "fallback": string(1, 300)},
    ),
}

_SECTION = fields({"type": anything, "elements": array(tagged(PARTS, "a part of rich text"), 1, 1000)})

ELEMENTS: dict[str, Check] = {
    "rich_text_section": _SECTION,
    "rich_text_list": fields(
        {
            "type": anything,
            "elements": array(tagged({"rich_text_section": _SECTION}, "a list item"), 1, 1000),
            "style": one_of("bullet", "ordered"),
        },
        {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
    ),
    "rich_text_quote": fields(
        {"type": anything, "elements": array(tagged(PARTS, "a part of rich text"), 1, 1000)}, {"border": integer(0, 1)}
    ),
    "rich_text_preformatted": fields(
        {"type": anything, "elements": array(tagged(PARTS, "preformatted text", among=("text", "link")), 1, 1000)},
        {"border": integer(0, 1), "language": string(1, 50)},
    ),
}

BODY: dict[str, Check] = {"type": anything, "elements": array(tagged(ELEMENTS, "a rich text element"), 1, 1000)}

rich_text = fields(BODY, {"block_id": string(1, 255)})
"""Rich text inside another block, where its block_id has no effect."""
