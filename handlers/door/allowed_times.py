"""A line that plans a call for a time at which a contact rule refuses it: offered with the next time that is allowed."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from desk.core.errors import DeskError, Invalid
from desk.core.values import Due
from desk.loans import lookup
from handlers.door.declarations import Command
from handlers.door.lines import MENDED_LENGTH
from handlers.door.request import Request
from handlers.forms.fields import typed_due
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.text import Line
from handlers.messages.block_kit.elements import brief_when
from handlers.messages.refusals.offers import LineOffers, WordOffer


async def with_allowed_time(request: Request, command: Command, text: str, barred: DeskError) -> DeskError:
    """Return the refusal (`due_barred`) with the line, as Slack sent it, that says the allowed time instead."""
    allowed: Due = barred.params["allowed"]
    line = next(_lines(request, command, text, barred.params["at"], typed_due(allowed, request.zone)), None)
    if line is not None:
        loan = await lookup.lock_by_id(request.desk, barred.params["loan_id"])
        word = WordOffer(brief_when(request.t, allowed, request.zone), line)
        barred.params["offers"] = LineOffers((word,), None, loan.id, loan.version)
    return barred


def _lines(request: Request, command: Command, text: str, at: Any, form: str) -> Iterator[str]:
    """Yield the line with `form` in the place of words that mean the refused time, if it is understood so."""
    line, parse = Line.read(text), command.parse
    if parse is None or len(line.raw) > MENDED_LENGTH:
        return
    for typed in _phrases(request, line, at):
        start = text.find(typed)
        while start >= 0:
            mended = f"{text[:start]}{form}{text[start + len(typed) :]}"
            if _is_planned(request, command, mended, form):
                yield mended
            start = text.find(typed, start + 1)


def _phrases(request: Request, line: Line, at: Any) -> Iterator[str]:
    """Yield the words of the line that mean the refused time, or its day where the hour of before was kept."""
    day = at.astimezone(request.zone).date() if isinstance(at, datetime) else at
    for start in range(len(line.norm)):
        if line.skip(start) != start:
            continue
        reader = Reader(line, request.desk.now, request.zone)
        reader.move(start)
        try:
            due = reader.take_due()
        except Invalid:
            continue
        if due is not None and (due.at == at or (due.at is None and due.on == day)):
            yield line.trimmed(start, reader.at)


def _is_planned(request: Request, command: Command, text: str, form: str) -> bool:
    """Return whether the line plans a call for the time that `form` says."""
    assert command.parse is not None
    try:
        parsed = command.parse(Line.read(text), request.desk.now, request.zone)
    except Invalid:
        return False
    if isinstance(parsed, HelpRequest):
        return False
    due: Due | None = getattr(getattr(parsed, "next", parsed), "due", None)
    return due is not None and typed_due(due, request.zone) == form
