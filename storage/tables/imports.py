"""Imports of the lender's files, and the rows of them that were refused."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_AT_WORK = text("state IN ('read', 'running')")


class FileImport(Row, table=True):
    """A file of the lender's that is to be imported, or was: sent by a member, or given by the operator of the command line
    (`operator`, without `member_id`).

    `state` is read (to be read and tried), asked (a question is open), repeated (the same bytes were imported before), checked
    (tried; waits for a word), running, stopped (by a member, or for `why`), done, cancelled, or unreadable (`why` is a code, and
    `why_cipher` has what it says). `file_id` are the bytes, as long as they are needed; without them no worker goes on with it.

    `read_percent` of the file is read. `total` rows are to be imported, `done` of them are (while it is read: were tried);
    `refused` counts the others. `counts` and `sums` say what became of them, while it is tried what would; `remarks_cipher` has
    the first things that people should know of rows. `columns` has the headings: `known` by column, and `unknown`, and `cells`,
    what would become of each column's. `good_rows`: rows that are refused stop nothing. `again`: it is wanted though the same
    bytes were imported before.

    A worker holds it until `held_until`; `lease` counts the holders, so that one that was overtaken finds out. `tries` counts
    holders since the last row that was imported.
    """

    __tablename__ = "file_import"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("import",)
    __table_args__ = (
        Index("ix_file_import_made_at", "workspace_id", "made_at"),
        Index("ix_file_import_sha256", "workspace_id", "sha256"),
        Index("ix_file_import_file", "file_id"),
        Index("ix_file_import_at_work", "state", sqlite_where=_AT_WORK, postgresql_where=_AT_WORK),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID | None = references("member", nullable=True)
    operator: str = ""
    file_id: UUID | None = references("stored_file", nullable=True, when_gone="clear")
    name_cipher: bytes = Field(sa_type=LargeBinary)
    sha256: str
    kind: str | None = None
    state: str = "read"
    why: str | None = None
    why_cipher: bytes | None = maybe_cipher()
    sheet: str | None = None
    mapping: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    columns: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sample_cipher: bytes | None = maybe_cipher()
    remarks_cipher: bytes | None = maybe_cipher()
    good_rows: bool = False
    again: bool = False
    read_percent: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    total: int = 0
    done: int = 0
    refused: int = 0
    counts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sums: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    made_at: datetime = instant()
    checked_at: datetime | None = maybe_instant()
    started_at: datetime | None = maybe_instant()
    ended_at: datetime | None = maybe_instant()
    held_until: datetime | None = maybe_instant()
    lease: int = 0
    tries: int = 0
    version: int = 1


class ImportRefusal(Row, table=True):
    """A row of a file that was refused, or would be: its `line`, the reasons (codes with values) and its cells, both JSON."""

    __tablename__ = "import_refusal"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("import", "short")
    __table_args__ = (
        Index("ix_import_refusal_import", "import_id", "line"),
        Index("ix_import_refusal_at", "workspace_id", "at"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    import_id: UUID = references("file_import")
    line: int
    reasons_cipher: bytes = Field(sa_type=LargeBinary)
    cells_cipher: bytes = Field(sa_type=LargeBinary)
    at: datetime = instant()
