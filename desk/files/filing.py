"""File what a member sent: say which document of which loan it is, or discard it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.core.undo_rules import UndoneRow, corrects_after_undo
from desk.core.values import LoanRef
from desk.documents.documents import DocumentChangeResult, receive_files
from desk.documents.files import FileView, file_views
from desk.documents.names import DocumentName
from desk.files.batches import BatchView, FilePlace, batch_view, duplicates_of, revise_announcements
from desk.loans import lookup
from desk.rules.file_kinds import KINDS
from storage.queries.files import files
from storage.tables import StoredFile, Undo


@dataclass(frozen=True, slots=True)
class FilesFiled:
    """The document to which the files belong now, and where the same bytes were already."""

    change: DocumentChangeResult
    files: tuple[FileView, ...]
    duplicates: tuple[FilePlace, ...]


async def own_batch(desk: Desk, batch_id: UUID) -> BatchView:
    """Return what the acting member sent together. Raises NotAllowed (`role_missing`) and NotFound (`unknown_file`)."""
    return await batch_view(desk, await _own(desk, batch_id))


async def file_batch(
    desk: Desk, batch_id: UUID, file_ids: Collection[UUID], *, loan: LoanRef, document: DocumentName
) -> FilesFiled:
    """File these files of a batch as that document of the loan, which is received by that.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_file`), Conflict (`file_settled`), Invalid (`file_is_recording`), and
    what `lookup.resolve` and `documents.receive_files` raise.
    """
    require_role(desk, "send_file")
    named = (await lookup.resolve(desk, loan)).loan  # locked before the files, as an Undo does
    rows = [row for row in await _own(desk, batch_id, locked=True) if row.id in file_ids]
    if not rows or any(row.state != "waiting" for row in rows):
        raise Conflict("file_settled")
    if any(KINDS[row.kind or ""].audio for row in rows):
        raise Invalid("file_is_recording")
    known = await duplicates_of(desk, rows)
    desk.audit("files_filed", subject_id=batch_id, files=[str(row.id) for row in rows], document=document.code)
    change = await receive_files(desk, named, which=document, rows=rows)
    await revise_announcements(desk, [batch_id])
    return FilesFiled(change, file_views(desk, rows), tuple(dict.fromkeys(known.values())))


async def file_as_wished(desk: Desk, batch_id: UUID) -> FilesFiled:
    """File what waits of a batch where its sender said. Raises as `file_batch` does."""
    batch = await own_batch(desk, batch_id)
    if batch.wished is None:
        raise Conflict("file_settled")
    number = batch.wished.number
    waiting = {file.id for file in batch.documents}
    return await file_batch(desk, batch_id, waiting, loan=LoanRef(number, number), document=batch.wished.document)


async def discard_batch(desk: Desk, batch_id: UUID) -> int:
    """Delete what waits of a batch, and return how many files. What is stored of them is removed by the worker.

    Raises NotAllowed (`role_missing`), NotFound (`unknown_file`), Conflict (`file_settled`).
    """
    waiting = [row for row in await _own(desk, batch_id, locked=True) if row.state == "waiting"]
    if not waiting:
        raise Conflict("file_settled")
    for row in waiting:
        row.state, row.why, row.blob_id, row.key_cipher = "refused", "discarded", None, None
        row.version += 1
        desk.add(row)
    desk.audit("files_discarded", subject_id=batch_id, files=[str(row.id) for row in waiting])
    await revise_announcements(desk, [batch_id])
    return len(waiting)


@corrects_after_undo(StoredFile)
async def correct_announcements(desk: Desk, _: Undo, rows: Sequence[UndoneRow]) -> None:
    """Have the messages about files rewritten that wait for their sender again."""
    await revise_announcements(desk, list({each.row.batch_id for each in rows}))


async def _own(desk: Desk, batch_id: UUID, *, locked: bool = False) -> list[StoredFile]:
    require_role(desk, "send_file")
    rows = await files.of_batch(desk.session, desk.workspace.id, batch_id, locked=locked)
    if not rows or any(row.member_id != desk.member.id for row in rows):
        raise NotFound("unknown_file")
    return rows
