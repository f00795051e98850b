"""What is said of a file's rows, page after page in Slack: why rows were refused, and what people should know of others."""

from collections.abc import Sequence
from dataclasses import field
from typing import Literal
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.importing.reports import kept_remarks, refused_row
from desk.importing.results import RefusedRow
from desk.importing.updating import Remark
from desk.messages.imports import view_of
from storage.queries.importing import records
from storage.tables import FileImport

What = Literal["refused", "remarks"]
"""Which list of an import."""

PAGE = 10
"""Rows of a page: each may have many reasons, and Slack takes no long messages."""


@dataclass(frozen=True, slots=True)
class RowPage:
    """A page of refused rows or of remarks, from `offset` on. `kept` of them can be read here, `beyond` these are others that
    were only counted. `has_table`: the refused rows can be had as a table on the desk's page. `name` is the file's, empty for who
    may not see it."""

    import_id: UUID
    what: What
    name: str = field(repr=False)
    rows: Sequence[RefusedRow] | Sequence[Remark] = field(repr=False)
    offset: int
    kept: int
    beyond: int
    has_table: bool


async def row_page(desk: Desk, import_id: UUID, what: What, offset: int) -> RowPage:
    """Return a page. Reasons have no values of cells for who may not see refused rows; remarks are for who may.

    Raises NotAllowed (`role_missing`), NotFound (`import_gone`; `refused_rows_gone`, `remarks_gone`: they are kept for a week).
    """
    if what == "refused":
        require_role(desk, "import_file")
    else:
        require_role(desk, "see_refused_rows")
    row = await desk.session.get(FileImport, import_id)
    if row is None or row.workspace_id != desk.workspace.id:
        raise NotFound("import_gone")
    view = await view_of(desk, row)
    if what == "refused":
        kept, total = await records.count_refusals(desk.session, row.id), row.refused
        found = await records.refusals(desk.session, row.id, limit=PAGE, offset=offset)
        rows: Sequence[RefusedRow] | Sequence[Remark] = [refused_row(desk, each, view.sees_rows) for each in found]
    else:
        every = kept_remarks(desk, row)
        kept, total, rows = len(every), view.counts.get("remarks", 0), every[offset : offset + PAGE]
    if not rows:
        raise NotFound("refused_rows_gone" if what == "refused" else "remarks_gone")
    if view.sees_rows:
        desk.audit("import_rows_read", subject_id=row.id, list=what, rows=len(rows), offset=offset)
    has_table = what == "refused" and view.sees_rows and desk.files is not None
    return RowPage(row.id, what, view.name, rows, offset, kept, total - kept, has_table)
