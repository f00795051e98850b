"""Files that one member sent together: what arrived, where they might belong, and the message that asks."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.documents.files import FileView, file_views
from desk.documents.names import DocumentName
from desk.documents.views import words_of
from desk.loans import lookup
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.rules.file_kinds import KINDS
from storage.queries.files import files
from storage.queries.messages import notices
from storage.tables import DocumentItem, Loan, Member, StoredFile

_LOOKED_AT = 20
"""How many files with the same bytes are looked at."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A document of a loan."""

    number: str
    document: DocumentName = field(repr=False)


@dataclass(frozen=True, slots=True)
class BatchView:
    """Files sent together, in their order. `filed` and `duplicates` say by file where it is, and where the same bytes are
    already, as far as the sender may see that.

    `wished` is where its sender said that they belong; `wished_loan` the loan alone, if no more was said.
    """

    id: UUID
    files: tuple[FileView, ...]
    filed: Mapping[UUID, FilePlace]
    duplicates: Mapping[UUID, FilePlace]
    wished: FilePlace | None
    wished_loan: str

    @property
    def waiting(self) -> tuple[FileView, ...]:
        """Return the files that are stored and belong nowhere yet."""
        return tuple(file for file in self.files if file.state == "waiting")

    @property
    def documents(self) -> tuple[FileView, ...]:
        """Return those of `waiting` that are documents."""
        return tuple(file for file in self.waiting if not KINDS[file.kind].audio)

    @property
    def recordings(self) -> tuple[FileView, ...]:
        """Return those of `waiting` that are recordings of calls."""
        return tuple(file for file in self.waiting if KINDS[file.kind].audio)


async def batch_view(desk: Desk, rows: Sequence[StoredFile]) -> BatchView:
    """Return the files of a batch as its sender, the acting member, sees them."""
    first = rows[0]
    number = await _visible_number(desk, first.loan_id) if first.loan_id else ""
    said = (
        DocumentName(first.document, unreadable.read(desk, StoredFile.document_words_cipher, first))
        if first.document
        else None
    )
    return BatchView(
        id=first.batch_id,
        files=file_views(desk, rows),
        filed={row.id: place for row in rows if row.state == "filed" and (place := await _place(desk, row))},
        duplicates=await duplicates_of(desk, [row for row in rows if row.state == "waiting"]),
        wished=FilePlace(number, said) if number and said else None,
        wished_loan=number,
    )


async def duplicates_of(desk: Desk, rows: Sequence[StoredFile]) -> dict[UUID, FilePlace]:
    """Return where the same bytes are already, by file, on loans that the acting member may see."""
    digests = {row.sha256: row.id for row in rows if row.sha256}
    found: dict[UUID, FilePlace] = {}
    same = await files.filed_with_digests(desk.session, desk.workspace.id, digests.keys(), limit=_LOOKED_AT)
    for row in same:
        file_id = digests[row.sha256 or ""]
        if row.id != file_id and file_id not in found and (place := await _place(desk, row)):
            found[file_id] = place
    return found


async def announce_batch(desk: Desk, sender: Member, batch_id: UUID) -> None:
    """Tell the sender, in their direct conversation, what arrived."""
    await queue_notice(
        desk,
        kind=kinds.FILES_ARRIVED,
        key=_key(batch_id),
        to=sender.slack_user_id,
        about_member_id=sender.id,
        facts={"batch": str(batch_id)},
    )


async def revise_announcements(desk: Desk, batch_ids: Sequence[UUID]) -> None:
    """Have the messages about these files rewritten."""
    keys = [_key(each) for each in batch_ids]
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, keys)
    await notices.touch(desk.session, list(told.values()), desk.now)


async def _place(desk: Desk, row: StoredFile) -> FilePlace | None:
    number = await _visible_number(desk, row.loan_id) if row.loan_id else ""
    item = await desk.session.get(DocumentItem, row.document_item_id) if row.document_item_id else None
    return FilePlace(number, DocumentName(item.document, words_of(desk, item))) if number and item else None


async def _visible_number(desk: Desk, loan_id: UUID) -> str:
    if not await lookup.may_see(desk, loan_id):
        return ""
    return (await desk.session.get_one(Loan, loan_id)).number


def _key(batch_id: UUID) -> str:
    return f"files:{batch_id}"
