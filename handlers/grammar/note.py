"""`/loan-note <loan> <text>`."""

from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import example
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
        near = example(line, "请在18点后联系", "prefers calls after 18:00")
        reader.refuse("note_missing", "note", (near,))
    return NoteRequest(loan=loan, text=text)
