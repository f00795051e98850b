"""Parse command lines on a Wednesday at 10:00 in Shanghai."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from desk.core.errors import Invalid
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line
from tests.handlers.grammar.phrases import SHANGHAI, WEDNESDAY

R = TypeVar("R")
Parse = Callable[[Line, datetime, ZoneInfo], R | HelpRequest]


def understood(parse: Parse[R], text: str) -> R:
    """Return the request of a line that must be understood."""
    request = parse(Line.read(text), WEDNESDAY, SHANGHAI)
    assert not isinstance(request, HelpRequest), text
    return request


def asked(parse: Parse[R], text: str) -> str | None:
    """Return `usage` or `help` if the line requests one of them, otherwise None."""
    request = parse(Line.read(text), WEDNESDAY, SHANGHAI)
    return request.what if isinstance(request, HelpRequest) else None


def refused(parse: Parse[R], text: str) -> Invalid:
    """Return the refusal of a line that must be refused."""
    try:
        request = parse(Line.read(text), WEDNESDAY, SHANGHAI)
    except Invalid as refusal:
        return refusal
    raise AssertionError(f"{text} was understood as {request}")
