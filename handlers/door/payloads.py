"""The bodies of Slack's requests: read one that is signed."""

import json
from typing import Any, NoReturn
from urllib.parse import parse_qsl

MOST_FIELDS = 100
"""Most fields of a form that Slack sends; a slash command has about fifteen."""


class MalformedError(Exception):
    """A body that Slack does not send. The message is a code for the log: `not_json`, `wrong_shape:block_actions`…"""


def read_payload(raw: bytes, content_type: str) -> dict[str, Any]:
    """Return the payload of a verified body: JSON, or a form that may have JSON in its field `payload`. Raises MalformedError."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise MalformedError("not_utf8") from None
    if content_type.partition(";")[0].strip().lower() == "application/json" or text.startswith("{"):
        return read_object(text)
    form = _form(text)
    return read_object(form["payload"]) if "payload" in form else form


def _form(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise MalformedError("not_a_form") from None
    form = dict(pairs)
    if not form or len(form) != len(pairs):
        raise MalformedError("not_a_form")
    return form


def read_object(text: str) -> dict[str, Any]:
    """Return the object that a text of JSON is. Raises MalformedError."""
    try:
        value = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError):
        raise MalformedError("not_json") from None
    if not isinstance(value, dict):
        raise MalformedError("no_object")
    return value


def _refuse(_constant: str) -> NoReturn:
    raise ValueError  # NaN and Infinity are no JSON
