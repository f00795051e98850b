"""`/loan-audit [today|refused|@who|<loan>]`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef, PersonRef
from handlers.grammar.reader import HelpRequest, Reader
from handlers.grammar.terms import Terms, keyword
from handlers.grammar.text import Line

_WORDS = Terms(
    (
        keyword("today", "今天", "今日", "当天"),
        keyword("refused", "被拒", "拒绝", "被拒绝", "越权", "denied"),
    )
)


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """Whose entries are asked for: of a loan, of a member, or of today; `refused` only what was refused today."""

    loan: LoanRef | None = None
    who: PersonRef | None = None
    refused: bool = False


def parse(line: Line, now: datetime, zone: ZoneInfo) -> AuditRequest | HelpRequest:
    """Parse the line; an empty one asks for today. Raise `Invalid`: `not_understood`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return AuditRequest() if request.what == "usage" else request
    if (word := reader.take_word(_WORDS)) is not None:
        reader.expect_end()
        return AuditRequest(refused=word.code == "refused")
    if (who := reader.take_person()) is not None:
        reader.expect_end()
        return AuditRequest(who=who)
    loan = reader.expect_loan()
    reader.expect_end()
    return AuditRequest(loan=loan)
