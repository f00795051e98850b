"""The bytes of a lender's file, which are read more than once: a path, or what came through a pipe or over a wire."""

import hashlib
import io
import stat
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
        self.size = len(content) if isinstance(content, bytes) else self._size_of(content)
        if self.size > LARGEST_TEXT:
            raise Invalid("import_too_big", given=self.given, limit=LARGEST_TEXT)

    def _size_of(self, path: Path) -> int:
        try:
            with path.open("rb") as opened:
                found = path.stat()
                if stat.S_ISREG(found.st_mode):
                    return found.st_size
                self._content = opened.read(LARGEST_TEXT + 1)  # a pipe gives its bytes only once
                return len(self._content)
        except OSError as error:
            raise Invalid("import_unreadable", given=self.given, why=error.strerror or "") from None

    def open(self) -> BinaryIO:
        """Open the bytes from their beginning. Raise Invalid: `import_unreadable`."""
        if isinstance(self._content, bytes):
            return io.BytesIO(self._content)
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
