"""Validate block elements: buttons, menus, pickers, inputs. Limits: /reference/block-kit/block-elements."""

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.validator.objects import (
    action_id,
    choice,
    confirm,
    conversation_filter,
    dispatch_action_config,
    focus_on_load,
    option,
    option_group,
    overflow_option,
    plain_text,
    slack_file,
    url,
)
from sandbox.validator.schema import (
    Check,
    Report,
    anything,
    array,
    boolean,
    fields,
    integer,
    one_of,
    string,
    units,
)

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_DECIMAL = re.compile(r"-?\d+(\.\d+)?")
_STYLE = one_of("primary", "danger")
_USER = string(1, 20, test=lambda value: bool(re.fullmatch(r"[UW][A-Z0-9]+", value)), what="a user id")
_CONVERSATION = string(1, 20, test=lambda value: bool(re.fullmatch(r"[CDG][A-Z0-9]+", value)), what="a channel id")


def _is_date(value: str) -> bool:
    try:
        return datetime.date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def element(
    required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None, **more: Any
) -> Check:
    """Check for an interactive element, which may have an action_id besides its own fields."""
    return fields({"type": anything, **(required or {})}, {"action_id": action_id, **(optional or {})}, **more)


def _input(
    required: Mapping[str, Check] | None = None, optional: Mapping[str, Check] | None = None, **more: Any
) -> Check:
    typed = {
        "placeholder": plain_text(150),
        "dispatch_action_config": dispatch_action_config,
        "focus_on_load": focus_on_load,
    }
    return element(required, {**typed, **(optional or {})}, **more)


def _options_of(menu: dict[str, Any]) -> list[Any]:
    grouped = [one for group in menu.get("option_groups", ()) for one in group["options"]]
    return [*menu.get("options", ()), *grouped]


def _initial_is_offered(menu: dict[str, Any], at: str, report: Report) -> None:
    offered = _options_of(menu)
    chosen = menu.get("initial_options", [menu["initial_option"]] if "initial_option" in menu else [])
    if any(one not in offered for one in chosen):
        report.fail(at, "the initial option must be one of the options")
    values = [one["value"] for one in offered]
    if len(set(values)) < len(values):
        report.fail(at, "option values must be unique")


_MENU: dict[str, Check] = {"placeholder": plain_text(150), "confirm": confirm, "focus_on_load": focus_on_load}
_STATIC: dict[str, Check] = {"options": array(option, 1, 100), "option_groups": array(option_group, 1, 100)}
_ONE_LIST = ("options", "option_groups")
_CONVERSATIONS: dict[str, Check] = {"default_to_current_conversation": boolean, "filter": conversation_filter}


def _single(initial: Mapping[str, Check], **more: Any) -> Check:
    return element({}, {**_MENU, **initial}, **more)


def _multi(initial: Mapping[str, Check], **more: Any) -> Check:
    return element({}, {**_MENU, "max_selected_items": integer(1, 100), **initial}, **more)


image = fields(
    {"type": anything, "alt_text": string(1, 2000)},
    {"image_url": url, "slack_file": slack_file},
    exactly_one=("image_url", "slack_file"),
)

BUTTONS: dict[str, Check] = {
    "button": element(
        {"text": plain_text(75)},
        {
            "url": url,
            "value": string(1, 2000),
            "style": _STYLE,
            "confirm": confirm,
            "accessibility_label": string(1, 75),
        },
    ),
    "workflow_button": element(
        {
            "text": plain_text(75),
            "workflow": fields({"trigger": fields({"url": url}, {"customizable_input_parameters": anything})}),
        },
        {"style": _STYLE, "accessibility_label": string(1, 75)},
    ),
}

MENUS: dict[str, Check] = {
    "static_select": _single({**_STATIC, "initial_option": option}, exactly_one=_ONE_LIST, then=_initial_is_offered),
    "external_select": _single({"initial_option": option, "min_query_length": integer(0, 3000)}),
    "users_select": _single({"initial_user": _USER}),
    "conversations_select": _single(
        {"initial_conversation": _CONVERSATION, "response_url_enabled": boolean, **_CONVERSATIONS}
    ),
    "channels_select": _single({"initial_channel": _CONVERSATION, "response_url_enabled": boolean}),
    "overflow": element({"options": array(overflow_option, 1, 5)}, {"confirm": confirm}),
}

