"""Read models of the files of documents."""

from collections.abc import Collection, Iterable
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.queries.files import files
from storage.tables import StoredFile


@dataclass(frozen=True, slots=True)
class FileView:
    """A file as its sender named it. `kind` is a code of `desk.rules.file_kinds`; `size` is in bytes; `pages` None: unknown.
    `seconds` is the length of a recording, None: unknown.

    `why` says why a refused file was not taken, and of a stored one what is to be looked at (`protected`).
    """

    id: UUID
    version: int
    name: str = field(repr=False)
    state: str
    why: str
    kind: str
    size: int
    pages: int | None
    seconds: int | None
    sent_at: datetime


def file_view(desk: Desk, row: StoredFile) -> FileView:
    """Return a file as people see it."""
    return FileView(
        id=row.id,
        version=row.version,
        name=unreadable.read(desk, StoredFile.name_cipher, row),
        state=row.state,
        why=row.why or "",
        kind=row.kind or "",
        size=row.size or 0,
        pages=row.pages,
        seconds=row.seconds,
        sent_at=row.made_at,
    )


def file_views(desk: Desk, rows: Iterable[StoredFile]) -> tuple[FileView, ...]:
    """Return the files in the given order."""
    return tuple(file_view(desk, row) for row in rows)


async def files_of_items(desk: Desk, item_ids: Collection[UUID]) -> dict[UUID, tuple[FileView, ...]]:
    """Return the files of these documents, by document; one without files is missing."""
    found: dict[UUID, tuple[FileView, ...]] = {}
    for row in await files.of_items(desk.session, item_ids):
        assert row.document_item_id is not None
        found[row.document_item_id] = (*found.get(row.document_item_id, ()), file_view(desk, row))
    return found
