"""`/loan-audit [today|refused|@who|<loan>] [export [xlsx|csv]]`."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from desk.core.dataclass import dataclass
from desk.core.values import LoanRef, PersonRef
from desk.exports.lists import Format
from handlers.grammar.exports import EXPORT, take_export
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
    """Whose entries are asked for: of a loan, of a member, or of today; `refused` only what was refused today.
    `export`: as a file of that format."""

    loan: LoanRef | None = None
    who: PersonRef | None = None
    refused: bool = False
    export: Format | None = None


def parse(line: Line, now: datetime, zone: ZoneInfo) -> AuditRequest | HelpRequest:
    """Parse the line; an empty one asks for today. Raise `Invalid`: `not_understood`."""
    reader = Reader(line, now, zone)
    if request := reader.help_request():
        return AuditRequest() if request.what == "usage" else request
    if (export := take_export(reader)) is not None:
        reader.expect_end()
        return AuditRequest(export=export)
    if (word := reader.take_word(_WORDS)) is not None:
        asked = AuditRequest(refused=word.code == "refused")
    elif (who := reader.take_person()) is not None:
        asked = AuditRequest(who=who)
    else:
        asked = AuditRequest(loan=reader.expect_loan(EXPORT))
    export = take_export(reader)
    reader.expect_end()
    return replace(asked, export=export)
