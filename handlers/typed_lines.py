"""A command's line that was written to the bot as a message, with the command's name or without."""

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.values import LoanRef
from desk.loans.borrowers import region_of
from desk.loans.lookup import find_visible, visible_by_numbers
from handlers.commands import COMMANDS
from handlers.door.request import Request
from handlers.grammar import call, digest, documents, due_list, follow, loan, note, reassign, stage, team
from handlers.grammar.reader import HelpRequest
from handlers.grammar.text import Line

_PARSERS: Mapping[str, Callable[[Line, datetime, ZoneInfo], Any]] = {
    "/loan-call": call.parse,
    "/loan-follow": follow.parse,
    "/loan-stage": stage.parse,
    "/loan-docs": documents.parse,
    "/loan-due": due_list.parse,
    "/loan-note": note.parse,
    "/loan-digest": digest.parse,
    "/loan-reassign": reassign.parse,
    "/loan-team": team.parse,
}

_UNNAMED = ("/loan", "/loan-call", "/loan-follow", "/loan-stage", "/loan-docs", "/loan-due")
"""Commands whose lines are known without the command's name, in the order in which they are tried."""

_NAMES = sorted((command.name for command in COMMANDS), key=len, reverse=True)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A command and the rest of its line, as Slack sent it; `about_loan`: it names one."""

    command: str
    text: str = field(repr=False)
    about_loan: bool


async def typed_line(request: Request, text: str) -> TypedLine | None:
    """Return the line that a message is, if a grammar reads it as a whole and its loan exists for the sender. A line that
    begins with `/` and a command is one too where only its next word is missing: sent, it is answered with what may follow."""
    named, _, rest = text.partition(" ")
    word = named.casefold()
    name = next((n for n in _NAMES if word in (n, n.removeprefix("/"), n.removeprefix("/loan-"))), None)
    for command in (name,) if name else _UNNAMED if text else ():
        parsed = _read(request, command, rest if name else text, may_be_unfinished=word == name)
        ref: LoanRef | None = getattr(parsed, "loan", None)
        if parsed is not None and (ref is None or await _is_there(request, ref)):
            return TypedLine(command, rest.strip() if name else text, about_loan=ref is not None)
    return None


@dataclass(frozen=True, slots=True)
class _Unfinished:
    """A line that ends behind its loan, or before another word."""

    loan: LoanRef


def _read(request: Request, command: str, text: str, *, may_be_unfinished: bool) -> Any:
    """Return what the command's grammar reads, None for a line that it refuses and for a request for help."""
    line, now, zone = Line.read(text), request.desk.now, request.zone
    try:
        if command == "/loan":
            parsed = loan.parse(line, now, zone, region=region_of(request.desk))
        else:
            parsed = _PARSERS[command](line, now, zone)
    except DeskError as refused:
        ref: LoanRef | None = refused.params.get("ref")
        ends_early = may_be_unfinished and ref is not None and not refused.params.get("given")
        return _Unfinished(ref) if ends_early and ref else None
    return None if isinstance(parsed, HelpRequest) else parsed


async def _is_there(request: Request, ref: LoanRef) -> bool:
    if await visible_by_numbers(request.desk, {ref.whole, ref.text}):
        return True
    return bool(await find_visible(request.desk, [ref.text], limit=1))
