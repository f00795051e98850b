"""How many pages a PDF has, and whether it is encrypted, read from a stream without holding it or drawing anything.

A PDF (ISO 32000-1) names its pages in objects: `/Type /Page` for each, and `/Type /Pages` with a `/Count` for the nodes of their
tree, whose root has the whole number. Since PDF 1.5 these may be inside compressed object streams, which are inflated here up to
a limit. A number that cannot be found is unknown; it is never an error.
"""

import re
import zlib
from typing import Any

_INFLATED = 8 * 1024 * 1024
"""The most bytes that all object streams of a file are inflated to: pages need far less, and a bomb gets no further."""

_SEGMENT, _OVERLAP = 256 * 1024, 2048
_STREAM = re.compile(rb">>\s{0,8}stream\r?\n")
_PAGE = re.compile(rb"/Type\s{0,8}/Page(?![A-Za-z])")
_TREE = re.compile(rb"/Type\s{0,8}/Pages(?![A-Za-z])")
_COUNT = re.compile(rb"/Count\s{1,8}(\d{1,6})(?!\d)")
_ENCRYPT = re.compile(rb"/Encrypt\s{0,8}(?:\d|<<)")
_END = b"endstream"
_NEAR = 512


class PdfPages:
    """Reads a PDF piece by piece: `feed` each piece, then `end`."""

    def __init__(self) -> None:
        self.protected = False
        """Whether the file is encrypted: it may ask for a password, or only forbid to print or to change it."""
        self._waiting = bytearray()
        self._inside = False
        self._inflater: Any = None
        self._inflated = bytearray()
        self._budget = _INFLATED
        self._leaves = 0
        self._count = 0

    @property
    def pages(self) -> int | None:
        """Return the number of pages, None if it was not found."""
        return self._count or self._leaves or None

    def feed(self, piece: bytes) -> None:
        """Read the next piece."""
        self._waiting += piece
        while self._step():
            pass

    def end(self) -> None:
        """Read what is left."""
        if not self._inside:
            self._scan(bytes(self._waiting), len(self._waiting))
        self._waiting.clear()

    def _step(self) -> bool:
        """Read up to the next border of a stream. Return whether there may be another in what has arrived."""
        return self._through_stream() if self._inside else self._to_stream()

    def _to_stream(self) -> bool:
        found = _STREAM.search(self._waiting)
        if found is None:
            if len(self._waiting) > _SEGMENT:
                seen = len(self._waiting) - _OVERLAP
                self._scan(bytes(self._waiting), seen)
                del self._waiting[:seen]
            return False
        before = bytes(self._waiting[: found.end()])
        self._scan(before, len(before))
        dictionary = before[-_NEAR:]
        if b"/ObjStm" in dictionary and b"/FlateDecode" in dictionary and self._budget:
            self._inflater = zlib.decompressobj()
        self._inside = True
        del self._waiting[: found.end()]
        return True

    def _through_stream(self) -> bool:
        end = self._waiting.find(_END)
        known = end if end >= 0 else max(0, len(self._waiting) - len(_END))
        self._inflate(bytes(self._waiting[:known]))
        del self._waiting[:known]
        if end < 0:
            return False
        del self._waiting[: len(_END)]
        self._inside = False
        self._scan(bytes(self._inflated), len(self._inflated))
        self._inflater = None
        self._inflated.clear()
        return True

    def _inflate(self, data: bytes) -> None:
        if self._inflater is None or not data:
            return
        try:
            plain = self._inflater.decompress(data, max(1, self._budget))
        except zlib.error:
            self._inflater = None
            return
        self._budget = max(0, self._budget - len(plain))
        self._inflated += plain
        if not self._budget:
            self._inflater = None

    def _scan(self, text: bytes, upto: int) -> None:
        """Count the pages of what lies outside streams. Of what begins behind `upto`, the next scan reads all."""
        self.protected = self.protected or _ENCRYPT.search(text) is not None
        self._leaves += sum(1 for found in _PAGE.finditer(text) if found.start() < upto)
        for tree in _TREE.finditer(text):
            near = text[max(0, tree.start() - _NEAR) : tree.end() + _NEAR]
            self._count = max([self._count, *(int(count) for count in _COUNT.findall(near))])
