"""The store on disk: whole files or none, for their owner alone, and leftovers that can be found and removed."""

import errno
import os
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage.engine.types import new_id
from storage.files.disk import DiskStore
from storage.files.store import SHARDS, MissingBytesError, StoreAwayError, shard_of
from tests.sample_files import joined, stream


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "files", new_id())


async def test_bytes_are_kept_for_their_owner_alone_until_they_are_deleted(store: DiskStore) -> None:
    blob = new_id()
    await store.write(blob, stream([b"one", b"two"]))
    assert await joined(store.read(blob)) == b"onetwo"
    assert (await store.has(blob), list(await store.ids(shard_of(blob)))) == (True, [blob])
    for path in (store.folder, *store.folder.rglob("*")):
        assert not path.stat().st_mode & 0o077
    await store.delete(blob)
    await store.delete(blob)
    assert not await store.has(blob)
    with pytest.raises(MissingBytesError):
        await joined(store.read(blob))


async def test_a_write_that_breaks_off_leaves_nothing(store: DiskStore) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await store.write(new_id(), broken())
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


async def test_a_full_disk_leaves_nothing_and_is_named(store: DiskStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("storage.files.disk.os.fsync", full)
    with pytest.raises(StoreAwayError, match="No space left"):
        await store.write(new_id(), stream([b"one"]))
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


async def test_what_a_killed_process_left_is_listed_and_deleted(store: DiskStore) -> None:
    blob = new_id()
    await store.check()
    folder = store.folder / f"{shard_of(blob):02x}"
    folder.mkdir(exist_ok=True)
    (folder / f"{blob}.part").write_bytes(b"half")
    (folder / "notes.txt").write_bytes(b"not ours")
    assert list(await store.ids(shard_of(blob))) == [blob]
    assert not await store.has(blob)
    await store.delete(blob)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert [shard for shard in range(SHARDS) if await store.ids(shard)] == []
