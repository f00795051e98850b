"""`loandesk files copy`: bring the bytes of files from another folder or bucket to where the settings say that they are."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from uuid import UUID

from rich.console import Console

from bot.settings import Settings
from desk.core.dataclass import dataclass
from storage.engine.database import Database
from storage.files.places import store_at
from storage.files.store import FileStore, MissingBytesError, StoreAwayError
from storage.queries.files import files
from storage.queries.people import workspaces

_BATCH = 500


@dataclass(slots=True)
class Copied:
    """What became of the files that rows name: how many were copied, were there already, and are missing in both places."""

    copied: int = 0
    there: int = 0
    missing: int = 0


class _DifferentError(Exception):
    """What was written does not come back as it was read."""


async def run(settings: Settings, source: str, console: Console) -> int:
    """Copy every file that the store lacks, and return 0 if it has all of them then, else 1.

    The desk may run meanwhile, with either place. It can be interrupted and run again: what is there is not copied again.
    """
    if str(settings.files_at(source)) == str(settings.files_at()):
        console.print(f"Nothing was copied: {source} is where LOANDESK_FILES says that the files are.")
        return 1
    done = Copied()
    database = Database(settings.database_url.get_secret_value(), patient=True)
    try:
        async with database.reading() as session:
            found = await workspaces.every(session)
        for workspace in found:
            old, new = (store_at(settings.files_at(place), workspace.id) for place in (source, ""))
            await copy_files(database, workspace.id, old, new, done)
    except (StoreAwayError, _DifferentError) as error:
        console.print(
            f"Copied: {done.copied}. Then copying from {source} to {settings.files} stopped: {error}. "
            "Run it again; what was copied stays."
        )
        return 1
    finally:
        await database.close()
    console.print(f"Copied: {done.copied}. Already in {settings.files}: {done.there}.")
    if done.missing:
        console.print(f"{done.missing} are in neither place. `loandesk doctor` counts them too.")
    return 1 if done.missing else 0


async def copy_files(
    database: Database, workspace_id: UUID, source: FileStore, target: FileStore, done: Copied
) -> None:
    """Copy the files of a workspace, and count them in `done`. Raises StoreAwayError, and _DifferentError for damage."""
    after: UUID | None = None
    while True:
        async with database.reading() as session:
            rows = await files.stored(session, workspace_id, after, limit=_BATCH)
        for _, blob_id in rows:
            if await target.has(blob_id):
                done.there += 1
            elif await _copied(source, target, blob_id):
                done.copied += 1
            else:
                done.missing += 1
        if len(rows) < _BATCH:
            return
        after = rows[-1][0]


async def _copied(source: FileStore, target: FileStore, blob_id: UUID) -> bool:
    """Copy a file and read it back. Return False if the source has none. What comes back wrong is deleted again."""
    read, written = hashlib.sha256(), hashlib.sha256()
    try:
        await target.write(blob_id, _hashed(source.read(blob_id), read))
        async for piece in target.read(blob_id):
            written.update(piece)
    except MissingBytesError:
        return False
    if read.digest() != written.digest():
        await target.delete(blob_id)
        raise _DifferentError(f"file {blob_id} did not come back as it was written")
    return True


async def _hashed(stream: AsyncGenerator[bytes], digest: "hashlib._Hash") -> AsyncIterator[bytes]:
    async for piece in stream:
        digest.update(piece)
        yield piece
