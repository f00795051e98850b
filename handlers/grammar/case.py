"""`/loan-case <loan> [what for]`."""

from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.text import Line


@dataclass(frozen=True, slots=True)
class CaseRequest:
    """The loan whose case file is asked for, and what for."""

    loan: LoanRef
    purpose: str = field(default="", repr=False)


def parse(line: Line, now: datetime, zone: ZoneInfo) -> CaseRequest | HelpRequest:
    """Parse the line; everything after the loan is what the case file is for, as typed. Raise `Invalid`: `loan_missing`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan()
    return CaseRequest(loan=loan, purpose=reader.take_note())
