"""What is held of one person: rows that name them, others who may be the same, and the exports that were made of it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, func
from sqlalchemy import select as select_columns
from sqlmodel import SQLModel, col, select

from storage.engine.work import Work
from storage.queries.loans.visibility import IS_THERE
from storage.tables import (
    Borrower,
    Call,
    CallParty,
    CaseExport,
    Loan,
    Member,
    PersonRequest,
    RelatedPerson,
    RelatedPhone,
    RelatedTerm,
    SearchTerm,
)

NO_RECORD = frozenset({"related_term", "person_request"})
"""Tables that refer to a person around a loan and are no record of them: the index, and requests, which are read apart."""


def tables_about_people() -> list[tuple[Table, str]]:
    """Return the tables that refer to a person around a loan, and the column that does, by name."""
    return [
        (table, column.name)
        for name, table in sorted(SQLModel.metadata.tables.items())
        for column in table.columns
        if name not in NO_RECORD and any(key.column.table.name == "related_person" for key in column.foreign_keys)
    ]


async def rows_about(session: Work, table: Table, column: str, person_id: UUID, *, limit: int) -> list[dict[str, Any]]:
    """Return the rows of a table that refer to a person around a loan."""
    statement = select_columns(table).where(table.c[column] == person_id).order_by(table.c.id).limit(limit)
    return [dict(row._mapping) for row in (await session.execute(statement)).all()]


async def calls_with(session: Work, person_id: UUID, *, limit: int) -> Sequence[Call]:
    """Return the calls that reached a person around a loan, the earliest first."""
    parties = select(CallParty.call_id).where(CallParty.person_id == person_id)
    return (await session.exec(select(Call).where(col(Call.id).in_(parties)).order_by(col(Call.id)).limit(limit))).all()


async def borrowers_like(session: Work, workspace_id: UUID, digest: int) -> Sequence[Borrower]:
    """Return the borrowers that have this search digest."""
    found = select(SearchTerm.borrower_id).where(SearchTerm.digest == digest)
    statement = select(Borrower).where(Borrower.workspace_id == workspace_id, col(Borrower.id).in_(found))
    return (await session.exec(statement.order_by(col(Borrower.id)))).all()


async def people_like(session: Work, workspace_id: UUID, digest: int) -> Sequence[RelatedPerson]:
    """Return the people around loans that have this search digest."""
    found = select(RelatedTerm.person_id).where(RelatedTerm.digest == digest)
    statement = select(RelatedPerson).where(
        RelatedPerson.workspace_id == workspace_id,
        col(RelatedPerson.id).in_(found),
        col(RelatedPerson.undone_at).is_(None),
    )
    return (await session.exec(statement.order_by(col(RelatedPerson.id)))).all()


async def all_phones_of(session: Work, person_id: UUID) -> Sequence[RelatedPhone]:
    """Return the phones of a person around a loan, removed ones too."""
    statement = select(RelatedPhone).where(RelatedPhone.person_id == person_id).order_by(col(RelatedPhone.id))
    return (await session.exec(statement)).all()


async def loans_of(session: Work, borrower_id: UUID) -> Sequence[Loan]:
    """Return the loans of a borrower, the earliest first."""
    statement = select(Loan).where(Loan.borrower_id == borrower_id, IS_THERE)
    return (await session.exec(statement.order_by(col(Loan.id)))).all()


async def requests_about(session: Work, loan_ids: Sequence[UUID], person_ids: Sequence[UUID]) -> list[PersonRequest]:
    """Return the requests of the borrower of these loans, and those of these people around loans, the earliest first."""
    statement = select(PersonRequest).where(
        (col(PersonRequest.loan_id).in_(loan_ids) & col(PersonRequest.person_id).is_(None))
        | col(PersonRequest.person_id).in_(person_ids),
        col(PersonRequest.undone_at).is_(None),
    )
    return list((await session.exec(statement.order_by(col(PersonRequest.id)))).all())


async def roles_of_members(session: Work, workspace_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Return the Slack id and the roles of all members, removed ones too, by id."""
    statement = select(Member.id, Member.slack_user_id, Member.roles).where(Member.workspace_id == workspace_id)
    return {row_id: (slack_id, roles) for row_id, slack_id, roles in await session.exec(statement)}


async def last_exports(session: Work, request_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when the last export was made for each of these requests, if one was."""
    statement = (
        select(CaseExport.request_id, func.max(col(CaseExport.built_at)))
        .where(col(CaseExport.request_id).in_(request_ids), col(CaseExport.built_at).is_not(None))
        .group_by(col(CaseExport.request_id))
    )
    found = (await session.exec(statement)).all()
    return {request_id: built_at for request_id, built_at in found if request_id and built_at}
