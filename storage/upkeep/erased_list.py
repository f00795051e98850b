"""The list of what was deleted for good: a file outside the database, which is lost when a backup is restored.

A line has the instant, the workspace, the table, the row's id, why, and an HMAC of itself and of the line before it: a line that
was changed, removed, inserted or moved is found, but for lines that are missing at the end.
"""

import fcntl
import hmac
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from storage.engine.cipher import KeyRing
from storage.tables.retained import all_tables

_LONGEST_LINE = 1_024


class BadErasedListError(Exception):
    """The list cannot be read, or was changed; the message says at which line."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A row that was deleted for good."""

    at: datetime
    workspace_id: UUID
    table: str
    id: UUID
    why: str

    def __str__(self) -> str:
        """Return its line, without the mark."""
        return f"{self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {self.workspace_id} {self.table} {self.id} {self.why}"


@dataclass(frozen=True, slots=True)
class ErasedList:
    """The file, and the keys whose search key marks its lines."""

    file: Path
    ring: KeyRing

    def read(self) -> list[Erased]:
        """Return what is on it; a last line that a killed process left unfinished is none. Raises BadErasedListError, OSError."""
        found: list[Erased] = []
        before = ""
        *lines, _unfinished = self.file.read_bytes().decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines, start=1):
            content, _, mark = line.rpartition(" ")
            if not hmac.compare_digest(mark.encode(), self._mark(before, content).encode()):
                raise BadErasedListError(
                    f"line {number} of the list of erased records was changed, or lines before it are missing, or another search "
                    "key marked it"
                )
            found.append(_row(content, number))
            before = mark
        return found

    def append(self, rows: Collection[Erased]) -> None:
        """Write these rows at its end, and to the disk. Several processes may do so. Raises OSError."""
        if not rows:
            return
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(self.file, flags, 0o600), "r+b") as out:
            fcntl.flock(out, fcntl.LOCK_EX)
            end = out.seek(0, os.SEEK_END)
            out.seek(start := max(0, end - _LONGEST_LINE))
            tail = out.read()
            whole = tail[: tail.rfind(b"\n") + 1]
            out.truncate(start + len(whole))  # an unfinished line
            out.seek(0, os.SEEK_END)
            mark = whole.rstrip(b"\n").rpartition(b" ")[2].decode("ascii", "replace")
            for line in self._lines(mark, rows):
                out.write(line.encode())
            out.flush()
            os.fsync(out.fileno())
        if not end:
            _sync(self.file.parent)

    def _lines(self, mark: str, rows: Iterable[Erased]) -> Iterable[str]:
        for row in rows:
            mark = self._mark(mark, str(row))
            yield f"{row} {mark}\n"

    def _mark(self, before: str, content: str) -> str:
        return self.ring.erased_mark(f"{before} {content}".encode())


def _row(content: str, number: int) -> Erased:
    try:
        at, workspace_id, table, row_id, why = content.split(" ")
        row = Erased(datetime.fromisoformat(at), UUID(workspace_id), table, UUID(row_id), why)
    except ValueError:
        raise BadErasedListError(f"line {number} of the list of erased records cannot be read") from None
    if table not in all_tables():
        raise BadErasedListError(f"line {number} of the list of erased records names no table of this release")
    return row


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
