"""Work on the imports of files: take tables that have arrived, hold the next, try it, import it, and record what went wrong."""

import asyncio
from dataclasses import astuple, field
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError
from desk.core.operator_acts import operator
from desk.core.transaction import Desk, Office
from desk.importing import columns
from desk.importing.batches import Advance, Result, counts_of, import_content
from desk.importing.column_counts import column_counts
from desk.importing.file_contents import Content
from desk.importing.progress import (
    HELD_FOR,
    Held,
    Recorded,
    RefusedMeanwhileError,
    Tried,
    added,
    columns_of,
    keep_refused,
    keep_remarks,
    let_go_of_bytes,
    names_of,
    require_held,
    tell,
)
from desk.importing.questions import asked_by
from desk.importing.reading.tables import How
from desk.importing.reasons import reasons_as_text
from storage.engine.cipher import UnreadableError
from storage.engine.types import new_id
from storage.queries.importing import records
from storage.tables import FileImport, StoredFile, Workspace

TRIES = 3
"""How often an import is taken up without a row of it being imported; then something is wrong with it."""

_AT_ONCE = 10

NAME_LIMIT = 200
"""The longest name of a file that is kept, in characters."""


@dataclass(frozen=True, slots=True)
class HeldFile:
    """An import that a worker holds, and where the bytes of its file are."""

    held: Held
    name: str = field(repr=False)
    blob_id: UUID
    key: str = field(repr=False)
    how: How


async def take_tables(desk: Desk) -> None:
    """Begin an import for each table that has arrived. One of bytes that were imported before waits for a word first."""
    if desk.files is None:
        return
    for file in await records.tables_without_import(desk.session, desk.workspace.id, limit=_AT_ONCE):
        known = await records.last_done(desk.session, desk.workspace.id, file.sha256 or "")
        row_id = new_id()
        name = unreadable.read(desk, StoredFile.name_cipher, file)
        row = FileImport(
            id=row_id,
            workspace_id=desk.workspace.id,
            member_id=file.member_id,
            file_id=file.id,
            name_cipher=desk.cipher.encrypt(FileImport.name_cipher, row_id, name),
            sha256=file.sha256 or "",
            state="repeated" if known is not None else "read",
            made_at=desk.now,
        )
        desk.add(row)
        desk.audit("import_sent", subject_id=row.id, sha256=row.sha256)
        await desk.session.flush()
        await tell(desk, row)


async def hold_next(desk: Desk) -> HeldFile | None:
    """Hold the next import that is to be tried or carried out, for `HELD_FOR`; None if there is none. One that was taken up often
    without getting on is stopped."""
    row = await records.next_to_work(desk.session, desk.workspace.id, desk.now) if desk.files else None
    if row is None:
        return None
    file = await desk.session.get_one(StoredFile, row.file_id)
    try:
        key = desk.cipher.decrypt(StoredFile.key_cipher, file)
    except UnreadableError:  # it must not hold up the others
        key = ""
    if row.tries >= TRIES or file.blob_id is None or not key:
        await _stop(desk, row, "failed")
        return None
    row.tries += 1
    row.lease += 1
    row.read_percent = 0
    row.held_until = desk.now + HELD_FOR
    desk.add(row)
    held = Held(row.id, row.lease, row.state == "read", row.done, row.good_rows, row.kind, row.again)
    name = unreadable.read(desk, FileImport.name_cipher, row)
    how = How(sheet=row.sheet, kind=row.kind, fields=await columns.remembered(desk))
    return HeldFile(held, name, file.blob_id, key, how)


async def renew(desk: Desk, held: Held) -> None:
    """Go on holding an import. Raises OvertakenError."""
    row = await require_held(desk, held)
    row.held_until = desk.now + HELD_FOR
    desk.add(row)


async def note_read(desk: Desk, held: Held, percent: int) -> None:
    """Have the message about an import that is to be tried say how much of its file is read. Raises OvertakenError."""
    row = await require_held(desk, held)
    row.read_percent = percent
    desk.add(row)
    await tell(desk, row)


