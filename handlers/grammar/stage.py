"""`/loan-stage <loan> <stage> [reason]`."""

from dataclasses import field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import STAGES
from handlers.grammar.text import Line


@dataclass(frozen=True, slots=True)
class StageRequest:
    """A loan and its new stage."""

    loan: LoanRef
    stage: str
    reason: str = field(repr=False)


def parse(line: Line, now: datetime, zone: ZoneInfo) -> StageRequest | HelpRequest:
    """Parse the line. Raise `Invalid`: `loan_missing`, `stage_missing`, `stage_unknown`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return request
    loan = reader.expect_loan(STAGES)
    stage = reader.expect_word(STAGES, "stage", unknown="stage_unknown", missing="stage_missing")
    return StageRequest(loan=loan, stage=stage.code, reason=reader.take_note())
