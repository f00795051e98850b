"""Validate a view, modal or App Home. Limits: /reference/views/modal-views, /reference/methods/views.open."""

import json
from typing import Any

from sandbox.model import Json
from sandbox.validator.blocks import check_blocks
from sandbox.validator.message import Refusal
from sandbox.validator.objects import option, option_group, plain_text
from sandbox.validator.schema import Check, Report, Surface, anything, array, boolean, fields, string

MAX_BYTES = 250_000

_COMMON: dict[str, Check] = {
    "private_metadata": string(0, 3000),
    "callback_id": string(1, 255),
    "external_id": string(1, 255),
}
_VIEWS: dict[Surface, Check] = {
    "modal": fields(
        {"type": anything, "title": plain_text(24), "blocks": anything},
        {
            **_COMMON,
            "submit": plain_text(24),
            "close": plain_text(24),
            "submit_disabled": boolean,
            "clear_on_close": boolean,
            "notify_on_close": boolean,
        },
    ),
    "home": fields({"type": anything, "blocks": anything}, _COMMON),
}


def validate_view(view: Any, surface: Surface = "modal", scopes: frozenset[str] = frozenset()) -> Refusal | None:
    """Return why Slack refuses a view, or None when it is valid. `surface` is the type that the method or answer expects."""
    report = Report(surface, scopes)
    if not isinstance(view, dict) or view.get("type") != surface:
        report.fail("/view/type" if isinstance(view, dict) else "/view", f"must be a view of type {surface}")
        return Refusal("invalid_arguments", tuple(report.problems))
    _VIEWS[surface](view, "/view", report)
    if "blocks" in view:
        check_blocks(view["blocks"], report, "/view/blocks")
    if surface == "modal" and report.counts.get("inputs") and "submit" not in view:
        report.fail("/view/submit", "a view with input blocks needs a submit button")
    if report.problems:
        return Refusal("invalid_arguments", tuple(report.problems))
    return Refusal("view_too_large") if size(view) > MAX_BYTES else None


def size(view: Json) -> int:
    """Return the size of the view in bytes, as JSON in UTF-8."""
    return len(json.dumps(view, ensure_ascii=False).encode())


_OPTIONS = fields(
    {},
    {"options": array(option, 0, 100), "option_groups": array(option_group, 0, 100)},
    exactly_one=("options", "option_groups"),
)


def validate_options(answer: Any) -> Refusal | None:
    """Return why Slack refuses an answer to `block_suggestion`, or None when it shows the options."""
    report = Report("modal")
    _OPTIONS(answer, "", report)
    return Refusal("invalid_options", tuple(report.problems)) if report.problems else None
