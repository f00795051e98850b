"""What must be asked of a file before it can be tried: what some of its columns are, or which of its sheets is meant."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.errors import Conflict, DeskError, Invalid, NotFound
from desk.core.permissions import require_role
from desk.core.transaction import Desk
from desk.importing.reading.headings import shapes
from storage.tables import FileImport

MOST = 20
"""How many columns are asked about at once; a file with more is asked about again."""


@dataclass(frozen=True, slots=True)
class ColumnQuestion:
    """A heading that may be the column `column`, or is not imported. `others` may mean the same column."""

    heading: str
    column: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileQuestions:
    """What is asked of a file with rows of that kind: its columns, or else which of its sheets is meant."""

    kind: str
    columns: tuple[ColumnQuestion, ...] = ()
    sheets: tuple[str, ...] = ()

    def label(self, question: ColumnQuestion, language: str) -> str:
        """Return what people call the column that a heading may be."""
        return shapes()[self.kind].columns[question.column].label(language)


def asked_by(error: DeskError) -> dict[str, Any] | None:
    """Return, as it is stored, what a file that cannot be read for this reason makes one ask; None for another reason."""
    if error.code == "import_sheets":
        return {"sheets": list(error.params["sheets"])}
    if error.code != "import_questions":
        return None
    columns = [[each.heading, each.columns[0], list(each.others)] for each in error.params["questions"][:MOST]]
    return {"kind": error.params["kind"], "columns": columns}


def questions_of(row: FileImport) -> FileQuestions:
    """Return what is asked of a file."""
    stored: Mapping[str, Any] = row.mapping
    columns = tuple(
        ColumnQuestion(heading, column, tuple(others)) for heading, column, others in stored.get("columns", ())
    )
    return FileQuestions(stored.get("kind", "loans"), columns, tuple(stored.get("sheets", ())))


async def open_questions(desk: Desk, import_id: UUID) -> FileQuestions:
    """Return what is asked of a file. Raises NotAllowed (`role_missing`), NotFound (`import_gone`), Conflict
    (`import_changed`)."""
    require_role(desk, "import_file")
    row = await desk.session.get(FileImport, import_id)
    if row is None or row.workspace_id != desk.workspace.id or row.file_id is None:
        raise NotFound("import_gone")
    if row.state != "asked":
        raise Conflict("import_changed")
    return questions_of(row)


def check_answer(asked: FileQuestions, sheet: str | None, said: Mapping[str, str]) -> None:
    """Refuse two headings that are said to be the same column. Raises Invalid (`import_said_twice`)."""
    taken: set[str] = set()
    for question in asked.columns:
        column = said.get(question.heading, "")
        if column and column in taken:
            raise Invalid("import_said_twice", heading=question.heading)
        taken.add(column)
    if asked.sheets and sheet not in asked.sheets:
        raise Invalid("nothing_chosen")
