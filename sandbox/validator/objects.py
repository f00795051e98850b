"""Validate composition objects: texts, options, confirmations. Limits: /reference/block-kit/composition-objects."""

from typing import Any

from sandbox.dates import wrong_dates
from sandbox.validator.schema import (
    Check,
    Report,
    anything,
    array,
    boolean,
    fields,
    one_of,
    string,
    tagged,
)


def _is_http(url: str) -> bool:
    return url.startswith(("https://", "http://"))


url = string(1, 3000, test=_is_http, what="an http or https URL")


https = string(1, 3000, test=lambda url: url.startswith("https://"), what="an https URL")


def plain_text(most: int = 3000) -> Check:
    return tagged(
        {"plain_text": fields({"type": anything, "text": string(1, most)}, {"emoji": boolean})}, "a plain_text object"
    )


def _dates_are_right(text: Any, at: str, report: Report) -> None:
    for wrong in wrong_dates(text["text"]):
        report.fail(f"{at}/text", wrong)


def text(most: int = 3000) -> Check:
    """Check for plain text or mrkdwn."""
    kinds = {
        "plain_text": fields({"type": anything, "text": string(1, most)}, {"emoji": boolean}),
        "mrkdwn": fields({"type": anything, "text": string(1, most)}, {"verbatim": boolean}, then=_dates_are_right),
    }
    return tagged(kinds, "a text object")


def action_id(value: Any, at: str, report: Report) -> None:
    """Check for at most 255 characters, and for an id that is unique in the payload."""
    string(1, 255)(value, at, report)
    if isinstance(value, str):
        if value in report.action_ids:
            report.fail(at, f"action_id {value} is already used")
        report.action_ids.add(value)


def focus_on_load(value: Any, at: str, report: Report) -> None:
    """Check for a flag that may be true for one element of a payload."""
    boolean(value, at, report)
    if value is True:
        report.count("focus")
        if report.counts["focus"] > 1:
            report.fail(at, "only one element can have focus_on_load")


confirm = fields(
    {"title": plain_text(100), "text": text(300), "confirm": plain_text(30), "deny": plain_text(30)},
    {"style": one_of("primary", "danger")},
)

_OPTION = {"value": string(1, 150)}

option = fields({"text": plain_text(75), **_OPTION}, {"description": plain_text(75)})
overflow_option = fields({"text": plain_text(75), **_OPTION}, {"description": plain_text(75), "url": url})
choice = fields({"text": text(75), **_OPTION}, {"description": text(75)})
"""An option of checkboxes or radio buttons, which alone may be mrkdwn."""

option_group = fields({"label": plain_text(75), "options": array(option, 1, 100)})

slack_file = fields({}, {"id": string(1, 255), "url": url}, exactly_one=("id", "url"))

dispatch_action_config = fields({"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 1, 2)})

conversation_filter = fields(
    {},
    {
        "include": array(one_of("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    },
    at_least_one=("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
