"""What members decide of an import: to import all or the good rows, to stop it, to go on, to drop it, to try it again."""

from collections.abc import Mapping
from uuid import UUID

from desk.core.errors import Conflict, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.importing.columns import remember
from desk.importing.progress import let_go_of_bytes, tell
from desk.importing.questions import check_answer, questions_of
from storage.queries.importing import records
from storage.tables import FileImport


async def start(desk: Desk, import_id: UUID, version: int, *, good_rows: bool) -> None:
    """Have the worker import a file that was tried, or go on with one that was stopped. With `good_rows`, refused rows stop
    nothing; without, nothing is imported if any is refused.

    Raises NotAllowed (`role_missing`), NotFound (`import_gone`), Conflict (`import_changed`, `import_has_refused`).
    """
    row = await _locked(desk, import_id, version, ("checked", "stopped"))
    if row.file_id is None:
        raise NotFound("import_gone")
    if row.state == "checked" and row.refused and not good_rows:
        raise Conflict("import_has_refused")
    if row.state == "checked":
        await records.delete_refusals(desk.session, row.id)
        row.counts, row.sums, row.done, row.refused, row.remarks_cipher = {}, {}, 0, 0, None
        row.started_at = desk.now
    row.state, row.why, row.good_rows, row.held_until, row.tries = "running", None, good_rows, None, 0
    desk.audit("import_started", subject_id=row.id, kind=row.kind, good_rows=good_rows, done=row.done)
    await _changed(desk, row)


async def stop(desk: Desk, import_id: UUID, version: int) -> None:
    """Stop an import behind the batch that is being written.

    Raises NotAllowed (`role_missing`), NotFound (`import_gone`), Conflict (`import_changed`).
    """
    row = await _locked(desk, import_id, version, ("running",))
    row.state, row.why, row.held_until = "stopped", "stopped", None
    desk.audit("import_stopped", subject_id=row.id, why="stopped", done=row.done)
    await _changed(desk, row)


async def cancel(desk: Desk, import_id: UUID, version: int) -> None:
    """Drop an import: what was imported of it stays. Raises as `stop` does."""
    row = await _locked(desk, import_id, version, ("asked", "repeated", "checked", "stopped"))
    row.state, row.ended_at = "cancelled", desk.now
    desk.audit("import_cancelled", subject_id=row.id, done=row.done)
    await _changed(desk, row)
    await let_go_of_bytes(desk, row)


async def check_again(desk: Desk, import_id: UUID, version: int) -> None:
    """Have a file checked again, or checked although the same bytes were imported before. Raises as `start` does."""
    row = await _locked(desk, import_id, version, ("repeated", "checked"))
    if row.file_id is None:
        raise NotFound("import_gone")
    row.state, row.again, row.held_until, row.tries = "read", True, None, 0
    desk.audit("import_checked_again", subject_id=row.id)
    await _changed(desk, row)


async def answer(desk: Desk, import_id: UUID, version: int, *, sheet: str | None, said: Mapping[str, str]) -> None:
    """Have a file read as was said of its columns, by their headings, or of its sheets; what was said of columns is remembered.

    Raises as `start` does, and Invalid (`import_said_twice`, `nothing_chosen`).
    """
    row = await _locked(desk, import_id, version, ("asked",))
    if row.file_id is None:
        raise NotFound("import_gone")
    asked = questions_of(row)
    check_answer(asked, sheet, said)
    if asked.columns:
        await remember(desk, asked.kind, {each.heading: said.get(each.heading, "") for each in asked.columns})
    row.state, row.sheet, row.held_until, row.tries = "read", sheet or row.sheet, None, 0
    desk.audit("import_answered", subject_id=row.id)
    await _changed(desk, row)


async def _locked(desk: Desk, import_id: UUID, version: int, states: tuple[str, ...]) -> FileImport:
    require_role(desk, "import_file")
    row = await records.lock(desk.session, import_id)
    if row is None or row.workspace_id != desk.workspace.id:
        raise NotFound("import_gone")
    if row.version != version or row.state not in states:
        raise Conflict("import_changed")
    return row


async def _changed(desk: Desk, row: FileImport) -> None:
    row.version += 1
    desk.add(row)
    await tell(desk, row)
