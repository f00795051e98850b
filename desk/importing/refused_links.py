"""The refused rows of a file as a table, to be mended and sent again: by a link that opens once, on the desk's page."""

import csv
import json
from collections.abc import Sequence
from dataclasses import field
from io import StringIO
from uuid import UUID

from desk.core.csv_cells import kept_as_text, neutral
from desk.core.dataclass import dataclass
from desk.core.errors import DeskError, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.files.page_links import OpenedLink, PageLink, make_link
from desk.importing.progress import CELLS, MOST_REFUSALS, REASONS
from desk.importing.reasons import reasons_of
from desk.messages.imports import view_of
from storage.queries.importing import records
from storage.tables import FileImport

REFUSED_ROWS = "import"
"""The kind of these pages."""


@dataclass(frozen=True, slots=True)
class RefusedOffer:
    """A fresh link for the acting member alone. `name` is the file's."""

    link: PageLink
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RefusedTable:
    """The refused rows: the headings of the file, and of each row its line, its cells and why it was refused."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...], tuple[DeskError, ...]], ...] = field(repr=False)


async def offer_refused(desk: Desk, import_id: UUID) -> RefusedOffer:
    """Make a link to the refused rows of an import.

    Raises NotAllowed (`role_missing`), NotFound (`import_gone`, and `refused_rows_gone` after a week), and as `make_link`.
    """
    row = await _openable(desk, import_id)
    link = await make_link(desk, REFUSED_ROWS, {"import": str(row.id)})
    desk.audit("import_refused_link", subject_id=row.id)
    name = (await view_of(desk, row)).name
    return RefusedOffer(link, name)


async def open_refused(desk: Desk, opened: OpenedLink) -> RefusedTable | None:
    """Return the refused rows of a link that was opened; None if its member may no longer read them. That is recorded too."""
    import_id = UUID(opened.about["import"])
    try:
        row = await _openable(desk, import_id)
    except DeskError:
        desk.audit("import_refused_denied", subject_id=import_id, member=str(opened.member.id))
        return None
    kept = await records.refusals(desk.session, row.id, limit=MOST_REFUSALS)
    desk.audit("import_refused_opened", subject_id=row.id, rows=len(kept))
    rows = [
        (
            each.line,
            tuple(json.loads(desk.cipher.decrypt_at(CELLS, each.id, each.cells_cipher))),
            reasons_of(desk.cipher.decrypt_at(REASONS, each.id, each.reasons_cipher)),
        )
        for each in kept
    ]
    return RefusedTable(tuple(row.columns.get("first", ())), tuple(rows))


def as_csv(table: RefusedTable, reasons: Sequence[str], titles: tuple[str, str]) -> bytes:
    """Return the table as CSV in UTF-8, with two last columns of these titles: each row's place in the file, and in words why it
    was refused. The titles are among `tables.REFUSED_HEADINGS`, so that nothing asks what they are when the file comes back."""
    out = StringIO()
    writer = csv.writer(out)
    width = max((len(cells) for _, cells, _ in table.rows), default=0)
    headings = [*table.headings, *("" for _ in range(width - len(table.headings)))]
    writer.writerow([*map(kept_as_text, headings), *titles])
    for (line, cells, _), reason in zip(table.rows, reasons, strict=True):
        padded = [*cells, *("" for _ in range(len(headings) - len(cells)))]
        writer.writerow([*map(kept_as_text, padded), line, neutral(reason)])
    return out.getvalue().encode("utf-8-sig", "replace")


async def _openable(desk: Desk, import_id: UUID) -> FileImport:
    require_role(desk, "see_refused_rows")
    row = await desk.session.get(FileImport, import_id)
    if row is None or row.workspace_id != desk.workspace.id:
        raise NotFound("import_gone")
    if not await records.refusals(desk.session, row.id, limit=1):
        raise NotFound("refused_rows_gone")
    return row
