"""`/loan-note <loan> <text>`."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.values import LoanRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.text import Line


@dataclass(frozen=True, slots=True)
class NoteRequest:
    """A note to add to a loan."""

    loan: LoanRef
    text: str = field(repr=False)


def parse(line: Line, now: datetime, zone: ZoneInfo) -> NoteRequest | HelpRequest:
    """Parse the line; everything after the loan is the note, as typed. Raise `Invalid`: `loan_missing`, `note_missing`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan()
    text = reader.take_note()
    if not text:
        reader.refuse("note_missing", "note", ("L-1042 prefers calls after 18:00", "L-1042 请在18点后联系"))
    return NoteRequest(loan=loan, text=text)
