"""Lookups and writes of an import, each for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, insert, or_, union, update
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import SQLModel, col, select

from storage.engine.work import Work
from storage.queries.loans.loans import LIVE_STAGES, number_key
from storage.tables import AuditEntry, Borrower, ImportedValues, Loan, SearchTerm

_IMPORTED = SQLModel.metadata.tables["imported_values"]


@dataclass(frozen=True, slots=True)
class StoredValues:
    """What a file said about a loan: the row's id, the number that the file used as it is compared, its values, encrypted."""

    id: UUID
    loan_id: UUID
    number_key: str
    values_cipher: bytes = field(repr=False)


Known = tuple[Loan, Borrower, StoredValues | None]
"""A loan with its borrower and what the lender's file last said about it, if a file did."""


async def locked_by_numbers(session: Work, workspace_id: UUID, numbers: Collection[str]) -> Sequence[Known]:
    """Return the loans that have one of those numbers, or had it in the lender's last file, locked until the transaction
    ends."""
    keys = sorted({number_key(number) for number in numbers})
    named = union(
        select(Loan.id).where(Loan.workspace_id == workspace_id, col(Loan.number_key).in_(keys)),
        select(ImportedValues.loan_id).where(
            ImportedValues.workspace_id == workspace_id, col(ImportedValues.number_key).in_(keys)
        ),
    )
    statement: Any = (
        sqlalchemy_select(Loan, Borrower, _IMPORTED.c.id, _IMPORTED.c.number_key, _IMPORTED.c.values_cipher)
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .outerjoin(_IMPORTED, _IMPORTED.c.loan_id == col(Loan.id))
        .where(col(Loan.id).in_(named))
        .order_by(col(Loan.id))
        # The borrower too, so that a correction that commits meanwhile is seen.
        .with_for_update(of=[Loan, Borrower])  # pyright: ignore[reportArgumentType]
    )
    asked: Any = session  # its overloads know four columns at most
    found: Sequence[tuple[Loan, Borrower, UUID | None, str, bytes]] = (await asked.exec(statement)).all()
    return [
        (loan, borrower, StoredValues(row_id, loan.id, key, values) if row_id is not None else None)
        for loan, borrower, row_id, key, values in found
    ]


async def renamed_with_phone(
    session: Work, workspace_id: UUID, digests: Sequence[bytes]
) -> Sequence[tuple[Loan, Borrower]]:
    """Return the loans with one of those phones whose number the file may not know, locked likewise: live ones numbered by the
    desk, and those that members corrected before what files said was kept."""
    if not digests:
        return []
    corrected = exists().where(col(AuditEntry.loan_id) == col(Loan.id), col(AuditEntry.act) == "edit")
    said = exists().where(_IMPORTED.c.loan_id == col(Loan.id))
    statement = (
        select(Loan, Borrower)
        .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
        .join(SearchTerm, col(SearchTerm.borrower_id) == col(Borrower.id))
        .where(
            Loan.workspace_id == workspace_id,
            or_(col(Loan.minted) & col(Loan.stage).in_(LIVE_STAGES), ~col(Loan.minted) & corrected & ~said),
            SearchTerm.workspace_id == workspace_id,
            col(SearchTerm.digest).in_(digests),
        )
        .order_by(col(Loan.id))
        .with_for_update(of=Loan)
    )
    return (await session.exec(statement)).all()


async def corrections(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[AuditEntry]]:
    """Return the audit entries of corrections, and of what was undone, on each of these loans, the oldest first."""
    found: dict[UUID, list[AuditEntry]] = defaultdict(list)
    if not loan_ids:
        return found
    statement = (
        select(AuditEntry)
        .where(col(AuditEntry.loan_id).in_(loan_ids), col(AuditEntry.act).in_(("edit", "undo")))
        .order_by(col(AuditEntry.at), col(AuditEntry.id))
    )
    for entry in await session.exec(statement):
        if entry.loan_id is not None:
            found[entry.loan_id].append(entry)
    return found


async def add_values(session: Work, workspace_id: UUID, rows: Sequence[StoredValues], at: datetime) -> None:
    """Insert what a file said about loans of which no file had said anything yet."""
    if rows:
        values = [{**asdict(row), "workspace_id": workspace_id, "at": at} for row in rows]
        await session.execute(insert(_IMPORTED), values)


async def change_values(session: Work, rows: Sequence[StoredValues], at: datetime) -> None:
    """Replace what an earlier file said."""
    if not rows:
        return
    statement = (
        update(_IMPORTED)
        .where(_IMPORTED.c.id == bindparam("row"))
        .values(number_key=bindparam("key"), values_cipher=bindparam("cipher"), at=at)
    )
    changes = [{"row": row.id, "key": row.number_key, "cipher": row.values_cipher} for row in rows]
    await session.execute(statement, changes)
