"""A command's line that was written to the bot as a message, with the command's name or without."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.errors import DeskError
from desk.core.values import LoanRef
from desk.loans.lookup import find_visible, visible_by_numbers
from handlers.commands import COMMANDS
from handlers.door.request import Request
from handlers.grammar import call, documents, follow, note, stage
from handlers.grammar.text import Line

_PARSERS: Mapping[str, Callable[[Line, datetime, ZoneInfo], Any]] = {
    "/loan-call": call.parse,
    "/loan-follow": follow.parse,
    "/loan-stage": stage.parse,
    "/loan-docs": documents.parse,
    "/loan-note": note.parse,
}
"""The grammars of lines about a loan, in the order in which a line without a command's name is tried."""

_NAMED_ONLY = frozenset({"/loan-note"})
"""Commands that take any words: a line without their name is not theirs."""

_NAMES = sorted((command.name for command in COMMANDS), key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A command and the rest of its line, as Slack sent it."""

    command: str
    text: str = field(repr=False)


async def typed_line(request: Request, text: str) -> TypedLine | None:
    """Return the line that a message is, if a grammar reads it as a whole and its loan exists for the sender."""
    named, _, rest = text.partition(" ")
    name = next((each for each in _NAMES if named.casefold() in (each, each.removeprefix("/"))), None)
    if name is not None:
        is_line = name in _PARSERS and await _is_read(request, name, rest)
        return TypedLine(name, rest.strip()) if is_line else None
    for each in _PARSERS:
        if each not in _NAMED_ONLY and await _is_read(request, each, text):
            return TypedLine(each, text)
    return None


async def _is_read(request: Request, command: str, text: str) -> bool:
    try:
        parsed = _PARSERS[command](Line.read(text), request.desk.now, request.zone)
    except DeskError:
        return False
    loan: LoanRef | None = getattr(parsed, "loan", None)
    if loan is None:
        return False
    if await visible_by_numbers(request.desk, {loan.whole, loan.text}):
        return True
    return bool(await find_visible(request.desk, [loan.text], limit=1))