async def begin_by_operator(desk: Desk, name: str, sha256: str, content: Content) -> Held:
    """Record that the operator of the command line imports a file, all good rows of it. Imports of earlier commands that ended
    before they came to the end are recorded as interrupted."""
    for import_id in await records.running_without_bytes(desk.session, desk.workspace.id, desk.now):
        if (row := await records.lock(desk.session, import_id)) is not None:
            row.state, row.why, row.ended_at = "stopped", "interrupted", desk.now
            desk.add(row)
    row_id = new_id()
    desk.add(
        FileImport(
            id=row_id,
            workspace_id=desk.workspace.id,
            operator=operator(),
            name_cipher=desk.cipher.encrypt(FileImport.name_cipher, row_id, name[:NAME_LIMIT]),
            sha256=sha256,
            kind=content.kind,
            state="running",
            columns=columns_of(content),
            good_rows=True,
            total=len(content),
            made_at=desk.now,
            started_at=desk.now,
            held_until=desk.now + HELD_FOR,
            lease=1,
        )
    )
    return Held(row_id, 1, checks=False, kind=content.kind)


async def try_out(office: Office, workspace: Workspace, held: Held, content: Content) -> None:
    """Try an import, and record what it would do. Raises OvertakenError."""
    tried = Tried(office, workspace, held, len(content))
    await tried.begin()
    result = await import_content(office, workspace, content, dry_run=True, advance=lambda _rows: None, progress=tried)
    done, cells = counts_of(result), await asyncio.to_thread(column_counts, content, result)
    async with office.desk(workspace) as desk:
        row = await require_held(desk, held)
        await records.delete_refusals(desk.session, row.id)
        row.kind, row.total, row.done, row.refused = content.kind, len(content), 0, 0
        row.counts, row.sums = dict(done.counts), added({}, done.sums)
        row.columns = {**columns_of(content), "cells": [list(astuple(each)) for each in cells]}
        row.remarks_cipher = None
        keep_remarks(desk, row, done.remarks)
        names = "\n".join(names_of(content))
        row.sample_cipher = desk.cipher.encrypt_optional(FileImport.sample_cipher, row.id, names)
        await keep_refused(desk, row, result.refused, content.cells)
        row.state, row.checked_at, row.held_until, row.tries = "checked", desk.now, None, 0
        row.version += 1
        desk.add(row)
        desk.audit("import_checked", subject_id=row.id, kind=row.kind, rows=row.total, refused=row.refused)
        await tell(desk, row)


async def carry_out(
    office: Office,
    workspace: Workspace,
    held: Held,
    content: Content,
    *,
    advance: Advance = lambda _rows: None,
    every: bool = False,
) -> Result:
    """Import a file from where it was interrupted, if it was, and record that it came to its end.

    Raises OvertakenError, and RefusedMeanwhileError, which is recorded: then the import is stopped.
    """
    try:
        progress = Recorded(held, content.cells)
        result = await import_content(
            office, workspace, content, dry_run=False, advance=advance, progress=progress, every=every
        )
    except RefusedMeanwhileError as error:
        async with office.desk(workspace) as desk:
            row = await require_held(desk, held)
            await keep_refused(desk, row, error.refused, content.cells)
            await _stop(desk, row, "refused_meanwhile")
        raise
    async with office.desk(workspace) as desk:
        row = await require_held(desk, held)
        await keep_refused(desk, row, content.refused, content.cells)
        row.state, row.ended_at = "done", desk.now
        row.version += 1
        await let_go_of_bytes(desk, row)
        counts = {name: int(count) for name, count in row.counts.items()}
        desk.audit("import_ended", subject_id=row.id, kind=row.kind, counts=counts, refused=row.refused)
        await tell(desk, row)
    return result


async def record_unreadable(desk: Desk, held: Held, error: DeskError) -> None:
    """Record why a file cannot be read as a table, or what must be asked first. Raises OvertakenError."""
    row = await require_held(desk, held)
    asked = asked_by(error)
    if asked is not None:
        row.state, row.mapping, row.held_until, row.tries = "asked", asked, None, 0
        row.version += 1
        desk.add(row)
        desk.audit("import_asked", subject_id=row.id)
        await tell(desk, row)
        return
    await _stop(desk, row, error.code)
    row.why_cipher = desk.cipher.encrypt(FileImport.why_cipher, row.id, reasons_as_text([error]))
    desk.add(row)


async def record_failed(desk: Desk, held: Held) -> None:
    """Have an import taken up again soon: its bytes, or the database, were away."""
    row = await require_held(desk, held)
    row.held_until = desk.now + HELD_FOR
    desk.add(row)


async def _stop(desk: Desk, row: FileImport, why: str) -> None:
    row.state = "unreadable" if row.state == "read" else "stopped"
    row.why, row.held_until, row.tries = why, None, 0
    row.version += 1
    if row.state == "unreadable":
        await let_go_of_bytes(desk, row)
    desk.add(row)
    desk.audit("import_stopped", subject_id=row.id, why=why, done=row.done)
    await tell(desk, row)
