"""An import of a file as it is now, and the last ones, for who may import."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from desk.core import unreadable
from desk.core.dataclass import dataclass
from desk.core.permissions import allows, has_role_for
from desk.core.transaction import Desk
from storage.queries.importing import records
from storage.tables import FileImport, Member

SHOWN = 5
"""How many of the last imports a Home lists."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What the rows of a file come to in one currency."""

    currency: str
    amount: Decimal = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import as the acting member may see it: `name` is empty for who may not see the file's. `who` is the name of who sent
    it, or of the operator's account.

    `counts` and `sums` say what became of the rows, of one that is `checked` what would. `keeps_file`: it can go on.
    """

    id: UUID
    version: int
    name: str = field(repr=False)
    who: str
    kind: str
    state: str
    why: str
    at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    read_percent: int
    total: int
    done: int
    refused: int
    counts: Mapping[str, int]
    sums: tuple[Sum, ...] = field(repr=False)
    good_rows: bool
    keeps_file: bool
    sees_rows: bool

    @property
    def percent(self) -> int:
        """Return how much of it is imported."""
        return percent(self.done, self.total)

    @property
    def is_over(self) -> bool:
        """Return whether nothing can become of it any more: its file is kept no longer."""
        return not self.keeps_file and self.state not in ("running", "done")


def percent(done: int, total: int) -> int:
    """Return how much of a file is imported."""
    return 100 * done // total if total else 0


async def last_imports(desk: Desk) -> tuple[ImportView, ...] | None:
    """Return the last imports, the latest first; None for who may not import."""
    if not has_role_for(desk.member, "import_file"):
        return None
    rows = await records.latest(desk.session, desk.workspace.id, limit=SHOWN)
    return tuple([await view_of(desk, row) for row in rows])


async def view_of(desk: Desk, row: FileImport) -> ImportView:
    """Return an import as the acting member may see it."""
    sender = await desk.session.get_one(Member, row.member_id) if row.member_id else None
    sees_rows = allows(desk.member, "see_refused_rows")
    sees_name = sees_rows or row.member_id == desk.member.id
    held = row.held_until is not None and row.held_until > desk.now
    died = row.state == "running" and row.file_id is None and not held
    return ImportView(
        id=row.id,
        version=row.version,
        name=unreadable.read(desk, FileImport.name_cipher, row) if sees_name else "",
        who=sender.name if sender is not None else row.operator,
        kind=row.kind or "",
        state="stopped" if died else row.state,
        why="interrupted" if died else row.why or "",
        at=row.made_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        read_percent=row.read_percent,
        total=row.total,
        done=row.done,
        refused=row.refused,
        counts={name: int(count) for name, count in row.counts.items()},
        sums=tuple(Sum(currency, Decimal(total)) for currency, total in sorted(row.sums.items())),
        good_rows=row.good_rows,
        keeps_file=row.file_id is not None,
        sees_rows=sees_rows,
    )
