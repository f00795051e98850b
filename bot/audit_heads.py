"""Write the head of the audit trail to a file once a day: a copy kept elsewhere proves later what was there."""

from datetime import date
from pathlib import Path

from desk.core.audit_verification import Head, head_line, is_head
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.queries.core import audit
from storage.tables import Workspace


@dataclass(slots=True)
class HeadKeeper:
    """Appends a line a day to the file, which only its owner may read. `written_on` is the day of the last."""

    office: Office
    workspace: Workspace
    file: Path
    written_on: date | None = None

    async def round(self) -> None:
        """Write today's head, if it is not there yet and something is sealed. Raises OSError, and what the database raises."""
        now = self.office.clock.now()
        if self.written_on == now.date():
            return
        async with self.office.database.reading() as session:
            chain = await audit.chain(session, self.workspace.id)
        if chain is None or not chain.segments:
            return
        if not _has_line_of(self.file, f"{now:%Y-%m-%d}", str(self.workspace.id)):
            append(self.file, head_line(self.workspace.id, Head(chain.segments, chain.entries, chain.head), now))
        self.written_on = now.date()


def newest_line(file: Path, workspace_id: str) -> str:
    """Return the last head of a workspace in the file, without the end of the line; empty if there is none. Raises OSError."""
    if not file.exists():
        return ""
    return next((line for line in reversed(_last_heads(file)) if workspace_id in line), "")


def append(file: Path, line: str) -> None:
    """Append a line to a file that only its owner may read, behind what a full disk or a kill left of another. Raises OSError."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    with file.open("rb") as there:
        there.seek(max(file.stat().st_size - 1, 0))
        is_cut = there.read(1) not in (b"", b"\n")
    with file.open("a", encoding="utf-8") as out:
        out.write("\n" * is_cut + line)


def _has_line_of(file: Path, day: str, workspace_id: str) -> bool:
    if not file.exists():
        return False
    return any(line.startswith(day) and workspace_id in line for line in _last_heads(file))


def _last_heads(file: Path) -> list[str]:
    """Return the last lines of the file that are whole: a full disk may have cut one off."""
    return [line for line in file.read_text("utf-8").splitlines()[-50:] if is_head(line)]
