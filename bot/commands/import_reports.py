"""What `loandesk import` prints of the rows and columns of a file; and the file of refused rows."""

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from desk.core.csv_cells import kept_as_text, neutral
from desk.core.errors import Invalid
from desk.importing.batches import Result
from desk.importing.column_counts import column_counts
from desk.importing.file_contents import Content
from desk.importing.reading.headings import shapes
from desk.importing.reading.tables import REFUSED_HEADINGS
from desk.importing.results import RefusedRow
from handlers.messages.block_kit.translator import Translator
from handlers.messages.import_counts import cells_in_words, effect_in_words
from handlers.messages.refusals.importing import explain_row


def rows_in_words(t: Translator, content: Content, result: Result) -> Iterator[str]:
    """Yield what would become of the rows that the result names, and then of each column."""
    columns = shapes()[content.kind].columns
    for row in sorted(result.tried.rows, key=lambda row: row.line):
        effect = effect_in_words(t, content.kind, row.effect)
        names = [columns[name].label(t.language) for name in columns if name in row.columns]
        if content.kind != "loans" or row.effect == "new" or not names:
            yield t("Line {line} · {loan} · {effect}", line=row.line, loan=row.number, effect=effect)
        else:
            listed = t(", ").join(names)
            yield t(
                "Line {line} · {loan} · {effect}: {columns}",
                line=row.line,
                loan=row.number,
                effect=effect,
                columns=listed,
            )
    if (left := result.tried.count - len(result.tried.rows)) > 0:
        yield t.n(
            "{n} more row. Run the command with --all to see it.",
            "{n} more rows. Run the command with --all to see every one.",
            left,
        )
    for each in column_counts(content, result):
        yield cells_in_words(t, each)


def write_refused(t: Translator, path: Path, content: Content, refused: Sequence[RefusedRow]) -> None:
    """Write the refused rows with their reasons, in the columns of the file, to be mended and imported again: CSV in UTF-8 that
    only its owner may read. Raise Invalid: `import_unwritable`."""
    row_heading, reasons = REFUSED_HEADINGS[:2] if t.language == "en" else REFUSED_HEADINGS[2:]
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(opened, 0o600)  # it may have been there
        with open(opened, "w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*map(kept_as_text, content.first), row_heading, reasons])
            for row in refused:
                said = "; ".join(explain_row(t, error) for error in row.errors)
                cells = content.cells.cells_at(row.line)
                cells = [*cells, *[""] * (len(content.first) - len(cells))][: max(len(content.first), len(cells))]
                writer.writerow([*map(kept_as_text, cells), row.line, neutral(said)])
    except OSError as error:
        raise Invalid("import_unwritable", given=str(path), why=error.strerror or "") from None


def check_refused_file(file: Path, refused: Path | None) -> None:
    """Refuse a place for the refused rows before anything is imported. Raise Invalid: `import_refused_is_file` (they would be
    written over the file that has them), `import_unwritable`."""
    if refused is not None and refused.exists() and file.exists() and refused.samefile(file):
        raise Invalid("import_refused_is_file", given=str(refused))
    if refused is not None:
        is_new = not refused.exists()
        try:
            os.close(os.open(refused, os.O_WRONLY | os.O_CREAT, 0o600))
            if is_new:
                refused.unlink()
        except OSError as error:
            raise Invalid("import_unwritable", given=str(refused), why=error.strerror or "") from None
