"""Drafts: what a member typed and has not confirmed or sent."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.engine.database import insert_into
from storage.tables import Draft


async def by_id(session: AsyncSession, draft_id: UUID) -> Draft | None:
    """Return the draft of that id, locked by this transaction: it is used once."""
    return await session.get(Draft, draft_id, with_for_update=True)


async def of_form(session: AsyncSession, member_id: UUID, form: str) -> Draft | None:
    """Return what a member typed into a form, or None."""
    statement = select(Draft).where(col(Draft.member_id) == member_id, col(Draft.form) == form)
    return (await session.exec(statement)).first()


async def keep(session: AsyncSession, draft: Draft) -> None:
    """Save what a member has typed into a form, replacing what was saved of it before."""
    statement = insert_into(session, Draft).values(draft.model_dump())
    changed = {name: statement.excluded[name] for name in ("id", "body_cipher", "at")}
    await session.exec(statement.on_conflict_do_update(index_elements=["member_id", "form"], set_=changed))


async def forget_form(session: AsyncSession, member_id: UUID, form: str) -> None:
    """Delete what was saved of a form."""
    await session.exec(delete(Draft).where(col(Draft.member_id) == member_id, col(Draft.form) == form))


async def forget_before(session: AsyncSession, workspace_id: UUID, instant: datetime) -> None:
    """Delete the drafts that are older than `instant`."""
    await session.exec(delete(Draft).where(col(Draft.workspace_id) == workspace_id, col(Draft.at) < instant))
