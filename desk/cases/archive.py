"""The archive of a case file: a ZIP whose manifest names every member with its size and SHA-256, and is signed.

It is written as a stream, so that no file is held in memory whole; the order of its members and their times are fixed, so that
the same content gives the same bytes.
"""

import asyncio
import base64
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from dataclasses import field
from typing import Any

from desk.cases.signing import Signer
from desk.core.dataclass import dataclass

FORMAT, VERSION = "loandesk-case", 1
"""What the manifest of a case file says of itself."""

PERSON_FORMAT = "loandesk-person"
"""What that of an export of one person's data says; in all else it is alike."""

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
"""The last members: what all others are, and its signature in base64."""

_PIECE = 256 * 1024
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100600 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A member of the archive: its path, and what yields its bytes."""

    path: str
    pieces: Callable[[], AsyncIterator[bytes]] = field(repr=False)


def of_bytes(path: str, content: bytes) -> Source:
    """Return a member with this content."""

    async def pieces() -> AsyncIterator[bytes]:
        # The records of a long loan take a second to pack: others have their turn meanwhile.
        for at in range(0, len(content), _PIECE):
            yield content[at : at + _PIECE]
            await asyncio.sleep(0)

    return Source(path, pieces)


@dataclass(slots=True)
class Archive:
    """Writes one archive. `facts` go into the manifest. When all was read, `size` and `sha256` are those of the archive."""

    signer: Signer
    facts: dict[str, Any]
    format: str = FORMAT
    size: int = 0
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Return the digest of what was yielded, in hexadecimal digits."""
        return self._digest.hexdigest()

    async def stream(self, sources: Iterator[Source]) -> AsyncGenerator[bytes]:
        """Yield the bytes of the archive. Raises what a source raises."""
        sink = _Sink()
        members: list[dict[str, Any]] = []
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
            for source in sources:
                digest, size = hashlib.sha256(), 0
                with archive.open(_entry(source.path), "w", force_zip64=True) as member:
                    async for piece in source.pieces():
                        digest.update(piece)
                        size += len(piece)
                        member.write(piece)
                        if sink.held:
                            yield self._taken(sink)
                members.append({"path": source.path, "size": size, "sha256": digest.hexdigest()})
            manifest = self._manifest(members)
            archive.writestr(_entry(MANIFEST), manifest)
            archive.writestr(_entry(SIGNATURE), base64.b64encode(self.signer.sign(manifest)) + b"\n")
        yield self._taken(sink)

    def _manifest(self, members: list[dict[str, Any]]) -> bytes:
        key = {"number": self.signer.number, "ed25519": self.signer.public.hex()}
        value = {"format": self.format, "version": VERSION, **self.facts, "key": key, "members": members}
        return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"

    def _taken(self, sink: "_Sink") -> bytes:
        piece = sink.take()
        self.size += len(piece)
        self._digest.update(piece)
        return piece


class _Sink(io.RawIOBase):
    """What the archive is written to: it cannot be sought in, and is emptied while it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any, /) -> int:
        self.held += piece
        return len(piece)

    def take(self) -> bytes:
        taken = bytes(self.held)
        self.held.clear()
        return taken


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _TIME)
    entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _MODE, 3
    return entry
