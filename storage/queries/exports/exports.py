"""Lists that were asked for as files, which loans they name, and the loans of a portfolio."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func
from sqlmodel import col, select

from storage.engine import bulk
from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.loans.visibility import Viewer
from storage.tables import Borrower, Call, ExportedLoan, ListExport, Loan, LoanTerms, Member, Vehicle


async def is_waiting(session: Work, workspace_id: UUID, now: datetime) -> bool:
    """Return whether there is an export that is to be built. It is asked each second, and locks nothing."""
    statement = select(ListExport.id).where(ListExport.workspace_id == workspace_id, col(ListExport.build_at) <= now)
    return (await session.exec(statement.limit(1))).first() is not None


async def count_waiting(session: Work, member_id: UUID) -> int:
    """Count the exports of a member that are still to be built. Who counts them at the same time, to ask for another, waits until
    this transaction has ended."""
    await session.exec(select(Member.id).where(Member.id == member_id).with_for_update(key_share=True))
    statement = (
        select(func.count())
        .select_from(ListExport)
        .where(ListExport.member_id == member_id, col(ListExport.build_at).is_not(None))
    )
    return (await session.exec(statement)).one()


async def of_file(session: Work, file_id: UUID) -> ListExport | None:
    """Return the export whose file that is."""
    return (await session.exec(select(ListExport).where(ListExport.file_id == file_id))).first()


async def name_loans(session: Work, export: ListExport, loans: Mapping[UUID, bool]) -> None:
    """Note which loans an export names, and whether its member saw each of them."""
    columns = {"loan_id": list(loans), "seen": list(loans.values())}
    await bulk.insert(session, ExportedLoan, columns, {"export_id": export.id, "workspace_id": export.workspace_id})


async def counts_of_loans(session: Work, export_id: UUID, visible: Viewer) -> tuple[int, int]:
    """Return how many of the loans that an export names are still there, and how many of those that its member saw then they do
    not see now."""
    of_export = select(func.count()).select_from(ExportedLoan).where(ExportedLoan.export_id == export_id)
    seen = of_export.where(col(ExportedLoan.seen))
    still = seen.join(Loan, col(Loan.id) == col(ExportedLoan.loan_id)).where(visible.condition)
    there = (await session.exec(of_export)).one()
    lost = (await session.exec(seen)).one() - (await session.exec(still, params=visible.values)).one()
    return there, lost


async def delete_before(session: Work, workspace_id: UUID, before: datetime, *, limit: int) -> int:
    """Delete exports that were asked for before, and of which no file is kept, and return how many."""
    statement = (
        select(ListExport.id)
        .where(
            ListExport.workspace_id == workspace_id,
            col(ListExport.asked_at) < before,
            col(ListExport.file_id).is_(None),
            col(ListExport.build_at).is_(None),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = (await session.exec(statement)).all()
    if ids:
        await session.exec(delete(ExportedLoan).where(col(ExportedLoan.export_id).in_(ids)))
        await session.exec(delete(ListExport).where(col(ListExport.id).in_(ids)))
    return len(ids)


async def forget_loans(session: Work, export_id: UUID) -> None:
    """Delete which loans an export names: its file is kept no more."""
    await session.exec(delete(ExportedLoan).where(col(ExportedLoan.export_id) == export_id))


PortfolioRow = tuple[Loan, Borrower, LoanTerms | None, Vehicle | None]

_columns: Any = select  # the types of SQLModel end with four columns that are there
_PORTFOLIO: Any = (
    _columns(Loan, Borrower, LoanTerms, Vehicle)
    .join(Borrower, col(Borrower.id) == col(Loan.borrower_id))
    .outerjoin(LoanTerms, col(LoanTerms.loan_id) == col(Loan.id))
    .outerjoin(Vehicle, col(Vehicle.loan_id) == col(Loan.id))
)


async def portfolio(session: Work, visible: Viewer, after: str | None, *, limit: int) -> Sequence[PortfolioRow]:
    """Return the next visible loans with their borrowers, terms and vehicles, by number, behind that key of a number: their
    index has them in this order, so that a page costs what it shows."""
    statement = _PORTFOLIO.where(visible.condition)
    if after is not None:
        statement = statement.where(col(Loan.number_key) > after)
    return (await session.exec(statement.order_by(col(Loan.number_key)).limit(limit), params=visible.values)).all()


async def last_calls(session: Work, loan_ids: Collection[UUID]) -> dict[UUID, Call]:
    """Return the last call, not undone, of each of these loans that has one."""
    found: dict[UUID, Call] = {}
    for ids in chunks(loan_ids):
        latest = (
            select(Call.loan_id, func.max(Call.at).label("at"))
            .where(col(Call.loan_id).in_(ids), col(Call.undone_at).is_(None))
            .group_by(col(Call.loan_id))
            .subquery()
        )
        statement = (
            select(Call)
            .join(latest, (latest.c.loan_id == col(Call.loan_id)) & (latest.c.at == col(Call.at)))
            .where(col(Call.undone_at).is_(None))
            .order_by(col(Call.id))
        )
        found.update({call.loan_id: call for call in await session.exec(statement)})
    return found
