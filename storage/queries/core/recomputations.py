"""Times that the worker must compute again, and what is not announced until it has."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, exists
from sqlmodel import col, or_, select

from storage.engine.work import Work
from storage.queries.core.literals import IS_OPEN
from storage.queries.people.members import IS_PERSON
from storage.tables import FollowUp, Member, Recomputation

REMINDER_TIMES = "reminder_times"
"""Recompute when follow-ups are announced, late and escalated."""

DIGEST_TIMES = "digest_times"
"""Recompute when members get their next digest."""

HANDOVER = "handover"
"""Hand over the loans and follow-ups of a member; until that is done nothing of theirs is announced."""

HANDOVER_UNDO = "handover_undo"
"""Hand over again what an undone handover moved; until that is done nothing of the member who got it is announced."""

_BEGUN = col(Recomputation.at_member_id).is_not(None)


async def take_next(session: Work, workspace_id: UUID) -> Recomputation | None:
    """Return the next recomputation, locked by this transaction; another worker takes another one.

    The newest for everybody comes first: it makes the earlier ones of its kind superfluous.
    """
    statement = (
        select(Recomputation)
        .where(Recomputation.workspace_id == workspace_id)
        .order_by(col(Recomputation.member_id).is_not(None), col(Recomputation.id).desc())
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).first()


async def delete_superfluous(session: Work, begun: Recomputation) -> None:
    """Delete the other recomputations of that kind that one for everybody, which is about to begin, also does.

    One that another worker has in hand, or that commits later, stays.
    """
    others = select(Recomputation.id).where(
        Recomputation.workspace_id == begun.workspace_id,
        Recomputation.kind == begun.kind,
        Recomputation.id != begun.id,
    )
    ids = (await session.exec(others.with_for_update(skip_locked=True))).all()
    await session.exec(delete(Recomputation).where(col(Recomputation.id).in_(ids)))


def awaits(
    workspace_id: UUID,
    kind: str,
    member_id: SQLColumnExpression[UUID],
    follow_up_id: SQLColumnExpression[UUID] | None = None,
) -> ColumnElement[bool]:
    """Return the condition that the times of this kind of a member, or of a follow-up assigned to them, are pending, or that
    the follow-ups assigned to them are still being handed over."""
    beyond = col(Recomputation.at_member_id) < member_id
    if follow_up_id is not None:
        beyond |= (col(Recomputation.at_member_id) == member_id) & (col(Recomputation.at_follow_up_id) < follow_up_id)
    return exists().where(
        col(Recomputation.workspace_id) == workspace_id,
        col(Recomputation.kind).in_((kind, HANDOVER, HANDOVER_UNDO)),
        or_(col(Recomputation.member_id).is_(None), col(Recomputation.member_id) == member_id),
        or_(~_BEGUN, beyond),
    )


async def follow_ups_ahead(session: Work, work: Recomputation, *, limit: int) -> Sequence[tuple[UUID, UUID, UUID]]:
    """Return assignee, id and loan of the next open follow-ups of a recomputation, in the order of its progress."""
    whose = FollowUp.workspace_id == work.workspace_id
    if work.member_id is not None:
        whose = FollowUp.assignee_id == work.member_id
    statement = select(FollowUp.assignee_id, FollowUp.id, FollowUp.loan_id).where(whose, IS_OPEN)
    if work.at_member_id is not None and work.at_follow_up_id is not None:
        same = (col(FollowUp.assignee_id) == work.at_member_id) & (col(FollowUp.id) > work.at_follow_up_id)
        # The first condition bounds the part of the index that is read.
        statement = statement.where(
            col(FollowUp.assignee_id) >= work.at_member_id, same | (col(FollowUp.assignee_id) > work.at_member_id)
        )
    ordered = statement.order_by(col(FollowUp.assignee_id), col(FollowUp.id)).limit(limit)
    return (await session.exec(ordered)).all()


async def members_ahead(session: Work, work: Recomputation, *, limit: int) -> Sequence[Member]:
    """Return the next present members of a recomputation, locked, in the order of their ids."""
    statement = select(Member).where(
        Member.workspace_id == work.workspace_id, col(Member.removed_at).is_(None), IS_PERSON
    )
    if work.member_id is not None:
        statement = statement.where(Member.id == work.member_id)
    if work.at_member_id is not None:
        statement = statement.where(Member.id > work.at_member_id)
    locked = statement.order_by(col(Member.id)).limit(limit).with_for_update(key_share=True)
    return (await session.exec(locked.execution_options(populate_existing=True))).all()


async def more_open_than(session: Work, workspace_id: UUID, member_ids: Sequence[UUID] | None, limit: int) -> bool:
    """Return whether these members, or all of the workspace, have more open follow-ups than `limit`."""
    statement = select(FollowUp.id).where(FollowUp.workspace_id == workspace_id, IS_OPEN)
    if member_ids is not None:
        statement = statement.where(col(FollowUp.assignee_id).in_(member_ids))
    return len((await session.exec(statement.limit(limit + 1))).all()) > limit


async def more_members_than(session: Work, workspace_id: UUID, limit: int) -> bool:
    """Return whether the workspace has more members than `limit`."""
    statement = select(Member.id).where(
        Member.workspace_id == workspace_id, col(Member.removed_at).is_(None), IS_PERSON
    )
    return len((await session.exec(statement.limit(limit + 1))).all()) > limit


async def of_id(session: Work, work_id: UUID) -> Recomputation | None:
    """Return what is left to the worker under this id, locked by this transaction."""
    return await session.get(Recomputation, work_id, with_for_update=True, populate_existing=True)


async def are_left(session: Work, work_ids: Sequence[UUID]) -> bool:
    """Return whether anything is left to the worker under one of these ids."""
    statement = select(Recomputation.id).where(col(Recomputation.id).in_(work_ids))
    return (await session.exec(statement.limit(1))).first() is not None
