"""The bytes of a lender's file, which are read more than once: a path, or what came through a pipe or over a wire."""

import hashlib
import io
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO

from desk.core.errors import Invalid

LARGEST_TEXT = 1024**3
"""The largest file of text, in bytes."""

LARGEST_WORKBOOK = 200 * 1024**2
"""The largest workbook, in bytes."""

_CHUNK = 1024**2


class Source:
    """A file that can be opened again and again. `given` is its name as people know it."""

    def __init__(self, given: str, content: bytes | Path) -> None:
        """Raise Invalid: `import_unreadable`, `import_too_big`."""
        self.given = given
        self._content = content
        self._kept: BinaryIO | None = None
        if isinstance(content, bytes):
            self.size = len(content)
        else:
            self.size = self._size_of(content)
        self._check_size()

    def _size_of(self, path: Path) -> int:
        try:
            with path.open("rb") as opened:
                found = path.stat()
                if stat.S_ISREG(found.st_mode):
                    return found.st_size
                self._kept = tempfile.TemporaryFile()  # noqa: SIM115, kept: a pipe gives its bytes only once
                size = 0
                while size <= LARGEST_TEXT and (chunk := opened.read(_CHUNK)):
                    size += self._kept.write(chunk)
                return size
        except OSError as error:
            raise Invalid("import_unreadable", given=self.given, why=error.strerror or "") from None

    def _check_size(self) -> None:
        if self.size > LARGEST_TEXT:
            raise Invalid("import_too_big", given=self.given, limit=LARGEST_TEXT)

    def open(self) -> BinaryIO:
        """Open the bytes from their beginning. Raise Invalid: `import_unreadable`."""
        if isinstance(self._content, bytes):
            return io.BytesIO(self._content)
        if self._kept is not None:
            return _Again(self._kept)
        try:
            return self._content.open("rb")
        except OSError as error:
            raise Invalid("import_unreadable", given=self.given, why=error.strerror or "") from None

    def read(self) -> bytes:
        """Return all bytes."""
        with self.open() as opened:
            return opened.read()

    def head(self, size: int) -> bytes:
        """Return the first bytes."""
        with self.open() as opened:
            return opened.read(size)

    def sha256(self) -> str:
        """Return the SHA-256 of the bytes."""
        digest = hashlib.sha256()
        with self.open() as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()


class _Again(io.BufferedReader):
    """The bytes that came through a pipe, from their beginning. Closing it keeps them."""

    def __init__(self, kept: BinaryIO) -> None:
        kept.seek(0)
        super().__init__(kept)  # pyright: ignore[reportArgumentType]

    def close(self) -> None:
        """Let go of the bytes without closing what has them."""
        if not self.closed:
            self.detach()
