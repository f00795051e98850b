"""Encryption of a file as a stream: chunks that are each sealed with AES-256-GCM, so that no file is held in memory whole.

A file has a key of its own, which its row keeps encrypted (`StoredFile.key_cipher`): rotating the desk's keys encrypts that key
again and leaves the bytes as they are. What is stored is a mark of the format and then the sealed chunks. The associated data
of a chunk has the id of the bytes, its position and whether it is the last, so a chunk that is missing, repeated, moved or taken
from another file does not open, and neither does a file that was cut off.
"""

import base64
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 64 * 1024
"""Plain bytes of a chunk; the last one may have fewer."""

_MARK = b"LDF1"
_TAG = 16
_KEY = 32


class DamagedFileError(Exception):
    """The stored bytes are not those that were sealed under this id with this key, or not all of them."""


def new_file_key() -> str:
    """Return a fresh key for one file, as the text that its row keeps encrypted."""
    return base64.b64encode(os.urandom(_KEY)).decode()


async def seal(plain: AsyncIterator[bytes], key: str, blob_id: UUID) -> AsyncGenerator[bytes]:
    """Yield what is to be stored of a plain stream, cut into chunks. A key seals one stream only."""
    cipher, position, waiting = AESGCM(base64.b64decode(key)), 0, bytearray()
    yield _MARK
    async for piece in plain:
        waiting += piece
        while len(waiting) > CHUNK:  # the last chunk is known only when the stream has ended
            yield _sealed(cipher, bytes(waiting[:CHUNK]), blob_id, position, last=False)
            del waiting[:CHUNK]
            position += 1
    yield _sealed(cipher, bytes(waiting), blob_id, position, last=True)


async def unseal(stored: AsyncGenerator[bytes], key: str, blob_id: UUID) -> AsyncGenerator[bytes]:
    """Yield the plain bytes of a stored stream. Each chunk is checked before it is yielded; the end, at the end.

    Raises DamagedFileError.
    """
    cipher, position, waiting = AESGCM(base64.b64decode(key)), 0, bytearray()
    marked = False
    async with aclosing(stored):
        async for piece in stored:
            waiting += piece
            if not marked and len(waiting) >= len(_MARK):
                _check_mark(waiting)
                marked = True
            while marked and len(waiting) > CHUNK + _TAG:
                yield _opened(cipher, bytes(waiting[: CHUNK + _TAG]), blob_id, position, last=False)
                del waiting[: CHUNK + _TAG]
                position += 1
    if not marked:
        raise DamagedFileError("it is empty, or cut off at its beginning")
    yield _opened(cipher, bytes(waiting), blob_id, position, last=True)


def _check_mark(waiting: bytearray) -> None:
    if bytes(waiting[: len(_MARK)]) != _MARK:
        raise DamagedFileError("it is not of a format that this release reads")
    del waiting[: len(_MARK)]


def _sealed(cipher: AESGCM, chunk: bytes, blob_id: UUID, position: int, *, last: bool) -> bytes:
    return cipher.encrypt(_nonce(position, last=last), chunk, _associated_data(blob_id, position, last=last))


def _opened(cipher: AESGCM, sealed: bytes, blob_id: UUID, position: int, *, last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(position, last=last), sealed, _associated_data(blob_id, position, last=last))
    except (InvalidTag, ValueError):  # ValueError: fewer bytes than a tag has
        raise DamagedFileError(f"chunk {position} is not the one that was stored here") from None


def _nonce(position: int, *, last: bool) -> bytes:
    return position.to_bytes(11) + bytes([last])


def _associated_data(blob_id: UUID, position: int, *, last: bool) -> bytes:
    return f"file:{blob_id}:{position}:{'last' if last else 'more'}".encode()
