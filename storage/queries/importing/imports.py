"""Lookups and writes of an import, each for a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, or_, union, update
from sqlalchemy import select as sqlalchemy_select
from sqlmodel import SQLModel, col, select

from storage.engine import bulk
from storage.engine.work import Work
from storage.queries.loans.loans import LIVE_STAGES, number_key
from storage.queries.loans.visibility import IS_THERE
from storage.tables import AuditEntry, Borrower, FollowUp, ImportedValues, Loan, SearchTerm

_IMPORTED = SQLModel.metadata.tables["imported_values"]


_TERMS = ("stage", "amount", "due_day", "autopay", "unpaid_since")

_NAMED = union(
    select(Loan.id).where(
        col(Loan.workspace_id) == bindparam("workspace"), col(Loan.number_key).in_(bindparam("keys", expanding=True))
    ),
    select(ImportedValues.loan_id).where(
        col(ImportedValues.workspace_id) == bindparam("workspace"),
        col(ImportedValues.number_key).in_(bindparam("keys", expanding=True)),
    ),
)
_BY_NUMBERS: Any = (
    sqlalchemy_select(
        *(col(c) for c in (Loan.id, Loan.number_key, Loan.minted, Loan.demo_at, Loan.owner_id)),
        *(col(getattr(Loan, name)) for name in _TERMS),
        *(col(c) for c in (Borrower.id, Borrower.name_cipher, Borrower.phone_cipher)),
        *(_IMPORTED.c[name] for name in ("id", "number_key", "values_cipher")),
    )
    .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    .outerjoin(_IMPORTED, _IMPORTED.c.loan_id == col(Loan.id))
    .where(col(Loan.id).in_(_NAMED))
    .order_by(col(Loan.id))
)
_LOCKED_BY_NUMBERS: Any = _BY_NUMBERS.with_for_update(of=[Loan, Borrower])
"""The borrower too, so that a correction that commits meanwhile is seen."""


@dataclass(frozen=True, slots=True)
class StoredValues:
    """What a file said about a loan: the row's id, the number that the file used as it is compared, its values, encrypted."""

    id: UUID
    loan_id: UUID
    number_key: str
    values_cipher: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KnownLoan:
    """A loan with its borrower, as values of their columns, and what the lender's file last said about it, if a file did."""

    loan_id: UUID
    number_key: str
    minted: bool
    is_demo: bool
    owner_id: UUID | None
    terms: Mapping[str, Any]
    """The values of the columns that a file may bring."""
    borrower_id: UUID
    name_cipher: bytes = field(repr=False)
    phone_cipher: bytes = field(repr=False)
    said: StoredValues | None

    @property
    def keys(self) -> tuple[str, ...]:
        """The numbers by which a file may name it, as they are compared."""
        return (self.number_key,) if self.said is None else (self.number_key, self.said.number_key)


async def locked_by_numbers(session: Work, workspace_id: UUID, numbers: Collection[str]) -> list[KnownLoan]:
    """Return the loans that have one of those numbers, or had it in the lender's last file, locked until the transaction
    ends."""
    return await _by_numbers(session, _LOCKED_BY_NUMBERS, workspace_id, numbers)


async def named(session: Work, workspace_id: UUID, numbers: Collection[str]) -> list[KnownLoan]:
    """Return the same loans without locking them."""
    return await _by_numbers(session, _BY_NUMBERS, workspace_id, numbers)


async def _by_numbers(session: Work, statement: Any, workspace_id: UUID, numbers: Collection[str]) -> list[KnownLoan]:
    keys = sorted({number_key(number) for number in numbers})
    rows: Any = await session.execute(statement, {"workspace": workspace_id, "keys": keys})
    return [
        KnownLoan(
            loan_id=row[0],
            number_key=row[1],
            minted=row[2],
            is_demo=row[3] is not None,
            owner_id=row[4],
            terms=dict(zip(_TERMS, row[5:10], strict=True)),
            borrower_id=row[10],
            name_cipher=row[11],
            phone_cipher=row[12],
            said=StoredValues(row[13], row[0], row[14], row[15]) if row[13] is not None else None,
        )
        for row in rows
    ]


async def loans_with_borrowers(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, tuple[Loan, Borrower]]:
    """Return these locked loans with their borrowers, to be changed, by id."""
    if not loan_ids:
        return {}
    statement = select(Loan, Borrower).join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    found = await session.exec(statement.where(col(Loan.id).in_(loan_ids)).order_by(col(Loan.id)))
    return {loan.id: (loan, borrower) for loan, borrower in found}


async def calls_about_instalments(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, list[FollowUp]]:
    """Return the follow-ups of each of these loans that are about an instalment or a promise, open or not, in order."""
    found: dict[UUID, list[FollowUp]] = {loan_id: [] for loan_id in loan_ids}
    if found:
        about = col(FollowUp.instalment_on).is_not(None) | (col(FollowUp.purpose) == "promise")
        statement = select(FollowUp).where(col(FollowUp.loan_id).in_(loan_ids), about)
        # Open ones in the order of urgency, as they are cancelled.
        for row in await session.exec(statement.order_by(col(FollowUp.late_at), col(FollowUp.number))):
            found[row.loan_id].append(row)
    return found


async def renamed_with_phone(
    session: Work, workspace_id: UUID, digests: Sequence[int]
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
            IS_THERE,
            or_(col(Loan.minted) & col(Loan.stage).in_(LIVE_STAGES), ~col(Loan.minted) & corrected & ~said),
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
    names = ("id", "loan_id", "number_key", "values_cipher")
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    await add_value_columns(session, workspace_id, columns, at)


async def add_value_columns(
    session: Work, workspace_id: UUID, columns: Mapping[str, Sequence[Any]], at: datetime
) -> None:
    """Insert the same, given by the names of what a `StoredValues` has."""
    await bulk.insert(session, ImportedValues, columns, {"workspace_id": workspace_id, "at": at})


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
