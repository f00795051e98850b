"""Put what no key opens into the reader's words, wherever it is in a result."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from desk.core.transaction import Desk
from desk.core.unreadable import MARKS, NAME, PHONE, TEXT
from handlers.messages.block_kit.translator import Translator, _

T = TypeVar("T")

_WORDS = {NAME: _("name cannot be read"), PHONE: _("(cannot be read)"), TEXT: _("(text cannot be read)")}

_TYPED = "initial_value"
"""The key of an input's content, which is sent back as if it were typed."""


def in_words(desk: Desk, t: Translator, result: T) -> T:
    """Return an answer, message, view or refusal with words in the place of the marks of `desk.core.unreadable`.

    It costs nothing where the transaction met no such text. A field that would hold one is empty.
    """
    return cast(T, _in_words(t, result)) if desk.shows_unreadable else result


def text_in_words(t: Translator, text: str) -> str:
    """Return a text with words in the place of its marks."""
    for mark in MARKS:
        text = text.replace(mark, t(_WORDS[mark]))
    return text


def _in_words(t: Translator, value: Any) -> Any:
    match value:
        case str():
            return text_in_words(t, value)
        case dict():
            entries = cast(dict[Any, Any], value)
            return {key: _in_words(t, each) for key, each in entries.items() if not _holds_mark(key, each)}
        case list():
            return [_in_words(t, each) for each in cast(list[Any], value)]
        case tuple():
            return tuple(_in_words(t, each) for each in cast(tuple[Any, ...], value))
        case Exception():
            value.__dict__.update(_in_words(t, value.__dict__))
            return value
        case _ if is_dataclass(value) and not isinstance(value, type):
            changed = {each.name: _in_words(t, getattr(value, each.name)) for each in fields(value) if each.init}
            return replace(value, **changed)
        case _:
            return value


def _holds_mark(key: Any, value: Any) -> bool:
    return key == _TYPED and isinstance(value, str) and any(mark in value for mark in MARKS)
