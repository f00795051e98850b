"""The loans and follow-ups of a member, locked by the transaction that hands them over."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.queries.loans.loans import LIVE_STAGES
from storage.tables import FollowUp, Handover, Loan, Recomputation


async def of_member(session: Work, member_id: UUID, *, lock: bool) -> tuple[list[Loan], list[FollowUp]]:
    """Return the live loans that a member owns and the open follow-ups assigned to them, in the order of their ids.

    `lock` locks every loan concerned until the transaction ends, also other members' loans with such a follow-up.
    """
    on_loans = select(FollowUp.loan_id).where(FollowUp.assignee_id == member_id, IS_OPEN)
    loans = (
        select(Loan)
        .where((col(Loan.owner_id) == member_id) & col(Loan.stage).in_(LIVE_STAGES) | col(Loan.id).in_(on_loans))
        .order_by(col(Loan.id))
        .execution_options(populate_existing=True)
    )
    rows = list((await session.exec(loans.with_for_update(key_share=True) if lock else loans)).all())
    owned = [loan for loan in rows if loan.owner_id == member_id and loan.stage in LIVE_STAGES]
    statement = select(FollowUp).where(FollowUp.assignee_id == member_id, IS_OPEN)
    follow_ups = await session.exec(statement.order_by(col(FollowUp.id)).execution_options(populate_existing=True))
    return owned, list(follow_ups.all())


async def of_loans(session: Work, loan_ids: Sequence[UUID], *, lock: bool) -> tuple[list[Loan], list[FollowUp]]:
    """Return these loans and the open follow-ups that their owners hold on them, by id; `lock` as for `of_member`."""
    loans = select(Loan).where(col(Loan.id).in_(loan_ids)).order_by(col(Loan.id))
    loans = loans.execution_options(populate_existing=True)
    rows = list((await session.exec(loans.with_for_update(key_share=True) if lock else loans)).all())
    statement = (
        select(FollowUp)
        .join(Loan, col(Loan.id) == col(FollowUp.loan_id))
        .where(col(Loan.id).in_(loan_ids), IS_OPEN, col(FollowUp.assignee_id) == col(Loan.owner_id))
        .order_by(col(FollowUp.id))
        .execution_options(populate_existing=True)
    )
    return rows, list((await session.exec(statement)).all())


async def open_of_loan_held_by(session: Work, loan_id: UUID, member_id: UUID) -> list[FollowUp]:
    """Return the open follow-ups of a loan that are assigned to a member."""
    statement = select(FollowUp).where(FollowUp.loan_id == loan_id, FollowUp.assignee_id == member_id, IS_OPEN)
    return list((await session.exec(statement.order_by(col(FollowUp.id)))).all())


class LoanOutline(NamedTuple):
    """What a preview needs of a loan."""

    id: UUID
    version: int
    stage: str


class FollowUpOutline(NamedTuple):
    """What a preview needs of a follow-up."""

    id: UUID
    version: int
    late_at: datetime
    loan_id: UUID


async def outline_of_member(session: Work, member_id: UUID) -> tuple[list[LoanOutline], list[FollowUpOutline]]:
    """Return in outline what `of_member` returns: a member may have thousands."""
    loans = (
        select(col(Loan.id), col(Loan.version), col(Loan.stage))
        .where(Loan.owner_id == member_id, col(Loan.stage).in_(LIVE_STAGES))
        .order_by(col(Loan.id))
    )
    follow_ups = (
        select(col(FollowUp.id), col(FollowUp.version), col(FollowUp.late_at), col(FollowUp.loan_id))
        .where(FollowUp.assignee_id == member_id, IS_OPEN)
        .order_by(col(FollowUp.id))
    )
    return (
        [LoanOutline(*row) for row in await session.exec(loans)],
        [FollowUpOutline(*row) for row in await session.exec(follow_ups)],
    )


async def still_held(session: Work, member_id: UUID, loan_ids: Sequence[UUID]) -> tuple[list[Loan], list[FollowUp]]:
    """Return which of these loans, live, a member owns, and the open follow-ups on them assigned to the member; locked."""
    locked = select(Loan).where(col(Loan.id).in_(loan_ids)).order_by(col(Loan.id)).with_for_update(key_share=True)
    rows = await session.exec(locked.execution_options(populate_existing=True))
    owned = [loan for loan in rows if loan.owner_id == member_id and loan.stage in LIVE_STAGES]
    statement = select(FollowUp).where(col(FollowUp.loan_id).in_(loan_ids), FollowUp.assignee_id == member_id, IS_OPEN)
    follow_ups = await session.exec(statement.order_by(col(FollowUp.id)).execution_options(populate_existing=True))
    return owned, list(follow_ups.all())


async def is_under_way(session: Work, member_id: UUID) -> bool:
    """Return whether a handover from or to this member is under way, or its Undo."""
    statement = (
        select(Handover.id)
        .join(Recomputation, col(Recomputation.id) == col(Handover.id))
        .where((col(Handover.from_id) == member_id) | (col(Handover.to_id) == member_id))
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def ids_of_batch(session: Work, batch_id: UUID) -> list[UUID]:
    """Return the handovers that were confirmed together, in the order of their ids, without locking anything."""
    statement = select(Handover.id).where(Handover.batch_id == batch_id).order_by(col(Handover.id))
    return list((await session.exec(statement)).all())


async def of_batch(session: Work, batch_id: UUID) -> list[Handover]:
    """Return the handovers that were confirmed together, in the order of their ids, locked by this transaction."""
    statement = select(Handover).where(Handover.batch_id == batch_id).order_by(col(Handover.id)).with_for_update()
    return list((await session.exec(statement.execution_options(populate_existing=True))).all())
