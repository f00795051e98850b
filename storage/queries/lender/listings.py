"""Lists that the lender's systems read, in the order in which their rows were made: a page goes on behind the last id."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.engine.work import Work
from storage.tables import Call, DocumentItem, FollowUp, Loan, Promise

_T = TypeVar("_T", bound=SQLModel)


async def loans(
    session: Work, workspace_id: UUID, *, stage: str | None, owner_id: UUID | None, after: UUID | None, limit: int
) -> Sequence[Loan]:
    """Return loans of a stage, or of an owner."""
    statement = select(Loan).where(Loan.workspace_id == workspace_id)
    if stage is not None:
        statement = statement.where(Loan.stage == stage)
    if owner_id is not None:
        statement = statement.where(Loan.owner_id == owner_id)
    return await _page(session, Loan, statement, after, limit)


async def follow_ups(
    session: Work,
    workspace_id: UUID,
    *,
    loan_id: UUID | None,
    assignee_id: UUID | None,
    state: str | None,
    due_from: date | None,
    due_to: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[FollowUp]:
    """Return follow-ups of a loan, of an assignee, in a state, due in a time (both days included)."""
    statement = select(FollowUp).where(FollowUp.workspace_id == workspace_id)
    if loan_id is not None:
        statement = statement.where(FollowUp.loan_id == loan_id)
    if assignee_id is not None:
        statement = statement.where(FollowUp.assignee_id == assignee_id)
    if state is not None:
        statement = statement.where(FollowUp.state == state)
    if due_from is not None:
        statement = statement.where(FollowUp.due_on >= due_from)
    if due_to is not None:
        statement = statement.where(FollowUp.due_on <= due_to)
    return await _page(session, FollowUp, statement, after, limit)


async def calls(
    session: Work,
    workspace_id: UUID,
    *,
    loan_id: UUID | None,
    caller_id: UUID | None,
    since: datetime | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Call]:
    """Return calls that were not undone: of a loan, by a caller, since an instant."""
    statement = select(Call).where(Call.workspace_id == workspace_id, col(Call.undone_at).is_(None))
    if loan_id is not None:
        statement = statement.where(Call.loan_id == loan_id)
    if caller_id is not None:
        statement = statement.where(Call.caller_id == caller_id)
    if since is not None:
        statement = statement.where(Call.at >= since)
    return await _page(session, Call, statement, after, limit)


async def promises(
    session: Work,
    workspace_id: UUID,
    *,
    loan_id: UUID | None,
    state: str | None,
    due_from: date | None,
    due_to: date | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Promise]:
    """Return promises that were not undone: on a loan, in a state, for a time (both days included)."""
    statement = select(Promise).where(Promise.workspace_id == workspace_id, col(Promise.undone_at).is_(None))
    if loan_id is not None:
        statement = statement.where(Promise.loan_id == loan_id)
    if state is not None:
        statement = statement.where(Promise.state == state)
    if due_from is not None:
        statement = statement.where(Promise.due_on >= due_from)
    if due_to is not None:
        statement = statement.where(Promise.due_on <= due_to)
    return await _page(session, Promise, statement, after, limit)


async def documents(
    session: Work, workspace_id: UUID, *, loan_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> Sequence[DocumentItem]:
    """Return documents that were asked for: on a loan, in a state."""
    statement = select(DocumentItem).where(DocumentItem.workspace_id == workspace_id, DocumentItem.state != "undone")
    if loan_id is not None:
        statement = statement.where(DocumentItem.loan_id == loan_id)
    if state is not None:
        statement = statement.where(DocumentItem.state == state)
    return await _page(session, DocumentItem, statement, after, limit)


async def _page(
    session: Work, table: Any, statement: SelectOfScalar[_T], after: UUID | None, limit: int
) -> Sequence[_T]:
    if after is not None:
        statement = statement.where(table.id > after)
    return (await session.exec(statement.order_by(table.id).limit(limit))).all()
