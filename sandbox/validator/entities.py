"""Validate Work Objects and the errors of their side panes.

Rules: /messaging/work-objects-implementation, /reference/methods/entity.presentDetails. Slack documents no lengths; a text is
held to those of Block Kit.
"""

import datetime
import json
from typing import Any

from sandbox.model import Json
from sandbox.validator.message import MAX_METADATA, Refusal
from sandbox.validator.objects import action_id, url
from sandbox.validator.schema import Check, Report, array, boolean, fields, integer, one_of, string, tagged, units

ENTITY_TYPES = tuple(f"slack#/entities/{kind}" for kind in ("task", "file", "item", "incident", "content_item"))
MAX_PRIMARY_ACTIONS, MAX_OVERFLOW_ACTIONS = 2, 5
_STATUSES = ("restricted", "internal_error", "not_found", "custom", "custom_partial_view", "timeout", "edit_error")


def _is_date(value: str) -> bool:
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _field(content: Check, name: str = "value") -> Check:
    return fields(
        {"key": string(1, 255), "label": string(1, 150), "type": string(), name: content},
        {"tag_color": string(1, 20), "long": boolean, "link": url},
    )


_USER = fields(
    {},
    {"user_id": string(1, 20), "text": string(1, 255), "email": string(), "url": url},
    exactly_one=("user_id", "text"),
)
_FIELDS: dict[str, Check] = {
    "string": _field(string()),
    "integer": _field(integer(-(2**31))),
    "slack#/types/date": _field(string(test=_is_date, what="a date")),
    "slack#/types/timestamp": _field(integer()),
    "slack#/types/link": _field(url),
    "slack#/types/email": _field(string(1, 255)),
    "slack#/types/channel_id": _field(string(1, 20)),
    "slack#/types/user": _field(_USER, "user"),
}
_ACTION = fields(
    {"text": string(1, 75), "action_id": action_id},
    {
        "value": string(1, 2000),
        "style": one_of("primary", "danger"),
        "url": url,
        "accessibility_label": string(1, 75),
        "processing_state": fields({"enabled": boolean}, {"interstitial_text": string(1, 150)}),
    },
)


def _unique_actions(value: Any, at: str, report: Report) -> None:
    ids = [action["action_id"] for each in value.values() for action in each]
    if len(set(ids)) < len(ids):
        report.fail(at, "the action_ids must differ")


_ACTIONS = fields(
    {},
    {
        "primary_actions": array(_ACTION, 0, MAX_PRIMARY_ACTIONS),
        "overflow_actions": array(_ACTION, 0, MAX_OVERFLOW_ACTIONS),
    },
    then=_unique_actions,
)


def _known_keys(value: Any, at: str, report: Report) -> None:
    keys = [field["key"] for field in value.get("custom_fields", ())]
    if len(set(keys)) < len(keys):
        report.fail(f"{at}/custom_fields", "the keys must differ")
    if unknown := [key for key in value.get("display_order", ()) if key not in keys]:
        report.fail(f"{at}/display_order", f"there is no field {unknown[0]}")


_ENTITY = {
    "entity_type": one_of(*ENTITY_TYPES),
    "url": url,
    "external_ref": fields({"id": string(1, 255)}, {"type": string(1, 255)}),
    "entity_payload": fields(
        {
            "attributes": fields(
                {"title": fields({"text": string(1, 255)})},
                {
                    "display_type": string(1, 150),
                    "display_id": string(1, 255),
                    "product_name": string(1, 150),
                    "locale": string(1, 20),
                    "metadata_last_modified": integer(1),
                },
            )
        },
        {
            "custom_fields": array(tagged(_FIELDS, "a field")),
            "display_order": array(string(1, 255)),
            "actions": _ACTIONS,
        },
        then=_known_keys,
    ),
}
_BELOW_A_LINK = fields({"entities": array(fields({**_ENTITY, "app_unfurl_url": url}), 1, 20)})
_IN_A_PANE = fields(_ENTITY, {"app_unfurl_url": url})


def _has_its_words(value: Any, at: str, report: Report) -> None:
    if value["status"].startswith("custom") and not {"custom_title", "custom_message"} <= value.keys():
        report.fail(at, "a custom error needs a title and a message")
    if value.get("actions") and value["status"] != "custom_partial_view":
        report.fail(f"{at}/actions", "only a custom_partial_view has actions")


_ERROR = fields(
    {"status": one_of(*_STATUSES)},
    {
        "custom_title": string(1, 150),
        "custom_message": string(),
        "message_format": one_of("markdown"),
        "actions": array(_ACTION, 1, MAX_PRIMARY_ACTIONS),
    },
    then=_has_its_words,
)


def validate_entities(metadata: Any) -> Refusal | None:
    """Return why Slack refuses Work Objects to show below links; None when they are valid."""
    return _checked(_BELOW_A_LINK, metadata, "/metadata")


def validate_pane(metadata: Any) -> Refusal | None:
    """Return why Slack refuses the Work Object of a side pane; None when it is valid."""
    return _checked(_IN_A_PANE, metadata, "/metadata")


def validate_pane_error(error: Any) -> Refusal | None:
    """Return why Slack refuses the error of a side pane; None when it is valid."""
    return _checked(_ERROR, error, "/error")


def _checked(check: Check, value: Json | Any, at: str) -> Refusal | None:
    report = Report()
    check(value, at, report)
    if not report.problems and units(json.dumps(value)) > MAX_METADATA:
        report.fail(at, "too large")
    return Refusal("invalid_metadata", tuple(report.problems)) if report.problems else None
