"""Escalations: those of a loan, those that nobody has resolved, those of which the second level is to hear."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, case, func, or_, select, text, update
from sqlmodel import SQLModel, col
from sqlmodel import select as sqlmodel_select

from storage.engine.rows import also
from storage.engine.work import Work
from storage.queries.core.due_rows import are_due, taking, waits_for
from storage.queries.people.members import MANAGES
from storage.tables import Escalation, Loan, Member, TeamManager

SECOND_LEVEL = "second_level"
"""The chore that tells the second level."""

_ESCALATION: Table = SQLModel.metadata.tables["escalation"]
_FOLLOW_UP: Table = SQLModel.metadata.tables["follow_up"]
_CALL: Table = SQLModel.metadata.tables["call"]
_NEXT_LEVEL_AT = waits_for(SECOND_LEVEL, _ESCALATION.c.next_level_at)
_PRESENT = col(Escalation.undone_at).is_(None)
UNRESOLVED = text("state != 'resolved' AND undone_at IS NULL")
"""The condition of the index for what nobody has resolved."""


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[Escalation]:
    """Return the escalations of a loan that were not undone, the latest first."""
    statement = sqlmodel_select(Escalation).where(Escalation.loan_id == loan_id, _PRESENT)
    return list((await session.exec(statement.order_by(col(Escalation.raised_at).desc()).limit(limit))).all())


async def latest_of_kind(session: Work, loan_ids: Collection[UUID], kind: str) -> dict[UUID, Escalation]:
    """Return by loan the latest escalation of that kind which was not undone; a loan without any is missing."""
    if not loan_ids:
        return {}
    statement = sqlmodel_select(Escalation).where(
        col(Escalation.loan_id).in_(loan_ids), Escalation.kind == kind, _PRESENT
    )
    return {row.loan_id: row for row in await session.exec(statement.order_by(col(Escalation.raised_at)))}


async def unresolved_of_loan(session: Work, loan_id: UUID) -> list[Escalation]:
    """Return the escalations of a loan that nobody has resolved, the earliest first."""
    statement = sqlmodel_select(Escalation).where(Escalation.loan_id == loan_id, UNRESOLVED)
    return list((await session.exec(statement.order_by(col(Escalation.raised_at)))).all())


async def was_raised(session: Work, loan_id: UUID, trigger: str) -> bool:
    """Return whether a rule has escalated the loan for that cause before."""
    statement = sqlmodel_select(Escalation.id).where(
        Escalation.loan_id == loan_id, Escalation.rule_trigger == trigger, _PRESENT
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def unresolved_of_follow_ups(session: Work, follow_up_ids: Collection[UUID]) -> dict[UUID, Escalation]:
    """Return the escalations about these follow-ups that nobody has resolved, by the follow-up's id."""
    if not follow_up_ids:
        return {}
    statement = sqlmodel_select(Escalation).where(col(Escalation.follow_up_id).in_(follow_up_ids), UNRESOLVED)
    return {row.follow_up_id: row for row in (await session.exec(statement)).all() if row.follow_up_id is not None}


async def of_call(session: Work, call_id: UUID) -> Escalation | None:
    """Return the escalation of what a call ended in, or None."""
    statement = sqlmodel_select(Escalation).where(Escalation.call_id == call_id, _PRESENT)
    return (await session.exec(statement.order_by(col(Escalation.raised_at).desc()).limit(1))).first()


async def any_unresolved(session: Work, workspace_id: UUID) -> bool:
    """Return whether there is an escalation that nobody has resolved."""
    statement = sqlmodel_select(Escalation.id).where(Escalation.workspace_id == workspace_id, UNRESOLVED).limit(1)
    return (await session.exec(statement)).first() is not None


