"""Interactive elements: their state, the values chosen in them, and the actions they send."""

import datetime
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.files import SlackFile
from sandbox.model import Json


class NotPossibleError(Exception):
    """The user can't do this: no such button, no such channel, a message that they can't see."""


def assign_ids(blocks: list[Json], revision: int) -> None:
    """Generate ids for blocks and interactive elements that have none, as Slack does."""
    numbers = iter(range(10_000))
    for block in blocks:
        block.setdefault("block_id", f"b{revision}{next(numbers):04x}")
        for element in interactive_elements(block):
            element.setdefault("action_id", f"a{revision}{next(numbers):04x}")


_NESTED = ("elements", "accessory", "element", "child_blocks", "actions")
_NOT_INTERACTIVE = frozenset({"image", "plain_text", "mrkdwn", "rich_text_section"})


def interactive_elements(block: Json) -> Iterable[Json]:
    """Yield the interactive elements of a block and of the blocks inside it."""
    if block.get("type") == "rich_text":
        return
    for key in _NESTED:
        nested = block.get(key)
        for item in nested if isinstance(nested, list) else [nested]:
            if not isinstance(item, dict):
                continue
            if key in ("child_blocks",) or item.get("type") == "card":
                yield from interactive_elements(item)
            elif item.get("type") not in _NOT_INTERACTIVE:
                yield item


def find_element(blocks: list[Json], what: str, block_id: str | None = None) -> tuple[Json, Json]:
    """Return the element with this action_id, or else this text or label, and its block.

    Raises NotPossibleError unless there is exactly one.
    """
    everything = [
        (block, element)
        for block in blocks
        for element in interactive_elements(block)
        if block_id in (None, block["block_id"])
    ]
    named = [found for found in everything if found[1]["action_id"] == what]
    found = named or [found for found in everything if what in _labels(*found)]
    if len(found) == 1:
        return found[0]
    there = [f"{one['action_id']} ({' / '.join(_labels(block, one)) or one['type']})" for block, one in everything]
    problem = "more than one" if found else "no"
    raise NotPossibleError(f"there is {problem} button or field {what!r}; there are: {', '.join(there) or 'none'}")


def _labels(block: Json, element: Json) -> list[str]:
    """Return how users refer to an element: by its text, else by its label or the text of its section, or its placeholder."""
    if "text" in element:
        return [element["text"]["text"]]
    beside = block.get("label") or (block.get("text") if block["type"] == "section" else None)
    texts = (beside, element.get("placeholder"))
    return [text["text"] for text in texts if text]


# The field that holds the chosen value in an element's state and in its action.
VALUE_FIELDS = {
    "static_select": "selected_option",
    "external_select": "selected_option",
    "overflow": "selected_option",
    "radio_buttons": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
}
_INITIAL = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "selected_user": "initial_user",
    "selected_channel": "initial_channel",
    "selected_conversation": "initial_conversation",
    "selected_users": "initial_users",
    "selected_channels": "initial_channels",
    "selected_conversations": "initial_conversations",
    "value": "initial_value",
    "rich_text_value": "initial_value",
}


def initial_state(element: Json) -> Json | None:
    """Return the initial state of a stateful element; None for buttons and overflow menus."""
    kind = element["type"]
    chosen = VALUE_FIELDS.get(kind)
    if chosen is None or kind == "overflow":
        return None
    empty: Any = [] if chosen.endswith("s") else None
    return {"type": kind, chosen: element.get(_INITIAL.get(chosen, ""), empty)}


def action_of(element: Json, block_id: str, *, chosen: Any, action_ts: str) -> Json:
    """Return the entry of `actions` for a pressed button or a choice in a menu or picker."""
    action: Json = {
        "action_id": element["action_id"],
        "block_id": block_id,
        "type": element["type"],
        "action_ts": action_ts,
    }
    if element["type"] in VALUE_FIELDS:
        return {**action, VALUE_FIELDS[element["type"]]: chosen}
    for name in ("text", "value", "style", "url"):
        if name in element:
            action[name] = element[name]
    return action


