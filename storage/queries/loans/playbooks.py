"""Playbooks that managers have changed, and which ones were shown for a loan."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.tables import PlaybookShown, PlaybookVersion


async def present(session: Work, workspace_id: UUID, code: str) -> PlaybookVersion | None:
    """Return the latest version of a playbook that was not undone; None while it is the release's own."""
    statement = select(PlaybookVersion).where(
        PlaybookVersion.workspace_id == workspace_id,
        PlaybookVersion.code == code,
        col(PlaybookVersion.undone_at).is_(None),
    )
    return (await session.exec(statement.order_by(col(PlaybookVersion.number).desc()).limit(1))).first()


async def last_number(session: Work, workspace_id: UUID, code: str) -> int:
    """Return the highest number that a version of the playbook has, also one that was undone; 0 without any."""
    statement = select(func.max(PlaybookVersion.number)).where(
        PlaybookVersion.workspace_id == workspace_id, PlaybookVersion.code == code
    )
    return (await session.exec(statement)).one() or 0


async def shown_on_loan(session: Work, loan_id: UUID, *, since: datetime, limit: int) -> list[PlaybookShown]:
    """Return what was shown for a loan from `since` on, newest first."""
    statement = select(PlaybookShown).where(PlaybookShown.loan_id == loan_id, col(PlaybookShown.at) >= since)
    ordered = statement.order_by(col(PlaybookShown.at).desc(), col(PlaybookShown.id).desc()).limit(limit)
    return list((await session.exec(ordered)).all())
