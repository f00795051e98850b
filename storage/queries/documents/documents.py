"""Documents requested from borrowers."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, or_
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.core.keyset import Key, is_beyond
from storage.tables import DocumentItem, DocumentRequest, DocumentStep, Loan

OPEN_STATES = ("requested", "received", "rejected")
"""States of a document that is still to be brought or reviewed; a rejected one is requested again."""

WANTED = (*OPEN_STATES, "accepted")
"""States of a document that was asked for and counts; another one of it arrives unasked."""

TO_BRING = ("requested", "rejected")
"""States of a document that the borrower is still to bring."""


async def open_items(session: Work, loan_id: UUID) -> list[DocumentItem]:
    """Return the open documents of a loan, in the order of the requests."""
    return [item for item, _ in await open_with_requests(session, loan_id)]


async def open_with_requests(session: Work, loan_id: UUID) -> list[tuple[DocumentItem, DocumentRequest]]:
    """Return the same with their requests."""
    return await _items(session, [loan_id], OPEN_STATES)


async def items_of_loan(
    session: Work, loan_id: UUID, states: Sequence[str] = (*WANTED, "cancelled", "ended")
) -> list[tuple[DocumentItem, DocumentRequest]]:
    """Return the documents of a loan in these states, by default all that were not undone, with their requests, in the order of
    the requests."""
    return await _items(session, [loan_id], states)


async def steps_of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[tuple[DocumentStep, DocumentItem]]:
    """Return the steps of a loan's documents that were not undone, newest first."""
    statement = (
        select(DocumentStep, DocumentItem)
        .join(DocumentItem, col(DocumentItem.id) == col(DocumentStep.item_id))
        .where(DocumentStep.loan_id == loan_id, col(DocumentStep.undone_at).is_(None))
        .order_by(col(DocumentStep.at).desc(), col(DocumentStep.id).desc())
        .limit(limit)
    )
    return list((await session.exec(statement)).all())


async def open_of_owner(
    session: Work, owner_id: UUID, *, now: datetime, today: date, limit: int
) -> list[tuple[Loan, int, int]]:
    """Return the loans of an owner that have open documents, how many, and how many of them are still to be brought though
    their date has passed; the longest waiting first."""
    has_passed = or_(
        col(DocumentRequest.due_at) < now,
        and_(col(DocumentRequest.due_at).is_(None), col(DocumentRequest.due_on) < today),
    )
    late = and_(col(DocumentItem.state).in_(TO_BRING), has_passed)
    statement = (
        select(Loan, func.count(col(DocumentItem.id)), func.sum(case((late, 1), else_=0)))
        .join(DocumentItem, col(DocumentItem.loan_id) == col(Loan.id))
        .join(DocumentRequest, col(DocumentRequest.id) == col(DocumentItem.request_id))
        .where(Loan.owner_id == owner_id, col(DocumentItem.state).in_(OPEN_STATES))
        .group_by(col(Loan.id))
        .order_by(func.min(DocumentItem.changed_at), col(Loan.id))
        .limit(limit)
    )
    return list((await session.exec(statement)).all())


async def requests(session: Work, request_ids: Sequence[UUID]) -> list[DocumentRequest]:
    """Return the requests with these ids, oldest first."""
    statement = select(DocumentRequest).where(col(DocumentRequest.id).in_(request_ids))
    return list((await session.exec(statement.order_by(col(DocumentRequest.created_at)))).all())


async def states_of_loans(session: Work, loan_ids: Collection[UUID]) -> list[DocumentItem]:
    """Return the documents of these loans that are open or were accepted."""
    statement = select(DocumentItem).where(col(DocumentItem.loan_id).in_(loan_ids), col(DocumentItem.state).in_(WANTED))
    return list((await session.exec(statement)).all())


def will_expire(since: date, until: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the documents that have come, whose last day is within these days, and of which that was not
    seen."""
    return (
        col(DocumentItem.valid_until).between(since, until),
        col(DocumentItem.expiry_seen_at).is_(None),
        col(DocumentItem.state).in_(("received", "accepted")),
    )


async def expiring(session: Work, loan_id: UUID, since: date, until: date) -> list[DocumentItem]:
    """Return the documents of a loan that have come, whose last day is within these days, and of which that was not seen."""
    statement = select(DocumentItem).where(DocumentItem.loan_id == loan_id, *will_expire(since, until))
    return list((await session.exec(statement.order_by(col(DocumentItem.id)))).all())


async def by_ids(session: Work, item_ids: Collection[UUID]) -> list[DocumentItem]:
    """Return the documents with these ids, in the order in which they were requested."""
    statement = select(DocumentItem).where(col(DocumentItem.id).in_(item_ids))
    return list((await session.exec(statement.order_by(col(DocumentItem.id)))).all())


async def to_bring(
    session: Work, loan_ids: Collection[UUID], follow_up_ids: Collection[UUID]
) -> list[tuple[DocumentItem, DocumentRequest]]:
    """Return the documents of these loans that are still to be brought and that these calls ask for, with their requests."""
    return await _items(session, loan_ids, TO_BRING, col(DocumentRequest.follow_up_id).in_(follow_up_ids))


async def asked_after_in(session: Work, loan_id: UUID, follow_up_id: UUID) -> list[DocumentRequest]:
    """Return the requests of a loan whose documents this follow-up asks for."""
    statement = select(DocumentRequest).where(
        DocumentRequest.loan_id == loan_id, DocumentRequest.follow_up_id == follow_up_id
    )
    return list((await session.exec(statement)).all())


async def count_of_owner(session: Work, owner_id: UUID, states: Collection[str]) -> int:
    """Count the documents of an owner's loans in these states."""
    statement = (
        select(func.count())
        .select_from(DocumentItem)
        .join(Loan, col(Loan.id) == col(DocumentItem.loan_id))
        .where(Loan.owner_id == owner_id, col(DocumentItem.state).in_(states))
    )
    return (await session.exec(statement)).one()


async def of_owner(
    session: Work, owner_id: UUID, states: Collection[str], *, limit: int, offset: int = 0, beyond: Key | None = None
) -> list[tuple[Loan, DocumentItem, DocumentRequest]]:
    """Return the documents that `count_of_owner` counts, with loan and request; the longest waiting first; only those behind the
    key `beyond`, if given."""
    statement = (
        select(Loan, DocumentItem, DocumentRequest)
        .join(DocumentItem, col(DocumentItem.loan_id) == col(Loan.id))
        .join(DocumentRequest, col(DocumentRequest.id) == col(DocumentItem.request_id))
        .where(Loan.owner_id == owner_id, col(DocumentItem.state).in_(states))
        .order_by(col(DocumentItem.changed_at), col(DocumentItem.id))
    )
    if beyond is not None:
        statement = statement.where(is_beyond(beyond, col(DocumentItem.changed_at), col(DocumentItem.id)))
    return list((await session.exec(statement.limit(limit).offset(offset))).all())


async def _items(
    session: Work, loan_ids: Collection[UUID], states: Sequence[str], *conditions: ColumnElement[bool]
) -> list[tuple[DocumentItem, DocumentRequest]]:
    statement = (
        select(DocumentItem, DocumentRequest)
        .join(DocumentRequest, col(DocumentRequest.id) == col(DocumentItem.request_id))
        .where(col(DocumentItem.loan_id).in_(loan_ids), col(DocumentItem.state).in_(states), *conditions)
        .order_by(col(DocumentRequest.created_at), col(DocumentItem.request_id), col(DocumentItem.position))
    )
    return list((await session.exec(statement)).all())
