"""Recordings of calls, their files, and who listened."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel import col, select

from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.files.senders import Senders
from storage.tables import Recording, RecordingPlay, StoredFile

_COUNT = (
    col(Recording.ready_at).is_not(None),
    col(Recording.undone_at).is_(None),
)


async def lock(session: Work, recording_id: UUID) -> Recording | None:
    """Return the recording, locked until the transaction ends."""
    statement = select(Recording).where(Recording.id == recording_id).with_for_update()
    return (await session.exec(statement.execution_options(populate_existing=True))).first()


async def of_loan(
    session: Work, loan_id: UUID, *, offset: int = 0, limit: int | None = None
) -> list[tuple[Recording, StoredFile | None]]:
    """Return the recordings of a loan with their files, discarded ones too, the latest first."""
    statement = (
        select(Recording, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Recording.file_id), isouter=True)
        .where(Recording.loan_id == loan_id, *_COUNT)
        .order_by(col(Recording.at).desc(), col(Recording.id).desc())
        .offset(offset)
        .limit(limit)
    )
    return [(recording, file) for recording, file in (await session.exec(statement)).all()]


async def has_bytes(session: Work, loan_id: UUID, sha256: str) -> bool:
    """Return whether a loan has a recording with these bytes that was not discarded."""
    statement = (
        select(Recording.id)
        .join(StoredFile, col(StoredFile.id) == col(Recording.file_id))
        .where(
            Recording.loan_id == loan_id, StoredFile.sha256 == sha256, *_COUNT, col(Recording.discarded_at).is_(None)
        )
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def without_call(
    session: Work, workspace_id: UUID, whose: Senders, *, limit: int
) -> list[tuple[Recording, StoredFile | None]]:
    """Return the recordings that belong to no call yet, with their files, those that wait longest first."""
    statement = (
        select(Recording, StoredFile)
        .join(StoredFile, col(StoredFile.id) == col(Recording.file_id), isouter=True)
        .where(
            col(Recording.call_id).is_(None),
            Recording.workspace_id == workspace_id,
            *_COUNT,
            col(Recording.discarded_at).is_(None),
            whose.sent(col(Recording.added_by_id), workspace_id),
        )
        .order_by(col(Recording.at))
        .limit(limit)
    )
    return [(recording, file) for recording, file in (await session.exec(statement)).all()]


async def of_calls(session: Work, call_ids: Collection[UUID]) -> list[Recording]:
    """Return the recordings of these calls that were not discarded, the earliest first."""
    found: list[Recording] = []
    for ids in chunks(call_ids):
        statement = select(Recording).where(
            col(Recording.call_id).in_(ids), *_COUNT, col(Recording.discarded_at).is_(None)
        )
        found += (await session.exec(statement.order_by(col(Recording.at), col(Recording.id)))).all()
    return found


async def of_file(session: Work, file_id: UUID) -> Recording | None:
    """Return the recording whose bytes that file has or will have, if it is one and its act was not undone."""
    statement = select(Recording).where(Recording.file_id == file_id, col(Recording.undone_at).is_(None))
    return (await session.exec(statement)).first()


async def plays_of(session: Work, recording_ids: Collection[UUID]) -> list[RecordingPlay]:
    """Return who listened to these recordings and when, the earliest first."""
    found: list[RecordingPlay] = []
    for ids in chunks(recording_ids):
        statement = select(RecordingPlay).where(col(RecordingPlay.recording_id).in_(ids))
        found += (await session.exec(statement.order_by(col(RecordingPlay.at), col(RecordingPlay.id)))).all()
    return found
