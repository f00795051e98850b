"""What the message about an import says beyond its counts: columns, names, and why rows were refused."""

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.importing.column_counts import ColumnCounts
from desk.importing.progress import REASONS
from desk.importing.questions import FileQuestions, questions_of
from desk.importing.reading.tables import Reading, Taken
from desk.importing.reasons import reasons_of, remarks_of, without_values
from desk.importing.results import RefusedRow
from desk.importing.rows import UnknownColumn
from desk.importing.updating import Remark
from desk.messages.imports import ImportView, view_of
from storage.engine.cipher import UnreadableError
from storage.queries.importing import records
from storage.tables import FileImport, ImportRefusal

ROWS_SHOWN = 5
"""How many refused rows and how many remarks the message names."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """An import with the columns of its file (`known` by what they are to the desk, and their headings), a few names, the first
    refused rows, why its file cannot be read, when the same bytes were imported before, how the file was read, the first remarks
    about rows and how many more there are, and, while it is only checked, what would become of each column's cells."""

    view: ImportView
    known: tuple[tuple[str, str], ...]
    unknown: tuple[UnknownColumn, ...]
    names: tuple[str, ...] = field(repr=False)
    refused: tuple[RefusedRow, ...] = field(repr=False)
    fault: Invalid | None
    imported_at: datetime | None
    keeps_refused: bool
    remarks: tuple[Remark, ...] = field(default=(), repr=False)
    more_remarks: int = 0
    cells: tuple[ColumnCounts, ...] = ()
    asked: FileQuestions | None = None
    reading: Reading | None = None


async def import_report(desk: Desk, import_id: UUID) -> ImportReport | None:
    """Return an import as the acting member may see it, None for one that is gone. Names and numbers are shown to who may see
    refused rows; others read the same reasons without the cells' values."""
    row = await desk.session.get(FileImport, import_id)
    if row is None or row.workspace_id != desk.workspace.id:
        return None
    view, kept = await view_of(desk, row), await records.refusals(desk.session, row.id, limit=ROWS_SHOWN)
    earlier = await records.last_done(desk.session, desk.workspace.id, row.sha256) if row.state == "repeated" else None
    remarks = kept_remarks(desk, row)[:ROWS_SHOWN] if view.sees_rows else ()
    return ImportReport(
        view=view,
        known=tuple((column, heading) for column, heading in row.columns.get("known", ())),
        unknown=tuple(UnknownColumn(place, heading) for place, heading in row.columns.get("unknown", ())),
        names=tuple(_sample(desk, row)) if view.sees_rows else (),
        refused=tuple(refused_row(desk, each, view.sees_rows) for each in kept),
        fault=_fault(desk, row, sees_rows=view.sees_rows),
        imported_at=earlier.ended_at if earlier is not None else None,
        keeps_refused=bool(kept),
        remarks=remarks,
        more_remarks=view.counts.get("remarks", 0) - len(remarks),
        cells=tuple(ColumnCounts(*each) for each in row.columns.get("cells", ())) if row.state == "checked" else (),
        asked=questions_of(row) if row.state == "asked" else None,
        reading=_reading(row),
    )


def _reading(row: FileImport) -> Reading | None:
    stored = row.columns.get("reading")
    if stored is None or row.kind is None:
        return None
    return Reading(
        row.kind,
        stored["form"],
        stored["sheet"],
        tuple(Taken(heading, column, why) for heading, column, why in stored["taken"]),
        tuple(stored["totals"]),
        tuple(stored["repeated"]),
    )


def _sample(desk: Desk, row: FileImport) -> Sequence[str]:
    if row.sample_cipher is None:
        return ()
    try:
        return desk.cipher.decrypt(FileImport.sample_cipher, row).splitlines()
    except UnreadableError:
        return ()


def kept_remarks(desk: Desk, row: FileImport) -> tuple[Remark, ...]:
    """Return the remarks about rows that are kept of an import."""
    if row.remarks_cipher is None:
        return ()
    try:
        text = desk.cipher.decrypt(FileImport.remarks_cipher, row)
    except UnreadableError:
        return ()
    return remarks_of(text) if text else ()


def refused_row(desk: Desk, row: ImportRefusal, sees_rows: bool) -> RefusedRow:
    """Return why a row was refused; the values of its cells are hidden from who may not see rows."""
    try:
        reasons = reasons_of(desk.cipher.decrypt_at(REASONS, row.id, row.reasons_cipher))
    except UnreadableError:
        reasons = ()
    return RefusedRow(row.line, reasons if sees_rows else tuple(map(without_values, reasons)))


def _fault(desk: Desk, row: FileImport, *, sees_rows: bool) -> Invalid | None:
    if row.why_cipher is None:
        return None
    try:
        (fault,) = reasons_of(desk.cipher.decrypt(FileImport.why_cipher, row))
    except UnreadableError:
        return None
    return fault if sees_rows else without_values(fault)
