"""`/loan-reassign <loan> @to [why]` or `@from @to [why]`."""

from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef, PersonRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import Terms, keyword
from handlers.grammar.text import Line

_TO = Terms((keyword("to", "给", "转给", "交给", "移交", "移交给", "转", ">", "=>"),), joins=True)


@dataclass(frozen=True, slots=True)
class ReassignLoan:
    """Give one loan to another owner."""

    loan: LoanRef
    to: PersonRef
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReassignAll:
    """Give everything one member has to another."""

    from_: PersonRef
    to: PersonRef
    why: str = field(repr=False)


ReassignRequest = ReassignLoan | ReassignAll


def parse(line: Line, now: datetime, zone: ZoneInfo) -> ReassignRequest | HelpRequest:
    """Parse the line. Raise `Invalid`: `loan_missing`, `person_missing`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    outgoing = reader.take_person()
    loan = None if outgoing else reader.expect_loan()
    reader.take_word(_TO)
    fill = {"from": outgoing.slack_id} if outgoing and outgoing.slack_id else {}
    to = reader.expect_person("to", fill=fill)
    why = reader.take_note()
    if outgoing is not None:
        return ReassignAll(from_=outgoing, to=to, why=why)
    assert loan is not None
    return ReassignLoan(loan=loan, to=to, why=why)
