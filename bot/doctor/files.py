"""Check the files: that browsers reach the page which opens them, that the store works, and that no bytes are missing."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp

from bot.doctor.findings import Finding, error_name, fix, ok
from bot.file_page import FILES, SIGN
from bot.settings import Settings
from storage.engine.database import Database
from storage.files.disk import DiskStore
from storage.files.places import store_at
from storage.files.store import SHARDS, FileStore, MissingBytesError, StoreAwayError
from storage.queries.files import files
from storage.queries.people import workspaces

_PAGE_SECONDS = 10
_BATCH = 500
_LISTED_AT_ONCE = 16

_WRITTEN_FOLDER = "check LOANDESK_FILES, its owner and the disk"
_READ_FOLDER = "check the owner of the folders in it, and the disk"
_BUCKET = "check LOANDESK_FILES, LOANDESK_FILES_ENDPOINT and what its keys may do (get, put, delete and list objects)"


async def check_files(settings: Settings, database: Database, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    """Yield what is found of files, also where the desk takes none."""
    if not settings.public_url:
        yield ok("file page", _none(settings))
        return
    yield await _page(settings.public_url, session)
    async with database.reading() as reading:
        found = await workspaces.every(reading)
    for workspace in found:
        async for finding in _check_store(settings, database, workspace.id):
            yield finding


async def _check_store(settings: Settings, database: Database, workspace_id: UUID) -> AsyncIterator[Finding]:
    """Yield what is found of the files of a workspace, whose part of the store the words name."""
    store = store_at(settings.files_at(), workspace_id)
    in_folder = isinstance(store, DiskStore)
    try:
        await store.check()
    except (StoreAwayError, MissingBytesError) as error:
        look_at = _WRITTEN_FOLDER if in_folder else _BUCKET
        yield fix("file store", f"{store.place} cannot be written and read ({error}): {look_at}")
        return
    if in_folder and store.open_to_others():
        yield fix("file store", f"others on this machine may read {store.place}: chmod 700 it")
    try:
        yield await _bytes(database, store, workspace_id)
    except StoreAwayError as error:
        yield fix("file store", f"{store.place} cannot be read ({error}): {_READ_FOLDER if in_folder else _BUCKET}")


def _none(settings: Settings) -> str:
    door = (
        "Socket Mode alone has no page that opens files"
        if settings.app_token.get_secret_value()
        else "there is no page"
    )
    return f"{door}, so the desk takes none. To take them, serve the desk under an address and set LOANDESK_PUBLIC_URL"


async def _page(public_url: str, session: aiohttp.ClientSession) -> Finding:
    limit = aiohttp.ClientTimeout(total=_PAGE_SECONDS)
    try:
        async with session.get(f"{public_url}{FILES}", timeout=limit, allow_redirects=False) as answer:
            if answer.headers.get(SIGN[0]) == SIGN[1]:
                return ok("file page", f"browsers reach it at {public_url}")
            said = f"answers {answer.status} without being this desk's page"
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        said = f"cannot be reached from here ({error_name(error)})"
    return fix("file page", f"{public_url}{FILES} {said}: have the proxy pass {FILES} on to `loandesk serve`")


async def _bytes(database: Database, store: FileStore, workspace_id: UUID) -> Finding:
    stored = await _stored_ids(store)
    missing, after = 0, None
    while True:
        async with database.reading() as session:
            rows = await files.stored(session, workspace_id, after, limit=_BATCH)
        missing += sum(1 for _, blob_id in rows if blob_id not in stored)
        if len(rows) < _BATCH:
            break
        after = rows[-1][0]
    async with database.reading() as session:
        count, size = await files.count_stored(session, workspace_id)
    if missing:
        return fix(
            "file store",
            f"the bytes of {missing} of {count} files are missing in {store.place}: is it the right place, or restore its copy",
        )
    return ok("file store", f"{count} files, {size / 1024 / 1024:.1f} MB in {store.place}")


async def _stored_ids(store: FileStore) -> set[UUID]:
    """Return the ids of all that the store has. Some shards are listed at once: a bucket takes a round trip for each."""
    found: set[UUID] = set()
    for begin in range(0, SHARDS, _LISTED_AT_ONCE):
        shards = range(begin, min(begin + _LISTED_AT_ONCE, SHARDS))
        for ids in await asyncio.gather(*map(store.ids, shards)):
            found.update(ids)
    return found
