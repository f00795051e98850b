"""Imports of files: the next to work on, the last ones, and their refused rows."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, or_
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.tables import FileImport, ImportRefusal, StoredFile

IMPORTED = "import"
"""The state of a stored file that is a table to import."""

AT_WORK = ("read", "running")
"""The states of an import that a worker has to work on."""


_LOCKED = (
    select(FileImport)
    .where(FileImport.id == bindparam("import_id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def lock(session: Work, import_id: UUID) -> FileImport | None:
    """Return the import as it is now, locked until the transaction ends."""
    return (await session.exec(_LOCKED, params={"import_id": import_id})).first()


async def next_to_work(session: Work, workspace_id: UUID, now: datetime) -> FileImport | None:
    """Return the import whose turn it is, locked: one with bytes that is to be tried or imported, and that no worker holds."""
    statement = (
        select(FileImport)
        .where(
            FileImport.workspace_id == workspace_id,
            col(FileImport.state).in_(AT_WORK),
            col(FileImport.file_id).is_not(None),
            or_(col(FileImport.held_until).is_(None), col(FileImport.held_until) <= now),
        )
        .order_by(col(FileImport.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).first()


async def tables_without_import(session: Work, workspace_id: UUID, *, limit: int) -> list[StoredFile]:
    """Return the tables that have arrived and of which there is no import yet, locked."""
    known = select(FileImport.id).where(col(FileImport.file_id) == col(StoredFile.id)).exists()
    statement = (
        select(StoredFile)
        .where(StoredFile.workspace_id == workspace_id, StoredFile.state == IMPORTED, ~known)
        .order_by(col(StoredFile.made_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())


async def last_done(session: Work, workspace_id: UUID, sha256: str) -> FileImport | None:
    """Return the last import of these bytes that came to its end."""
    statement = select(FileImport).where(
        FileImport.workspace_id == workspace_id, FileImport.sha256 == sha256, FileImport.state == "done"
    )
    return (await session.exec(statement.order_by(col(FileImport.ended_at).desc()).limit(1))).first()


async def running_without_bytes(session: Work, workspace_id: UUID, now: datetime) -> list[UUID]:
    """Return the imports of the command line that nobody works on any more: their process has ended."""
    statement = select(FileImport.id).where(
        FileImport.workspace_id == workspace_id,
        FileImport.state == "running",
        col(FileImport.file_id).is_(None),
        col(FileImport.held_until) <= now,
    )
    return list((await session.exec(statement)).all())


async def latest(session: Work, workspace_id: UUID, *, limit: int) -> list[FileImport]:
    """Return the last imports, the latest first, without those that were cancelled."""
    statement = select(FileImport).where(FileImport.workspace_id == workspace_id, FileImport.state != "cancelled")
    return list((await session.exec(statement.order_by(col(FileImport.made_at).desc()).limit(limit))).all())


async def refusals(session: Work, import_id: UUID, *, limit: int, offset: int = 0) -> Sequence[ImportRefusal]:
    """Return refused rows of an import, in the order of the file."""
    statement = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    return (await session.exec(statement.order_by(col(ImportRefusal.line)).offset(offset).limit(limit))).all()


async def count_refusals(session: Work, import_id: UUID) -> int:
    """Return how many refused rows of an import are kept."""
    statement = select(func.count()).where(ImportRefusal.import_id == import_id)
    return int((await session.execute(statement)).scalar_one())


async def delete_refusals(session: Work, import_id: UUID) -> None:
    """Delete the refused rows of an import."""
    await session.exec(delete(ImportRefusal).where(col(ImportRefusal.import_id) == import_id))
