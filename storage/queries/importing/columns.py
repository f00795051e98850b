"""What a lender said about the columns of its files."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, delete, select

from storage.engine.database import insert_into
from storage.engine.rows import column_values
from storage.engine.work import Work
from storage.tables import ImportColumn


async def of_workspace(session: Work, workspace_id: UUID) -> Sequence[ImportColumn]:
    """Return what was said of headings, by kind and heading."""
    statement = select(ImportColumn).where(col(ImportColumn.workspace_id) == workspace_id)
    return (await session.exec(statement.order_by(col(ImportColumn.kind), col(ImportColumn.heading)))).all()


async def save(session: Work, row: ImportColumn) -> None:
    """Save what was said of a heading, replacing what was said of it before."""
    statement = insert_into(session, ImportColumn).values(column_values(row))
    changed = {name: statement.excluded[name] for name in ("heading", "field", "by_id", "at")}
    keys = ["workspace_id", "kind", "heading_key"]
    await session.exec(statement.on_conflict_do_update(index_elements=keys, set_=changed))


async def forget(session: Work, workspace_id: UUID, ids: Collection[UUID]) -> None:
    """Delete what was said of headings."""
    where = (col(ImportColumn.workspace_id) == workspace_id, col(ImportColumn.id).in_(ids))
    await session.exec(delete(ImportColumn).where(*where))
