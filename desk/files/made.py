"""Files that the desk itself makes for one member, such as a case file: kept for a week, and opened by link as any other."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.queries.files import builds
from storage.tables import CaseExport, ListExport, Member, StoredFile

MAY_OPEN: dict[str, Callable[[Desk, StoredFile], Awaitable[bool]]] = {}
"""Whether its member may open such a file now, by what it is: asked for a link, and again when the code is typed."""

TRIES = 3
"""How often the worker tries to make one."""

R = TypeVar("R", CaseExport, ListExport)

_MAKING, _MADE = "making", "made"


def opens(what: str) -> Callable[[Callable[[Desk, StoredFile], Awaitable[bool]]], None]:
    """Register the function that says whether the acting member may open a file of this kind."""

    def register(may_open: Callable[[Desk, StoredFile], Awaitable[bool]]) -> None:
        MAY_OPEN[what] = may_open

    return register


async def may_open_made(desk: Desk, file: StoredFile) -> bool:
    """Return whether the acting member may open a file that the desk made."""
    if file.state != _MADE or file.member_id != desk.member.id:
        return False
    return await MAY_OPEN[file.document or ""](desk, file)


async def next_to_build(desk: Desk, table: type[R]) -> R | None:
    """Take the next row of the table that is to be made into a file, without what was begun of it; None if there is none, or if
    there is no store of files. One that was taken more than `TRIES` times is to be given up."""
    if desk.files is None:
        return None
    row = await builds.next_to_build(desk.session, table, desk.workspace.id, desk.now)
    if row is not None:
        await discard(desk, row)
        row.tries += 1
    return row


async def discard(desk: Desk, row: CaseExport | ListExport) -> None:
    """Delete the row of the file that was begun; the bytes become leftovers."""
    if row.file_id is None:
        return
    file = await desk.session.get(StoredFile, row.file_id)
    row.file_id = None
    desk.add(row)
    await desk.session.flush()
    if file is not None:
        await desk.session.delete(file)


def begin(desk: Desk, member: Member, what: str, name: str, kind: str, loan_id: UUID | None = None) -> StoredFile:
    """Write the row of a file that is to be made, so that its bytes are nobody's leftovers. `kind` is a code of
    `desk.rules.file_kinds`, `what` one of `MAY_OPEN`."""
    row_id = new_id()
    row = StoredFile(
        id=row_id,
        workspace_id=desk.workspace.id,
        batch_id=row_id,
        member_id=member.id,
        slack_file_id="",
        state=_MAKING,
        name_cipher=desk.cipher.encrypt(StoredFile.name_cipher, row_id, name),
        blob_id=new_id(),
        kind=kind,
        document=what,
        loan_id=loan_id,
        made_at=desk.now,
    )
    desk.add(row)
    return row


def finish(desk: Desk, row: StoredFile, *, key: str, size: int, sha256: str) -> None:
    """Record that the bytes of a file are stored, sealed with that key."""
    row.state, row.size, row.sha256, row.stored_at = _MADE, size, sha256, desk.now
    row.key_cipher = desk.cipher.encrypt(StoredFile.key_cipher, row.id, key)
    row.version += 1
    desk.add(row)
