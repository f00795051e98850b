"""The journal of disclosures beside an SQLite database: a read appends its audit entries there and waits for no writer.

A line is an entry: codes and ids only. It is on the disk before the answer leaves. One writer moves the lines into the table: it
renames the file, writes what is in it, and deletes it when a later round finds that all of it is in the table; so whatever a
killed process leaves, in either file, is taken up by the next. A line that a kill cut off was of an answer that never left.
"""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Generator, Iterable
from datetime import datetime
from pathlib import Path
from uuid import UUID

import structlog

from storage.tables import AuditEntry

log = structlog.get_logger()

JOURNAL, TAKEN = "-disclosures", "-disclosures-taken"
"""What the names of the files end in, behind that of the database."""


class AuditJournal:
    """The journal of the database in the file `database`."""

    def __init__(self, database: Path) -> None:
        self.file = database.with_name(database.name + JOURNAL)
        self.taken = database.with_name(database.name + TAKEN)

    def append(self, entries: Iterable[AuditEntry]) -> None:
        """Append entries, and return when they are on the disk. Raises OSError."""
        lines = "".join(_line(each) for each in entries).encode()
        with self._opened() as file:
            if _is_cut_off(file):
                lines = b"\n" + lines
            written = 0
            while written < len(lines):
                written += os.write(file, lines[written:])
            os.fdatasync(file)

    def take(self) -> list[AuditEntry]:
        """Return the entries that are to be moved into the table. Raises OSError."""
        if not self.taken.exists():
            if not self.file.exists():
                return []
            with self._opened():
                self.file.rename(self.taken)
        try:
            lines = self.taken.read_bytes().split(b"\n")
        except FileNotFoundError:  # another process was done with it just now
            return []
        entries = [entry for line in lines if line and (entry := _entry(line)) is not None]
        if not entries:
            self.forget_taken()
        return entries

    def forget_taken(self) -> None:
        """Delete what was taken and is in the table."""
        self.taken.unlink(missing_ok=True)

    def waiting(self) -> int:
        """Return how many lines are not in the table yet, or not known to be."""
        found = 0
        for file in (self.file, self.taken):
            with contextlib.suppress(FileNotFoundError):
                found += file.read_bytes().count(b"\n")
        return found

    def oldest_at(self) -> float:
        """Return when the first of its files was last written, as a Unix time; now if there is none."""
        return min((file.stat().st_mtime for file in (self.taken, self.file) if file.exists()), default=time.time())

    @contextlib.contextmanager
    def _opened(self) -> Generator[int]:
        """Open the file for this process alone; one that was renamed meanwhile is left."""
        while True:
            file = os.open(self.file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._is(file):
                    yield file
                    return
            finally:
                os.close(file)

    def _is(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self.file.stat())
        except FileNotFoundError:
            return False


def _is_cut_off(file: int) -> bool:
    size = os.fstat(file).st_size
    return size > 0 and os.pread(file, 1, size - 1) != b"\n"


def _line(entry: AuditEntry) -> str:
    ids = {name: _text(getattr(entry, name)) for name in ("id", "workspace_id", "actor_id", "loan_id", "subject_id")}
    rest = {"at": entry.at.isoformat(), "act": entry.act, "details": entry.details}
    return json.dumps(ids | rest, separators=(",", ":")) + "\n"


def _entry(line: bytes) -> AuditEntry | None:
    try:
        value = json.loads(line)
        ids = {name: UUID(value[name]) if value[name] else None for name in value if name.endswith("id")}
        return AuditEntry(
            **ids, at=datetime.fromisoformat(value["at"]), act=str(value["act"]), details=dict(value["details"])
        )
    except (ValueError, KeyError, TypeError):
        log.error("disclosure_unreadable")
        return None


def _text(value: UUID | None) -> str | None:
    return value.hex if value is not None else None
