"""Where the bytes of files are kept: what every store can do."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol
from uuid import UUID

from storage.engine.types import new_id

SHARDS = 256
"""In how many parts a store's list is read, so that no list is long."""


class MissingBytesError(Exception):
    """The store has nothing under this id."""


class StoreAwayError(Exception):
    """The store cannot be reached, is full, or refuses. The message names the kind of the failure, no file."""


class FileStore(Protocol):
    """Keeps the sealed bytes of files by id. Every method raises StoreAwayError."""

    @property
    def place(self) -> str:
        """Return where it is, for the operator."""
        ...

    async def write(self, blob_id: UUID, sealed: AsyncIterator[bytes]) -> None:
        """Store a stream under a fresh id, whole or not at all. Raises also what the stream raises."""
        ...

    def read(self, blob_id: UUID) -> AsyncGenerator[bytes]:
        """Yield the bytes of that id. Raises MissingBytesError."""
        ...

    async def has(self, blob_id: UUID) -> bool:
        """Return whether bytes are stored under that id."""
        ...

    async def delete(self, blob_id: UUID) -> None:
        """Delete what is stored under that id, also what of it an interrupted `write` left; nothing if there is nothing."""
        ...

    async def ids(self, shard: int) -> Sequence[UUID]:
        """Return the ids of a shard, 0 to `SHARDS` - 1, also those of which only a part was written."""
        ...

    async def check(self) -> None:
        """Try to write, to read and to delete something small."""
        ...


async def check_store(store: FileStore) -> None:
    """Write something small, read it and delete it. Raises StoreAwayError."""
    probe, content = new_id(), b"loandesk"

    async def stream() -> AsyncIterator[bytes]:
        yield content

    await store.write(probe, stream())
    try:
        if b"".join([piece async for piece in store.read(probe)]) != content:
            raise StoreAwayError("what was written does not come back")
    except MissingBytesError:
        raise StoreAwayError("what was written is gone at once") from None
    finally:
        await store.delete(probe)


def shard_of(blob_id: UUID) -> int:
    """Return the shard of an id. An id begins with its time, so its last byte is taken, which is random."""
    return blob_id.bytes[-1]
