"""A store of files in a folder on this machine, or on a disk that several machines share."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar
from uuid import UUID

from storage.files.store import MissingBytesError, StoreAwayError, check_store, shard_of

_PART = ".part"
_PIECE = 256 * 1024
"""Bytes that are read at a time."""

P = ParamSpec("P")
T = TypeVar("T")


class DiskStore:
    """Keeps each file as one file of a workspace's folder, which only its owner may read.

    Bytes are written beside their place and moved there when all are on the disk, so a full disk or a kill leaves a part that
    `ids` lists and `delete` removes, and never a file that is not whole.
    """

    def __init__(self, folder: Path, workspace_id: UUID) -> None:
        self._folder = folder / str(workspace_id)

    @property
    def folder(self) -> Path:
        """Return the workspace's folder."""
        return self._folder

    @property
    def place(self) -> str:
        """Return the workspace's folder."""
        return str(self._folder)

    async def write(self, blob_id: UUID, sealed: AsyncIterator[bytes]) -> None:
        """Store a stream under a fresh id, whole or not at all. Raises StoreAwayError and what the stream raises."""
        place = self._place(blob_id)
        part = place.with_suffix(_PART)
        file = await _run(_create, part)
        try:
            try:
                async for piece in sealed:
                    await _run(file.write, piece)
                await _run(_settle, file)
            finally:
                await _run(_close, file)
            await _run(_move, part, place)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise

    async def read(self, blob_id: UUID) -> AsyncGenerator[bytes]:
        """Yield the bytes of that id. Raises MissingBytesError and StoreAwayError."""
        file = await _run(_open, self._place(blob_id))
        try:
            while piece := await _run(file.read, _PIECE):
                yield piece
        finally:
            file.close()

    async def has(self, blob_id: UUID) -> bool:
        """Return whether bytes are stored under that id."""
        return await _run(self._place(blob_id).is_file)

    async def delete(self, blob_id: UUID) -> None:
        """Delete what is stored under that id, also an interrupted part of it."""
        place = self._place(blob_id)
        for path in (place, place.with_suffix(_PART)):
            await _run(path.unlink, missing_ok=True)

    async def ids(self, shard: int) -> Sequence[UUID]:
        """Return the ids of a shard, also those of which only a part was written."""
        return await _run(_ids_in, self._folder / f"{shard:02x}")

    async def check(self) -> None:
        """Try to write, to read and to delete something small."""
        await check_store(self)

    def open_to_others(self) -> bool:
        """Return whether others on this machine may read the folder."""
        return self._folder.exists() and bool(self._folder.stat().st_mode & 0o077)

    def _place(self, blob_id: UUID) -> Path:
        return self._folder / f"{shard_of(blob_id):02x}" / str(blob_id)


async def _run(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what may wait for the disk beside the event loop. Raises StoreAwayError, and MissingBytesError for a file."""
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except FileNotFoundError:
        raise MissingBytesError from None
    except OSError as error:
        raise StoreAwayError(type(error).__name__ if error.errno is None else os.strerror(error.errno)) from error


def _create(part: Path) -> BinaryIO:
    for folder in (part.parent.parent.parent, part.parent.parent, part.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "wb")


def _open(place: Path) -> BinaryIO:
    return os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW), "rb")


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _close(file: BinaryIO) -> None:
    # A write that was cancelled may still run in its thread: the file's own lock lets it end first.
    with contextlib.suppress(OSError):  # what could not be written before cannot be now
        file.close()


def _move(part: Path, place: Path) -> None:
    part.rename(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name is on the disk too, before a row refers to it
    finally:
        os.close(folder)


def _ids_in(folder: Path) -> list[UUID]:
    if not folder.is_dir():
        return []
    found: set[UUID] = set()
    for path in folder.iterdir():
        with contextlib.suppress(ValueError):  # not a file of ours: it is left alone
            found.add(UUID(path.name.removesuffix(_PART)))
    return sorted(found)
