"""Files: those to fetch, of a message, of a document; and which stored bytes a row refers to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, update
from sqlmodel import col, func, select

from storage.engine.work import Work
from storage.queries.core.rows import chunks
from storage.queries.files.senders import Senders
from storage.tables import CaseExport, Draft, FileImport, FileLink, ListExport, SlackUpload, StoredFile

STORED = ("waiting", "filed", "made", "import")
"""States of a file whose bytes are in the store."""


async def lock(session: Work, file_id: UUID) -> StoredFile | None:
    """Return the file, locked until the transaction ends."""
    return (await session.exec(select(StoredFile).where(StoredFile.id == file_id).with_for_update())).first()


async def next_to_fetch(session: Work, workspace_id: UUID, now: datetime) -> StoredFile | None:
    """Return the file whose turn it is to be fetched, locked; None if there is none."""
    statement = (
        select(StoredFile)
        .where(StoredFile.workspace_id == workspace_id, col(StoredFile.fetch_at) <= now)
        .order_by(col(StoredFile.fetch_at), col(StoredFile.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).first()


async def names_known(session: Work, workspace_id: UUID, slack_file_ids: Collection[str]) -> set[str]:
    """Return those of these ids that a file has."""
    statement = select(StoredFile.slack_file_id).where(
        StoredFile.workspace_id == workspace_id, col(StoredFile.slack_file_id).in_(slack_file_ids)
    )
    return set((await session.exec(statement)).all())


async def of_batch(session: Work, workspace_id: UUID, batch_id: UUID, *, locked: bool = False) -> list[StoredFile]:
    """Return the files of one message or form, in the order in which they were sent, without tables that are imported; `locked`,
    as they are now."""
    statement = select(StoredFile).where(
        StoredFile.workspace_id == workspace_id, StoredFile.batch_id == batch_id, StoredFile.state != "import"
    )
    statement = statement.order_by(col(StoredFile.id))
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return list((await session.exec(statement)).all())


async def of_items(session: Work, item_ids: Collection[UUID]) -> list[StoredFile]:
    """Return the files of these documents, the earliest first."""
    found: list[StoredFile] = []
    for ids in chunks(item_ids):
        statement = select(StoredFile).where(col(StoredFile.document_item_id).in_(ids), StoredFile.state == "filed")
        found += (await session.exec(statement.order_by(col(StoredFile.id)))).all()
    return found


async def of_loan(session: Work, loan_id: UUID, *, limit: int) -> list[StoredFile]:
    """Return the files of a loan, the earliest first."""
    statement = select(StoredFile).where(StoredFile.loan_id == loan_id, StoredFile.state == "filed")
    return list((await session.exec(statement.order_by(col(StoredFile.id)).limit(limit))).all())


async def filed_with_digests(
    session: Work, workspace_id: UUID, digests: Collection[str], *, limit: int
) -> list[StoredFile]:
    """Return files of loans that have one of these SHA-256 digests, the earliest first."""
    statement = (
        select(StoredFile)
        .where(
            StoredFile.workspace_id == workspace_id,
            col(StoredFile.sha256).in_(digests),
            StoredFile.state == "filed",
        )
        .order_by(col(StoredFile.id))
        .limit(limit)
    )
    return list((await session.exec(statement)).all()) if digests else []


async def known_blobs(session: Work, blob_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these stored bytes a row refers to."""
    known: set[UUID] = set()
    for ids in chunks(blob_ids):
        found = await session.exec(select(StoredFile.blob_id).where(col(StoredFile.blob_id).in_(ids)))
        known.update(each for each in found if each is not None)
    return known


async def stored(session: Work, workspace_id: UUID, after: UUID | None, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Return the next files whose bytes must be in the store: their ids and those of their bytes."""
    statement = select(StoredFile.id, StoredFile.blob_id).where(
        StoredFile.workspace_id == workspace_id,
        col(StoredFile.state).in_(STORED),
    )
    if after is not None:
        statement = statement.where(StoredFile.id > after)
    rows = (await session.exec(statement.order_by(col(StoredFile.id)).limit(limit))).all()
    return [(row_id, blob_id) for row_id, blob_id in rows if blob_id is not None]


async def count_stored(session: Work, workspace_id: UUID) -> tuple[int, int]:
    """Return how many files are stored, and how many bytes they have."""
    statement = select(func.count(), func.coalesce(func.sum(StoredFile.size), 0)).where(
        StoredFile.workspace_id == workspace_id, col(StoredFile.state).in_(STORED)
    )
    count, size = (await session.exec(statement)).one()
    return count, int(size or 0)


async def unfiled_before(
    session: Work,
    workspace_id: UUID,
    states: Sequence[str],
    before: datetime,
    *,
    but_kinds: Collection[str],
    limit: int,
) -> list[UUID]:
    """Return the files in these states that were sent before. A recording that waits is not among them: it is never dropped."""
    statement = (
        select(StoredFile.id)
        .where(
            StoredFile.workspace_id == workspace_id,
            col(StoredFile.state).in_(states),
            col(StoredFile.made_at) < before,
            or_(col(StoredFile.state) != "waiting", col(StoredFile.kind).not_in(but_kinds)),
        )
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.exec(statement)).all())


async def waiting_of(
    session: Work, workspace_id: UUID, kinds: Collection[str], whose: Senders, *, limit: int
) -> list[StoredFile]:
    """Return the files of these kinds that wait for their senders, those that wait longest first."""
    statement = select(StoredFile).where(
        StoredFile.workspace_id == workspace_id,
        StoredFile.state == "waiting",
        col(StoredFile.kind).in_(kinds),
        whose.sent(col(StoredFile.member_id), workspace_id),
    )
    return list((await session.exec(statement.order_by(col(StoredFile.made_at)).limit(limit))).all())


async def delete_files(session: Work, file_ids: Collection[UUID]) -> None:
    """Delete files with their links, and what was asked to be sent of them. What is stored of them becomes a leftover."""
    for ids in chunks(file_ids):
        await session.exec(delete(FileLink).where(col(FileLink.file_id).in_(ids)))
        await session.exec(delete(SlackUpload).where(col(SlackUpload.file_id).in_(ids)))
        await session.exec(update(FileImport).where(col(FileImport.file_id).in_(ids)).values(file_id=None))
        await session.exec(update(CaseExport).where(col(CaseExport.file_id).in_(ids)).values(file_id=None))
        await session.exec(update(ListExport).where(col(ListExport.file_id).in_(ids)).values(file_id=None))
        await session.exec(delete(StoredFile).where(col(StoredFile.id).in_(ids)))


async def workspace_of_link(session: Work, token_digest: bytes) -> UUID | None:
    """Return the workspace of the link of that token."""
    return (await session.exec(select(FileLink.workspace_id).where(FileLink.token_digest == token_digest))).first()


async def workspace_of_page_link(session: Work, draft_id: UUID) -> UUID | None:
    """Return the workspace of a link to what the desk makes, by the id of its row."""
    return (await session.exec(select(Draft.workspace_id).where(Draft.id == draft_id))).first()


async def link_of(session: Work, workspace_id: UUID, token_digest: bytes, *, locked: bool) -> FileLink | None:
    """Return the link of that token."""
    statement = select(FileLink).where(FileLink.workspace_id == workspace_id, FileLink.token_digest == token_digest)
    return (await session.exec(statement.with_for_update() if locked else statement)).first()
