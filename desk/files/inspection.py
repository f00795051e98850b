"""Look at a file while it streams by: its size, kind, pages and SHA-256. Nothing of it is kept."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator

from desk.core.dataclass import dataclass
from desk.rules.audio_length import KEPT, audio_seconds
from desk.rules.file_kinds import HEAD, FileKind, kind_of, name_of_other, table_kind_of
from desk.rules.pdf_pages import PdfPages

MOST_PAGES = 500
"""The most pages of a PDF: a bank's statement of several years has fewer."""


class RefusedFileError(Exception):
    """The desk does not take this file. `why` is a code: too_large, empty, too_many_pages, no_table (from who may
    only import), kind_table (from who may not), or kind_ and what it seems to be
    (`desk.rules.file_kinds.name_of_other`). `name` is what its sender calls it, if that was found out."""

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.name = name


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What was found of a whole file. `size` is in bytes, `sha256` in hexadecimal digits; `pages` None: unknown. `protected`:
    it is a PDF that may ask for a password; banks protect statements so that everyone can read them, too. `seconds` is the
    length of a recording, None: unknown."""

    kind: FileKind
    size: int
    pages: int | None
    sha256: str
    protected: bool = False
    seconds: int | None = None


class Inspection:
    """Looks at one file: iterate over `watch`, then ask for `facts`.

    `most_bytes` is the limit of a document or table, `most_audio` that of a recording; `name` is what its sender calls it.
    `tables`: its sender may import tables; `documents`: they may send documents and recordings.
    """

    def __init__(
        self, *, most_bytes: int, most_audio: int = 0, name: str = "", tables: bool = False, documents: bool = True
    ) -> None:
        self._most_bytes, self._most_audio, self._name = most_bytes, most_audio, name
        self._tables, self._documents = tables, documents
        self._ends = (bytearray(), bytearray())
        self._digest = hashlib.sha256()
        self._size = 0
        self._head = b""
        self._kind: FileKind | None = None
        self._pdf: PdfPages | None = None

    async def watch(self, plain: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        """Yield the same bytes, none before the kind is known to be one that the desk takes.

        Raises RefusedFileError as soon as there is a reason.
        """
        async for piece in plain:
            self._size += len(piece)
            if self._size > self._limit():
                raise RefusedFileError("too_large")
            if self._kind is None:
                self._head += piece
                if len(self._head) < HEAD:
                    continue
                piece = self._begin()
                if self._size > self._limit():
                    raise RefusedFileError("too_large")
            self._take(piece)
            yield piece
        if self._kind is None:
            piece = self._begin()
            self._take(piece)
            yield piece
        self._end()

    def facts(self) -> FileFacts:
        """Return what was found, after `watch` has ended."""
        assert self._kind is not None
        pages = self._pdf.pages if self._pdf is not None else 1
        pages = None if self._kind.code == "tiff" or self._kind.audio else pages
        protected = self._pdf is not None and self._pdf.protected
        head, tail = self._ends
        seconds = audio_seconds(self._kind.code, bytes(head), bytes(tail), self._size) if self._kind.audio else None
        return FileFacts(self._kind, self._size, pages, self._digest.hexdigest(), protected, seconds)

    def _limit(self) -> int:
        if self._kind is None:
            return max(self._most_bytes, self._most_audio)
        return self._most_audio if self._kind.audio else self._most_bytes

    def _begin(self) -> bytes:
        head, self._head = self._head, b""
        if not head:
            raise RefusedFileError("empty")
        table = table_kind_of(head, self._name)
        if table is not None and not self._tables:
            raise RefusedFileError("kind_table")
        self._kind = table or (kind_of(head, self._name) if self._documents else None)
        if self._kind is None:
            raise RefusedFileError(f"kind_{name_of_other(head)}" if self._documents else "no_table")
        self._pdf = PdfPages() if self._kind.code == "pdf" else None
        return head

    def _take(self, piece: bytes) -> None:
        self._digest.update(piece)
        if self._pdf is not None:
            self._pdf.feed(piece)
        if self._kind is not None and self._kind.audio:
            head, tail = self._ends
            head += piece[: KEPT - len(head)]
            tail += piece
            del tail[:-KEPT]

    def _end(self) -> None:
        if self._pdf is None:
            return
        self._pdf.end()
        if (self._pdf.pages or 0) > MOST_PAGES:
            raise RefusedFileError("too_many_pages")
