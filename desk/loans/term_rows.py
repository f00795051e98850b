"""The rows that hold the terms of a loan and its vehicle: read, written and taken back."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from desk.core import unreadable
from desk.core.changes import create, table_name, track
from desk.core.terms import (
    TERM_FIELDS,
    Place,
    ProductValue,
    RateValue,
    TermName,
    TermValue,
    choice,
)
from desk.core.transaction import Desk
from desk.core.undo_rules import takes_back
from storage.engine.types import new_id
from storage.tables import Loan, LoanTerms, Vehicle
from storage.tables.columns import restored_columns


def values_of(desk: Desk, loan: Loan, terms: LoanTerms | None, vehicle: Vehicle | None) -> dict[TermName, TermValue]:
    """Return the values that are known, by field."""
    rows: dict[Place, Any] = {"loan": loan, "terms": terms, "vehicle": vehicle}
    found: dict[TermName, TermValue] = {}
    for name, each in TERM_FIELDS.items():
        row = rows[each.place]
        value = None if row is None else _value(desk, name, row)
        if value is not None:
            found[name] = value
    return found


def write(
    desk: Desk,
    loan: Loan,
    terms: LoanTerms | None,
    vehicle: Vehicle | None,
    values: Mapping[TermName, TermValue | None],
) -> None:
    """Write these values of a locked loan, with a first row for its terms or vehicle where it has none."""
    rows: dict[Place, Any] = {"loan": loan, "terms": terms, "vehicle": vehicle}
    for name, value in values.items():
        place = TERM_FIELDS[name].place
        row = rows[place]
        if row is None:
            kind = LoanTerms if place == "terms" else Vehicle
            row = rows[place] = create(desk, kind(id=new_id(), workspace_id=desk.workspace.id, loan_id=loan.id))
        else:
            track(desk, row)
        for column, stored in columns_of(desk, name, value, row.id).items():
            setattr(row, column, stored)


def columns_of(desk: Desk, name: TermName, value: TermValue | None, row_id: UUID) -> dict[str, Any]:
    """Return the columns of a field with what they store of a value."""
    each = TERM_FIELDS[name]
    match value:
        case RateValue(percent, basis):
            return {"rate": percent, "rate_basis": basis}
        case ProductValue(code, own):
            return {"product": code, "product_name": own}
        case None:
            return dict.fromkeys(each.columns)
        case _:
            stored = getattr(value, "code", value)
            if each.personal:
                table = LoanTerms if each.place == "terms" else Vehicle
                stored = desk.cipher.encrypt(getattr(table, each.columns[0]), row_id, str(stored))
            return {each.columns[0]: stored}


@takes_back(LoanTerms)
async def clear_terms(_desk: Desk, row: LoanTerms) -> None:
    """Take back the first values of a loan's terms: the row stays, because a loan has one."""
    _clear(row)


@takes_back(Vehicle)
async def clear_vehicle(_desk: Desk, row: Vehicle) -> None:
    """Take back the first values of a loan's vehicle."""
    _clear(row)


def _clear(row: LoanTerms | Vehicle) -> None:
    for column in restored_columns(table_name(type(row))) - {"workspace_id", "loan_id"}:
        setattr(row, column, None)


def _value(desk: Desk, name: TermName, row: Any) -> TermValue | None:
    each = TERM_FIELDS[name]
    stored = getattr(row, each.columns[0])
    if each.kind == "product":
        own = cast("str | None", row.product_name)
        return None if stored is None and own is None else ProductValue(stored, own)
    if stored is None or (each.kind == "yes_no" and stored is False):
        return None
    if each.personal:
        table = LoanTerms if each.place == "terms" else Vehicle
        return unreadable.read(desk, getattr(table, each.columns[0]), row) or None
    if each.kind == "rate":
        return RateValue(stored, row.rate_basis or "year")
    return choice(name, stored) if each.kind == "choice" else stored
