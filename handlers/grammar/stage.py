"""`/loan-stage <loan> <stage> [reason]`."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.values import LoanRef
from handlers.grammar.reader import Asked, Reader
from handlers.grammar.terms import STAGES
from handlers.grammar.text import Line


@dataclass(frozen=True, slots=True)
class StageRequest:
    """A loan to bring to another stage."""

    loan: LoanRef
    stage: str
    reason: str = field(repr=False)


def parse(line: Line, now: datetime, zone: ZoneInfo) -> StageRequest | Asked:
    """Raises Invalid: `loan_missing`, `stage_missing`, `stage_unknown`."""
    reader = Reader(line, now, zone)
    if asked := reader.asked():
        return asked
    loan = reader.take_loan(STAGES)
    if reader.done:
        reader.refuse("stage_missing", "stage", STAGES.shown(reader.norm))
    stage = reader.take_word(STAGES)
    if stage is None:
        reader.refuse("stage_unknown", "stage", STAGES.nearest(reader.norm, reader.at))
    return StageRequest(loan=loan, stage=stage.code, reason=reader.take_note())