def options_of(element: Json) -> list[Json]:
    """Return the options of a menu, including those in groups."""
    grouped = [one for group in element.get("option_groups") or () for one in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def chosen_value(element: Json, choice: Any, *, offered: Iterable[Json] | None = None, tz: str = "UTC") -> Any:
    """Return the value that an element sends for a choice; an option is chosen by its value or its text.

    `offered` are the loaded options of an external menu. Dates and times are Python objects or in Slack's format; a
    datetime without a zone is in `tz`. Raises NotPossibleError when there is no such option, or more than one.
    """
    field, options = VALUE_FIELDS.get(element["type"]), list(options_of(element) if offered is None else offered)
    if field == "selected_option":
        return None if choice is None else _option(options, choice)
    if field == "selected_options":
        return [_option(options, one) for one in choice or []]
    if choice is None or choice == "":
        return None
    return _slack_value(element["type"], choice, tz)


def _slack_value(kind: str, choice: Any, tz: str) -> Any:
    match kind, choice:
        case "file_input", list():
            return [_given(one) for one in choice]
        case "datetimepicker", str() if choice.isdigit():
            return int(choice)
        case "datetimepicker", str():
            return _slack_value(kind, datetime.datetime.fromisoformat(choice), tz)
        case "datetimepicker", datetime.datetime():
            aware = choice if choice.tzinfo else choice.replace(tzinfo=ZoneInfo(tz))
            return int(aware.timestamp())
        case "datepicker", datetime.date():
            return choice.isoformat()[:10]
        case "timepicker", datetime.time():
            return choice.isoformat("minutes")
        case _, int() | float() | Decimal() if kind == "number_input":
            return str(choice)
        case _:
            return choice


def _given(file: Any) -> Json:
    """Return a file that the user chose in a form: the app may see it from then on."""
    if not isinstance(file, SlackFile):
        raise NotPossibleError("choose files that were uploaded")
    file.given = True
    return file.json()


def _option(options: list[Json], choice: Any) -> Json:
    wanted = choice.get("value") if isinstance(choice, dict) else choice
    exact = [one for one in options if wanted in (one["value"], one["text"]["text"])]
    found = exact or [one for one in options if isinstance(wanted, str) and wanted and wanted in one["text"]["text"]]
    if len(found) == 1:
        return found[0]
    there = [f"{one['value']} ({one['text']['text']})" for one in options]
    raise NotPossibleError(f"there is {'more than one' if found else 'no'} option {wanted!r}; there are: {there}")


_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def input_error(block: Json, element: Json, state: Json) -> str | None:
    """Return the message with which Slack's client refuses to submit this input, or None if it is valid."""
    value = state[VALUE_FIELDS[element["type"]]]
    if value in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    match element["type"]:
        case "plain_text_input":
            return _length_error(element, value)
        case "file_input" if len(value) > element.get("max_files", 10):
            return f"Choose at most {element.get('max_files', 10)} files."
        case "number_input":
            return _number_error(element, value)
        case "email_text_input" if not _MAIL.fullmatch(value):
            return "Enter a valid email address."
        case "url_text_input" if not value.startswith(("http://", "https://")):
            return "Enter a valid URL."
        case _:
            return None


def _length_error(element: Json, value: str) -> str | None:
    if len(value) < element.get("min_length", 0):
        return f"Must be at least {element['min_length']} characters long."
    most = element.get("max_length", 3000)
    return f"Must be at most {most} characters long." if len(value) > most else None


def _number_error(element: Json, value: str) -> str | None:
    pattern = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(pattern, value):
        return "Please enter a number." if element["is_decimal_allowed"] else "Please enter a whole number."
    if "min_value" in element and Decimal(value) < Decimal(element["min_value"]):
        return f"Must be at least {element['min_value']}."
    if "max_value" in element and Decimal(value) > Decimal(element["max_value"]):
        return f"Must be at most {element['max_value']}."
    return None