MULTI_MENUS: dict[str, Check] = {
    "multi_static_select": _multi(
        {**_STATIC, "initial_options": array(option, 1, 100)}, exactly_one=_ONE_LIST, then=_initial_is_offered
    ),
    "multi_external_select": _multi({"initial_options": array(option, 1, 100), "min_query_length": integer(0, 3000)}),
    "multi_users_select": _multi({"initial_users": array(_USER, 1, 100)}),
    "multi_conversations_select": _multi({"initial_conversations": array(_CONVERSATION, 1, 100), **_CONVERSATIONS}),
    "multi_channels_select": _multi({"initial_channels": array(_CONVERSATION, 1, 100)}),
}

CHOICES: dict[str, Check] = {
    "checkboxes": element(
        {"options": array(choice, 1, 10)},
        {"initial_options": array(choice, 1, 10), "confirm": confirm, "focus_on_load": focus_on_load},
        then=_initial_is_offered,
    ),
    "radio_buttons": element(
        {"options": array(choice, 1, 10)},
        {"initial_option": choice, "confirm": confirm, "focus_on_load": focus_on_load},
        then=_initial_is_offered,
    ),
}

PICKERS: dict[str, Check] = {
    "datepicker": _single({"initial_date": string(10, 10, test=_is_date, what="a date YYYY-MM-DD")}),
    "timepicker": _single(
        {
            "initial_time": string(5, 5, test=lambda value: bool(_TIME.fullmatch(value)), what="a time HH:mm"),
            "timezone": string(1, 100),
        }
    ),
}

DATETIME: dict[str, Check] = {
    "datetimepicker": element(
        {},
        {
            "initial_date_time": integer(1_000_000_000, 9_999_999_999),
            "confirm": confirm,
            "focus_on_load": focus_on_load,
        },
    )
}


def _lengths_agree(field: dict[str, Any], at: str, report: Report) -> None:
    least, most = field.get("min_length", 0), field.get("max_length", 3000)
    if least > most:
        report.fail(f"{at}/min_length", "must be no more than max_length")
    if "initial_value" in field and field["initial_value"] and not least <= units(field["initial_value"]) <= most:
        report.fail(f"{at}/initial_value", "must be as long as min_length and max_length say")


def _numbers_agree(field: dict[str, Any], at: str, report: Report) -> None:
    least, most = Decimal(field.get("min_value", "-Infinity")), Decimal(field.get("max_value", "Infinity"))
    if least > most:
        report.fail(f"{at}/min_value", "must be no more than max_value")
    if "initial_value" in field and not least <= Decimal(field["initial_value"]) <= most:
        report.fail(f"{at}/initial_value", "must be between min_value and max_value")
    if not field["is_decimal_allowed"]:
        for name in ("initial_value", "min_value", "max_value"):
            if "." in field.get(name, ""):
                report.fail(f"{at}/{name}", "must be a whole number")


_NUMERAL = string(1, 40, test=lambda value: bool(_DECIMAL.fullmatch(value)), what="a number in digits")

INPUTS: dict[str, Check] = {
    "plain_text_input": _input(
        {},
        {
            "initial_value": string(0, 3000),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        then=_lengths_agree,
    ),
    "number_input": _input(
        {"is_decimal_allowed": boolean},
        {"initial_value": _NUMERAL, "min_value": _NUMERAL, "max_value": _NUMERAL},
        then=_numbers_agree,
    ),
    "email_text_input": _input({}, {"initial_value": string(0, 3000)}),
    "url_text_input": _input({}, {"initial_value": string(0, 3000)}),
    "rich_text_input": _input({}, {"initial_value": anything}),
    "file_input": element({}, {"filetypes": array(string(1, 20), 1, 100), "max_files": integer(1, 10)}),
}

_RATING = fields({"text": plain_text(75), "value": string(1, 2000)}, {"accessibility_label": string(1, 75)})

CONTEXT_ACTIONS: dict[str, Check] = {
    "feedback_buttons": element({"positive_button": _RATING, "negative_button": _RATING}),
    "icon_button": element(
        {"icon": one_of("trash"), "text": plain_text(75)},
        {
            "value": string(1, 2000),
            "confirm": confirm,
            "accessibility_label": string(1, 75),
            "visible_to_user_ids": array(_USER, 1, 10),
        },
    ),
}

IN_ACTIONS = {**BUTTONS, **MENUS, **CHOICES, **PICKERS, **DATETIME}
AS_ACCESSORY = {**BUTTONS, **MENUS, **MULTI_MENUS, **CHOICES, **PICKERS, "image": image}
IN_INPUT = {
    **{kind: check for kind, check in MENUS.items() if kind != "overflow"},
    **MULTI_MENUS,
    **CHOICES,
    **PICKERS,
    **DATETIME,
    **INPUTS,
}
