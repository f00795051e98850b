"""The record of an import while it is tried and imported: each batch is recorded in its own transaction, by the one who holds it.

A worker holds an import for a while (`HELD_FOR`), and longer with each batch. When it dies, another goes on behind the last
batch. One that was overtaken, or whose import a member stopped, finds that out in the transaction of its next batch, which is
rolled back: no row is imported twice, and none is counted twice.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk, Office
from desk.importing.batches import BatchDone
from desk.importing.file_contents import Content, FileRead
from desk.importing.packed_rows import PackedRows
from desk.importing.reasons import reasons_as_text, remarks_as_text, remarks_of
from desk.importing.results import RefusedRow
from desk.importing.updating import Remark
from desk.messages import kinds
from desk.messages.imports import percent
from desk.messages.notices import queue_notice
from storage.engine import bulk
from storage.engine.cipher import encrypted_column
from storage.engine.types import new_id
from storage.queries.files import files
from storage.queries.importing import records
from storage.queries.messages import notices
from storage.tables import FileImport, ImportRefusal, Member, Workspace

HELD_FOR = timedelta(seconds=60)
"""How long nobody else works on an import after its holder was last heard of."""

MOST_REFUSALS = 10_000
"""How many refused rows of a file are kept; the others are counted. A file with more is wrong as a whole."""

NAMES_SHOWN = 5
"""How many names of a file are shown, to see whether its encoding was understood."""

REASONS = encrypted_column("import_refusal", "reasons_cipher")
MOST_REMARKS = 200
"""How many remarks about rows of a file are kept; the others are counted."""

CELLS = encrypted_column("import_refusal", "cells_cipher")


class OvertakenError(Exception):
    """Another worker holds the import by now, or it was stopped, cancelled or deleted."""


class RefusedMeanwhileError(Exception):
    """A row is refused that was not when the file was tried, and all or nothing was to be imported."""

    def __init__(self, refused: Sequence[RefusedRow]) -> None:
        super().__init__("a row is refused that was not before")
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Held:
    """An import that someone holds. `checks`: it is to be tried; otherwise it is to be imported, from row `done` on."""

    id: UUID
    lease: int
    checks: bool
    done: int = 0
    good_rows: bool = True
    kind: str | None = None
    again: bool = False


@dataclass(slots=True)
class Tried:
    """The progress of a file that is tried, as `batches.Progress` wants it: the message about it says how much of it was."""

    office: Office
    workspace: Workspace
    held: Held
    total: int
    tried: int = 0

    @property
    def file_id(self) -> UUID:
        """Return what names the file in messages."""
        return self.held.id

    @property
    def done(self) -> int:
        """Return how many rows were imported already: trying begins at the first."""
        return 0

    async def record(self, desk: Desk, batch: BatchDone) -> None:
        """Record nothing: what was tried is rolled back."""

    async def begin(self) -> None:
        """Record how many rows there are to try. Raises OvertakenError."""
        await self._note()

    async def note_tried(self, rows: int) -> None:
        """Record how many rows were tried, with each percent of them but the last. Raises OvertakenError."""
        before = percent(self.tried, self.total)
        self.tried += rows
        if self.tried < self.total and percent(self.tried, self.total) != before:
            await self._note()

    async def _note(self) -> None:
        async with self.office.desk(self.workspace) as desk:
            row = await require_held(desk, self.held)
            row.total, row.done, row.held_until = self.total, self.tried, desk.now + HELD_FOR
            desk.add(row)
            await tell(desk, row)


@dataclass(slots=True)
class Recorded:
    """The progress of an import that is recorded, as `batches.Progress` wants it."""

    held: Held
    cells: PackedRows = field(repr=False)

    @property
    def file_id(self) -> UUID:
        """Return what names the file in messages."""
        return self.held.id

    @property
    def done(self) -> int:
        """Return how many rows are imported already."""
        return self.held.done

    async def record(self, desk: Desk, batch: BatchDone) -> None:
        """Record a batch. Raises OvertakenError and RefusedMeanwhileError, with which the batch is rolled back."""
        row = await require_held(desk, self.held)
        if batch.refused and not row.good_rows:
            raise RefusedMeanwhileError(batch.refused)
        before = percent(row.done, row.total)
        row.done += batch.rows
        row.counts = dict(Counter[str](row.counts) + Counter(batch.counts))
        row.sums = added(row.sums, batch.sums)
        row.tries, row.held_until = 0, desk.now + HELD_FOR
        keep_remarks(desk, row, batch.remarks)
        await keep_refused(desk, row, batch.refused, self.cells)
        desk.add(row)
        if percent(row.done, row.total) != before:
            await tell(desk, row)

    async def note_tried(self, rows: int) -> None:
        """Note nothing: it is imported."""


async def require_held(desk: Desk, held: Held) -> FileImport:
    """Return the import, locked. Raises OvertakenError."""
    row = await records.lock(desk.session, held.id)
    if row is None or row.lease != held.lease or row.state != ("read" if held.checks else "running"):
        raise OvertakenError
    return row


def added(sums: Mapping[str, str], more: Mapping[str, Decimal]) -> dict[str, str]:
    """Return sums by currency, as they are stored."""
    found = {currency: Decimal(total) for currency, total in sums.items()}
    for currency, total in more.items():
        found[currency] = found.get(currency, Decimal(0)) + total
    return {currency: str(total) for currency, total in found.items()}


def keep_remarks(desk: Desk, row: FileImport, remarks: Sequence[Remark]) -> None:
    """Keep the first remarks about rows of an import."""
    if not remarks:
        return
    kept = () if row.remarks_cipher is None else remarks_of(desk.cipher.decrypt(FileImport.remarks_cipher, row))
    if len(kept) < MOST_REMARKS:
        text = remarks_as_text([*kept, *remarks][:MOST_REMARKS])
        row.remarks_cipher = desk.cipher.encrypt(FileImport.remarks_cipher, row.id, text)


async def keep_refused(desk: Desk, row: FileImport, refused: Sequence[RefusedRow], cells: PackedRows) -> None:
    """Count refused rows of an import, and keep them with their cells, as many as are kept."""
    room = max(0, MOST_REFUSALS - row.refused)
    row.refused += len(refused)
    kept = refused[:room]
    ids = [new_id() for _ in kept]
    texts = [reasons_as_text(each.errors) for each in kept]
    contents = [cells_as_text(cells.cells_at(each.line)) for each in kept]
    columns = {
        "id": ids,
        "line": [each.line for each in kept],
        "reasons_cipher": [desk.cipher.encrypt_at(REASONS, *each) for each in zip(ids, texts, strict=True)],
        "cells_cipher": [desk.cipher.encrypt_at(CELLS, *each) for each in zip(ids, contents, strict=True)],
    }
    shared = {"workspace_id": desk.workspace.id, "import_id": row.id, "at": desk.now}
    if kept:
        await bulk.insert(desk.session, ImportRefusal, columns, shared)


def columns_of(content: Content) -> dict[str, object]:
    """Return the headings of a file by what they are to the desk, those of columns that are not imported, and how it was read."""
    return {
        "known": [[column, heading] for column, heading in content.header.headings.items()],
        "unknown": [[each.place, each.heading] for each in content.unknown],
        "first": list(content.first),
        "reading": {
            "form": content.reading.form,
            "sheet": content.reading.sheet,
            "taken": [[each.heading, each.column, each.why] for each in content.reading.taken],
            "totals": list(content.reading.totals),
            "repeated": list(content.reading.repeated),
        },
    }


def names_of(content: Content) -> list[str]:
    """Return a few names of a file, those first that show whether its encoding was understood."""
    if not isinstance(content, FileRead):
        return []
    names = dict.fromkeys(row.name for row in content.rows if row.name)
    return sorted(names, key=str.isascii)[:NAMES_SHOWN]


async def tell(desk: Desk, row: FileImport) -> None:
    """Have the message about an import brought to what is true now, in the direct conversation with who sent the file."""
    if row.member_id is None:
        return
    key = f"{kinds.FILE_IMPORT.name}:{row.id}"
    known = await notices.ids_of_keys(desk.session, desk.workspace.id, [key])
    if known:
        await notices.touch(desk.session, known.values(), desk.now)
        return
    sender = await desk.session.get_one(Member, row.member_id)
    await queue_notice(
        desk,
        kind=kinds.FILE_IMPORT,
        key=key,
        to=sender.slack_user_id,
        about_member_id=sender.id,
        facts={"import": str(row.id)},
    )


async def let_go_of_bytes(desk: Desk, row: FileImport) -> None:
    """Forget the bytes of a file that are not needed any more: what is stored of them is removed by the worker."""
    file_id, row.file_id, row.held_until = row.file_id, None, None
    desk.add(row)
    await desk.session.flush()
    if file_id is not None:
        await files.delete_files(desk.session, [file_id])


def cells_as_text(cells: Iterable[str]) -> str:
    """Return the cells of a row as text that is stored encrypted."""
    return json.dumps(list(cells), separators=(",", ":"))
