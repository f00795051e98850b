"""Sealed files: what was stored comes back, and what was changed, moved or cut off does not open."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.engine.types import new_id
from storage.files.sealing import CHUNK, DamagedFileError, new_file_key, seal, unseal
from tests.sample_files import joined, pieces, stream

SEALED = CHUNK + 16
KEY, BLOB = new_file_key(), new_id()


async def sealed(content: bytes) -> bytes:
    return await joined(seal(pieces(content, 50_000), KEY, BLOB))


def chunks_of(stored: bytes) -> list[bytes]:
    return [stored[4:][at : at + SEALED] for at in range(0, len(stored) - 4, SEALED)]


@given(size=st.sampled_from([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK]), piece=st.integers(7_000, 200_000))
@settings(max_examples=20, deadline=None)
async def test_any_size_in_any_pieces_comes_back(size: int, piece: int) -> None:
    content = os.urandom(size)
    stored = await joined(seal(pieces(content, piece), KEY, BLOB))
    assert await joined(unseal(pieces(stored, piece), KEY, BLOB)) == content
    assert size < 16 or content[:16] not in stored


async def test_a_file_is_sealed_and_opened_without_holding_it_whole() -> None:
    content = bytes(3 * CHUNK)
    parts = [part async for part in seal(pieces(content, 1000), KEY, BLOB)]
    assert [len(part) for part in parts] == [4, SEALED, SEALED, SEALED]


@pytest.mark.parametrize(
    "change",
    [
        lambda chunks: chunks[:-1],
        lambda chunks: [chunks[1], chunks[0], *chunks[2:]],
        lambda chunks: [chunks[0], chunks[0], *chunks[2:]],
        lambda chunks: [*chunks, chunks[-1]],
        lambda chunks: [chunks[0], chunks[2]],
        lambda chunks: [*chunks[:-1], chunks[-1][:-1]],
        lambda chunks: [chunks[0][:-1] + bytes([chunks[0][-1] ^ 1]), *chunks[1:]],
    ],
    ids=["cut off", "in another order", "repeated", "longer", "one missing", "a byte short", "a bit changed"],
)
async def test_a_file_that_was_changed_does_not_open(change) -> None:
    chunks = chunks_of(await sealed(os.urandom(2 * CHUNK + 500)))
    with pytest.raises(DamagedFileError):
        await joined(unseal(stream([b"LDF1", *change(chunks)]), KEY, BLOB))


async def test_the_bytes_of_another_file_and_another_format_do_not_open() -> None:
    stored = await sealed(b"content")
    for parts, key, blob in (
        ([stored], KEY, new_id()),
        ([stored], new_file_key(), BLOB),
        ([b"LDF2" + stored[4:]], KEY, BLOB),
        ([stored[:3]], KEY, BLOB),
        ([], KEY, BLOB),
    ):
        with pytest.raises(DamagedFileError):
            await joined(unseal(stream(parts), key, blob))
