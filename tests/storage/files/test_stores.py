"""What every store of files does, a folder and a bucket alike: whole files or none, and no bytes that were changed."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from storage.engine.types import new_id
from storage.files.bucket import PART, PIECE
from storage.files.places import store_at
from storage.files.sealing import DamagedFileError, new_file_key, seal, unseal
from storage.files.store import FileStore, MissingBytesError, shard_of
from tests.buckets import MotoBucket
from tests.sample_files import joined, pieces, stream

LARGE = bytes(range(256)) * 4096 * 12
"""12 MB: three parts of an upload, and some pieces of a download."""


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> FileStore:
    place = tmp_path / "files" if request.param == "folder" else request.getfixturevalue("bucket").at()
    return store_at(place, new_id())


async def test_bytes_are_kept_until_they_are_deleted(store: FileStore) -> None:
    blob, other = new_id(), new_id()
    await store.write(blob, stream([b"one", b"two"]))
    assert await joined(store.read(blob)) == b"onetwo"
    assert (await store.has(blob), list(await store.ids(shard_of(blob)))) == (True, [blob])
    await store.delete(other)
    await store.delete(blob)
    await store.delete(blob)
    assert (await store.has(blob), list(await store.ids(shard_of(blob)))) == (False, [])
    with pytest.raises(MissingBytesError):
        await joined(store.read(blob))


async def test_workspaces_do_not_see_each_others_files(tmp_path: Path, bucket: MotoBucket) -> None:
    for place in (tmp_path, bucket.at()):
        blob, theirs, ours = new_id(), store_at(place, new_id()), store_at(place, new_id())
        await theirs.write(blob, stream([b"one"]))
        assert (await ours.has(blob), list(await ours.ids(shard_of(blob)))) == (False, [])


async def test_a_large_file_comes_back_as_it_was(store: FileStore) -> None:
    blob, key = new_id(), new_file_key()
    assert len(LARGE) > 2 * PART > PIECE
    await store.write(blob, seal(pieces(LARGE, 100_000), key, blob))
    assert await joined(unseal(store.read(blob), key, blob)) == LARGE


@pytest.mark.parametrize("length", [4, len(LARGE)])
async def test_a_stream_that_breaks_off_leaves_nothing_and_says_why(store: FileStore, length: int) -> None:
    async def broken() -> AsyncGenerator[bytes]:
        async for piece in pieces(LARGE[:length], 100_000):
            yield piece
        raise ConnectionResetError("Slack hung up")

    blob = new_id()
    with pytest.raises(ConnectionResetError, match="Slack hung up"):
        await store.write(blob, broken())
    assert (await store.has(blob), list(await store.ids(shard_of(blob)))) == (False, [])


async def test_a_write_that_is_given_up_leaves_nothing_and_a_stream_that_can_be_closed(store: FileStore) -> None:
    waiting, closed = asyncio.Event(), []

    async def stalled() -> AsyncGenerator[bytes]:
        try:
            async for piece in pieces(LARGE, 100_000):
                yield piece
            waiting.set()
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    blob, sealed = new_id(), stalled()
    writing = asyncio.create_task(store.write(blob, sealed))
    await waiting.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await sealed.aclose()
    assert closed == [True]
    assert (await store.has(blob), list(await store.ids(shard_of(blob)))) == (False, [])


async def test_bytes_that_were_cut_off_or_belong_to_another_file_do_not_open(store: FileStore) -> None:
    blob, other, key = new_id(), new_id(), new_file_key()
    whole = await joined(seal(pieces(LARGE[: 2 * PIECE], 100_000), key, blob))
    for stored in (b"", whole[:-1], whole[:PIECE], whole[: PIECE // 2] + b"\x00" + whole[PIECE // 2 + 1 :]):
        damaged = new_id()
        await store.write(damaged, stream([stored]))
        with pytest.raises(DamagedFileError):
            await joined(unseal(store.read(damaged), key, blob))
    await store.write(other, stream([whole]))
    with pytest.raises(DamagedFileError):
        await joined(unseal(store.read(other), key, other))


async def test_a_check_leaves_nothing(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = new_id()
    monkeypatch.setattr("storage.files.store.new_id", lambda: probe)
    await store.check()
    assert (await store.has(probe), list(await store.ids(shard_of(probe)))) == (False, [])
