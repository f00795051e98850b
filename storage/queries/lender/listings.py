"""Lists that the lender's systems read. A value by which is chosen is None where all rows are wanted."""

from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select

from storage.engine.pages import Page, Updates, Window, page
from storage.engine.work import Work
from storage.queries.loans.visibility import IS_THERE
from storage.tables import Call, DocumentItem, FollowUp, Loan, Promise

_T = TypeVar("_T", bound=SQLModel)


async def loans(
    session: Work, workspace_id: UUID, window: Window, *, stage: str | None, owner_id: UUID | None
) -> Page[Loan]:
    """Return loans of a stage, or of an owner."""
    return await _page(session, workspace_id, window, Loan, _is(Loan.stage, stage), _is(Loan.owner_id, owner_id))


async def follow_ups(
    session: Work,
    workspace_id: UUID,
    window: Window,
    *,
    loan_id: UUID | None,
    assignee_id: UUID | None,
    state: str | None,
    due_from: date | None,
    due_to: date | None,
) -> Page[FollowUp]:
    """Return follow-ups of a loan, of an assignee, in a state, due in a time (both days included)."""
    return await _page(
        session,
        workspace_id,
        window,
        FollowUp,
        _is(FollowUp.loan_id, loan_id),
        _is(FollowUp.assignee_id, assignee_id),
        _is(FollowUp.state, state),
        _since(FollowUp.due_on, due_from),
        _until(FollowUp.due_on, due_to),
    )


async def calls(
    session: Work,
    workspace_id: UUID,
    window: Window,
    *,
    loan_id: UUID | None,
    caller_id: UUID | None,
    since: datetime | None,
) -> Page[Call]:
    """Return calls: of a loan, by a caller, since an instant. Those that were undone are among the updated ones alone."""
    return await _page(
        session,
        workspace_id,
        window,
        Call,
        _if_not_updated(window, col(Call.undone_at).is_(None)),
        _is(Call.loan_id, loan_id),
        _is(Call.caller_id, caller_id),
        _since(Call.at, since),
    )


async def promises(
    session: Work,
    workspace_id: UUID,
    window: Window,
    *,
    loan_id: UUID | None,
    state: str | None,
    due_from: date | None,
    due_to: date | None,
) -> Page[Promise]:
    """Return promises: on a loan, in a state, for a time (both days included). Those that were undone are among the updated
    ones alone."""
    return await _page(
        session,
        workspace_id,
        window,
        Promise,
        _if_not_updated(window, col(Promise.undone_at).is_(None)),
        _is(Promise.loan_id, loan_id),
        _is(Promise.state, state),
        _since(Promise.due_on, due_from),
        _until(Promise.due_on, due_to),
    )


async def documents(
    session: Work, workspace_id: UUID, window: Window, *, loan_id: UUID | None, state: str | None
) -> Page[DocumentItem]:
    """Return documents that were asked for: on a loan, in a state. Undone ones are among the updated ones alone."""
    return await _page(
        session,
        workspace_id,
        window,
        DocumentItem,
        _if_not_updated(window, DocumentItem.state != "undone"),
        _is(DocumentItem.loan_id, loan_id),
        _is(DocumentItem.state, state),
    )


async def _page(session: Work, workspace_id: UUID, window: Window, table: type[_T], *conditions: Any) -> Page[_T]:
    """Return rows of the workspace that fulfil all conditions but those that are None, without those of loans that are being
    deleted."""
    row: Any = table
    loan_id = row.id if table is Loan else row.loan_id
    gone = select(Loan.id).where(Loan.workspace_id == workspace_id, ~IS_THERE)
    given = [loan_id.not_in(gone), *(each for each in conditions if each is not None)]
    return await page(session, table, select(table).where(row.workspace_id == workspace_id, *given), window)


def _if_not_updated(window: Window, condition: Any) -> Any:
    return None if isinstance(window, Updates) else condition


def _is(column: Any, value: Any) -> Any:
    return None if value is None else column == value


def _since(column: Any, value: Any) -> Any:
    return None if value is None else column >= value


def _until(column: Any, value: Any) -> Any:
    return None if value is None else column <= value