async def waiting(
    session: Work, workspace_id: UUID, member_id: UUID, *, unmanaged: bool, second_level: bool, limit: int
) -> tuple[list[Escalation], int]:
    """Return the escalations that wait for a member, the earliest first, at most `limit`, and how many there are.

    They are those that the member has taken on, the open ones of the teams that they manage, with `unmanaged` those of members
    whose team has no manager, and with `second_level` those of which the second level was told. One is of who did not act on its
    follow-up, or else of the loan's owner.
    """
    whose = case(
        (col(Escalation.follow_up_id).is_not(None), col(Escalation.about_member_id)),
        else_=func.coalesce(Loan.owner_id, Escalation.about_member_id),
    )
    theirs = sqlmodel_select(TeamManager.team_id).where(TeamManager.member_id == member_id, MANAGES)
    manager = also(Member)
    is_managed = (
        sqlmodel_select(TeamManager.team_id)
        .join(manager, col(manager.id) == col(TeamManager.member_id))
        .where(TeamManager.team_id == Member.team_id, MANAGES, col(manager.removed_at).is_(None))
        .exists()
    )
    of_member = col(Member.team_id).in_(theirs)
    if unmanaged:
        of_member = or_(of_member, ~is_managed)
    is_open = and_(
        col(Escalation.state) == "open", or_(of_member, col(Escalation.level) > 1) if second_level else of_member
    )
    statement = (
        sqlmodel_select(Escalation, func.count().over())
        .join(Loan, col(Loan.id) == Escalation.loan_id)
        .join(Member, col(Member.id) == whose)
        .where(
            Escalation.workspace_id == workspace_id, UNRESOLVED, or_(col(Escalation.taken_by_id) == member_id, is_open)
        )
        .order_by(col(Escalation.raised_at), col(Escalation.id))
        .limit(limit)
    )
    found = (await session.exec(statement)).all()
    return [row for row, _ in found], found[0][1] if found else 0


async def settle(session: Work, follow_up_ids: Collection[UUID], by_id: UUID | None, now: datetime) -> None:
    """Settle the escalations about follow-ups on which a member has acted since, and bring back those that an Undo reopened."""
    answered = (
        select(_CALL.c.id)
        .where(
            _CALL.c.follow_up_id == _ESCALATION.c.follow_up_id,
            _CALL.c.at >= _ESCALATION.c.raised_at,
            _CALL.c.undone_at.is_(None),
        )
        .correlate(
            _ESCALATION
        )  # the one that is updated: by itself, SQLAlchemy looks no further than the query around this one
        .exists()
    )
    acted_on = (
        select(_FOLLOW_UP.c.id)
        .where(
            _FOLLOW_UP.c.id == _ESCALATION.c.follow_up_id,
            or_(
                _FOLLOW_UP.c.state != "open",
                _FOLLOW_UP.c.planned_at >= _ESCALATION.c.raised_at,
                _FOLLOW_UP.c.assignee_id != _ESCALATION.c.about_member_id,
                answered,
            ),
        )
        .exists()
    )
    changed = update(_ESCALATION).where(
        _ESCALATION.c.follow_up_id.in_(follow_up_ids), _ESCALATION.c.undone_at.is_(None)
    )
    states = await _states(session, follow_up_ids) if Escalation in session.watched else {}
    version = _ESCALATION.c.version + 1
    await session.execute(
        changed.where(_ESCALATION.c.settled, ~acted_on).values(
            settled=False,
            state=case((_ESCALATION.c.taken_by_id.is_(None), "open"), else_="taken"),
            resolved_by_id=None,
            resolved_at=None,
            version=version,
        )
    )
    await session.execute(
        changed.where(_ESCALATION.c.state != "resolved", acted_on).values(
            settled=True, state="resolved", resolved_by_id=by_id, resolved_at=now, version=version
        )
    )
    if states:
        statement = sqlmodel_select(Escalation).where(col(Escalation.id).in_(states))
        for row in await session.exec(statement.execution_options(populate_existing=True)):
            session.note_written(row, {"state": states[row.id]})


async def _states(session: Work, follow_up_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the states of the escalations about these follow-ups."""
    column = _ESCALATION.c
    rows = await session.execute(select(column.id, column.state).where(column.follow_up_id.in_(follow_up_ids)))
    return dict(rows)


async def due(session: Work, workspace_id: UUID, now: datetime, *, limit: int) -> list[UUID]:
    """Return the escalations of which the second level is to hear, without taking them."""
    statement = select(_ESCALATION.c.id).where(*_due(workspace_id, now, None)).limit(limit)
    return list((await session.execute(statement)).scalars())


async def take(
    session: Work, workspace_id: UUID, now: datetime, *, limit: int, only: Collection[UUID] | None = None
) -> Sequence[Escalation]:
    """Return the escalations of which the second level is to hear, after ending their clock; of `only` these, if given.

    What was settled meanwhile is left out.
    """
    which = select(_ESCALATION.c.id).where(*_due(workspace_id, now, only)).limit(limit)
    taken = (await session.exec(taking(Escalation, which, {"next_level_at": None}))).scalars()
    return [row for row in taken if row.state == "open"]


def _due(workspace_id: UUID, now: datetime, only: Collection[UUID] | None) -> list[ColumnElement[bool]]:
    return [
        *are_due(_NEXT_LEVEL_AT, workspace_id, SECOND_LEVEL, now, only),
        _ESCALATION.c.undone_at.is_(None),
    ]
