"""Drafts: what a member typed and has not confirmed or sent."""

from uuid import UUID

from sqlmodel import col, delete, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import Draft


async def of_form(session: Work, member_id: UUID, form: str) -> Draft | None:
    """Return what a member typed into a form, or None."""
    statement = select(Draft).where(col(Draft.member_id) == member_id, col(Draft.form) == form)
    return (await session.exec(statement)).first()


async def save(session: Work, draft: Draft) -> None:
    """Save what a member has typed into a form, replacing an earlier draft of it."""
    statement = insert_into(session, Draft).values(column_values(draft))
    changed = {name: statement.excluded[name] for name in ("id", "body_cipher", "at")}
    await session.exec(statement.on_conflict_do_update(index_elements=["member_id", "form"], set_=changed))


async def delete_form(session: Work, member_id: UUID, form: str) -> None:
    """Delete a member's draft of a form."""
    await session.exec(delete(Draft).where(col(Draft.member_id) == member_id, col(Draft.form) == form))
