"""Bytes that are too many for memory and are needed only as long as a process runs."""

import os
import tempfile
from contextlib import suppress
from typing import IO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

IN_MEMORY = 64 * 1024**2
"""How many bytes stay in memory."""

_NONCE_BYTES = 12


class Overflow:
    """A list of pieces of bytes. Those beyond `IN_MEMORY` go to a file without a name, sealed with a key that only this object
    has: nobody can open it, and it is gone with the process. Where no file can be written, all stays in memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes | tuple[int, int]] = []
        self._kept = self._end = 0
        self._file: IO[bytes] | None = None
        self._cipher = AESGCM(os.urandom(32))

    def append(self, piece: bytes) -> None:
        """Add a piece at the end."""
        if self._kept + len(piece) > IN_MEMORY and (place := self._write(piece)) is not None:
            self._pieces.append(place)
            return
        self._kept += len(piece)
        self._pieces.append(piece)

    def __len__(self) -> int:
        return len(self._pieces)

    def __getitem__(self, at: int) -> bytes:
        """Return the piece that was added as the `at`th, from 0. Raise IndexError if there is none."""
        piece = self._pieces[at]
        if isinstance(piece, bytes):
            return piece
        assert self._file is not None
        place, size = piece
        self._file.seek(place)
        return self._cipher.decrypt(_nonce(at), self._file.read(size), None)

    def _write(self, piece: bytes) -> tuple[int, int] | None:
        sealed = self._cipher.encrypt(_nonce(len(self._pieces)), piece, None)
        with suppress(OSError):
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115, open as long as this object
            self._file.seek(self._end)
            if self._file.write(sealed) == len(sealed):
                place = self._end
                self._end += len(sealed)
                return place, len(sealed)
        return None


def _nonce(at: int) -> bytes:
    """Return a nonce that is used once: each piece has a place of its own."""
    return at.to_bytes(_NONCE_BYTES, "big")
