"""Apply rows that the lender's system reported, of several loans at once, by the rules of the import."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from desk.core.data_files import validator
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, Invalid
from desk.core.transaction import Desk
from desk.importing.importing import import_batch
from desk.importing.new_loan_notices import report_new_loans
from desk.importing.payments import PaymentsResult, import_payments
from desk.importing.results import RefusedRow
from desk.importing.schedules import SchedulesResult, import_schedules
from desk.importing.taken_rows import TakenRow
from desk.lender.rows import Texts, instalment_row, loan_row, payment_row
from desk.repayment.payment_feed import note_payments
from desk.repayment.payment_notices import report_file
from desk.rules.call_records import CallRecord
from desk.telephony.records import site_of, take_records
from storage.queries.importing import imports
from storage.queries.loans.loans import number_key

Family = Literal["loan", "payment", "schedule", "call"]
"""The rules by which events are applied."""

_COLUMNS = {"schedule_row_amount": "amount", "schedule_row_order": "due_on", "schedule_row_sum": "amount"}
"""In which column an instalment is wrong, where the error does not say so."""

NOTED_EACH = timedelta(hours=1)
"""How often it is noted that payments reach the desk: the note locks the workspace, and is good for a month."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender should know of what was taken: a code and the column that it is about."""

    code: str
    column: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the rows of one loan: an effect, or everything that is wrong. Of several rows, the `line` of an error is the
    place of its row among them, from 0."""

    effect: str = ""
    remarks: tuple[Told, ...] = ()
    errors: tuple[DeskError, ...] = ()


async def apply_rows(desk: Desk, family: Family, of_loans: Sequence[Sequence[Texts]], source: UUID) -> list[Outcome]:
    """Apply the rows of each loan, all of them or none. `source` is the event or batch, for which a member gets one message."""
    match family:
        case "loan":
            return await _apply_loans(desk, of_loans, source)
        case "payment":
            return await _apply_payments(desk, of_loans, source)
        case "schedule":
            return await _apply_schedules(desk, of_loans)
        case "call":
            return await _apply_calls(desk, [rows[0]["record"] for rows in of_loans])


async def _apply_loans(desk: Desk, of_loans: Sequence[Sequence[Texts]], source: UUID) -> list[Outcome]:
    texts = [rows[0] for rows in of_loans]
    there = [each["number"] for each in texts if _is_of_known(each)]
    known = await imports.named(desk.session, desk.workspace.id, there) if there else []
    since = {key: each.terms["unpaid_since"] for each in known for key in each.keys}
    unknown = {
        line: (Invalid("import_loan_unknown", given=each["number"], column="number", heading="number"),)
        for line, each in enumerate(texts)
        if _is_of_known(each) and number_key(each["number"]) not in since
    }
    rows = [
        loan_row(desk, line, _as_row(each, since.get(number_key(each["number"]))))
        for line, each in enumerate(texts)
        if line not in unknown
    ]
    result = await import_batch(desk, rows)
    await report_new_loans(desk, source, result.new_by_owner)
    refused = _by_line(result.refused) | unknown
    told: defaultdict[int, list[Told]] = defaultdict(list)
    for each in (*result.remarks, *result.lacking):
        told[each.line].append(Told(each.code, each.column))
    effects = _effects(result.taken)
    return [
        Outcome(errors=refused[line]) if line in refused else Outcome(effects.get(line, "same"), tuple(told[line]))
        for line in range(len(texts))
    ]


def _is_of_known(texts: Texts) -> bool:
    """Return whether a row can only be of a loan that the desk has: it says nothing of which a loan could be made."""
    return "failed_on" in texts or "settled" in texts


def _as_row(texts: Texts, unpaid_since: date | None) -> Texts:
    """Return what a row of a file would say. A debit that failed makes a loan unpaid, unless it is since an earlier day."""
    if "failed_on" in texts:
        day = min(texts["failed_on"], unpaid_since.isoformat()) if unpaid_since else texts["failed_on"]
        return {"number": texts["number"], "unpaid_since": day}
    return {"number": texts["number"], "stage": "closed"} if "settled" in texts else texts


async def _apply_calls(desk: Desk, texts: Sequence[str]) -> list[Outcome]:
    """Keep reports of calls, which the worker applies when their other reports have come."""
    records = [validator(CallRecord).validate_json(text) for text in texts]
    return [Outcome(effect) for effect in await take_records(desk, records, site_of(desk))]


async def _apply_payments(desk: Desk, of_loans: Sequence[Sequence[Texts]], source: UUID) -> list[Outcome]:
    result = PaymentsResult()
    await import_payments(desk, [payment_row(line, rows[0]) for line, rows in enumerate(of_loans)], result)
    await report_file(desk, source, result.followed.ended)
    if result.effects and _is_to_be_noted(desk):
        await note_payments(desk)
    refused = _by_line(result.refused)
    effects = _effects(result.taken)
    return [
        Outcome(errors=refused[line]) if line in refused else Outcome(effects.get(line, "same"))
        for line in range(len(of_loans))
    ]


def _is_to_be_noted(desk: Desk) -> bool:
    at = desk.workspace.payments_at
    return at is None or desk.now - at >= NOTED_EACH


async def _apply_schedules(desk: Desk, of_loans: Sequence[Sequence[Texts]]) -> list[Outcome]:
    result = SchedulesResult()
    lines = [(place, at) for place, rows in enumerate(of_loans) for at in range(len(rows))]
    rows = [instalment_row(line, of_loans[place][at]) for line, (place, at) in enumerate(lines)]
    await import_schedules(desk, rows, result)
    errors: defaultdict[int, list[DeskError]] = defaultdict(list)
    for each in result.refused:
        place, at = lines[each.line]
        for error in each.errors:
            if error.code != "import_schedule_rest":
                column = {"column": _COLUMNS[error.code]} if error.code in _COLUMNS else {}
                errors[place].append(type(error)(error.code, **{**error.params, **column, "line": at}))
    effects = {lines[line][0]: effect for line, effect in _effects(result.taken).items()}
    return [
        Outcome(errors=tuple(errors[place])) if place in errors else Outcome(effects.get(place, "same"))
        for place in range(len(of_loans))
    ]


def _effects(taken: Sequence[TakenRow]) -> dict[int, str]:
    """Return the effect of each row that changed something."""
    return {each.line: each.effect for each in taken}


def _by_line(refused: Sequence[RefusedRow]) -> dict[int, tuple[DeskError, ...]]:
    return {each.line: each.errors for each in refused}
