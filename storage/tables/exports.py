"""Lists that members had exported, and which loans each names."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_cipher, maybe_instant, references, row_id

_TO_BUILD = text("build_at IS NOT NULL")


class ListExport(Row, table=True):
    """A list that a member asked to have as a file. `listed` is the code of the list, `about` what it is of (codes, days and
    ids), `words_cipher` the words of a search, `format` a code of `desk.exports.lists`.

    `build_at` is when the worker builds it next, or takes it over from one that died; None when it need not. `tries` counts.
    `file_id` is the file, as long as it is kept; `why` is the code of why there is none. `rows` counts its rows, and `loans` the
    loans that they name. `in_full`: with names and phone numbers in full.
    """

    __tablename__ = "list_export"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)
    __table_args__ = (
        index_where_set("ix_list_export_file", "file_id"),
        Index("ix_list_export_asked_at", "workspace_id", "asked_at"),
        Index("ix_list_export_build_at", "build_at", sqlite_where=_TO_BUILD, postgresql_where=_TO_BUILD),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    listed: str
    about: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    words_cipher: bytes | None = maybe_cipher()
    format: str
    asked_at: datetime = instant()
    build_at: datetime | None = maybe_instant()
    built_at: datetime | None = maybe_instant()
    tries: int = 0
    file_id: UUID | None = references("stored_file", nullable=True, when_gone="clear")
    why: str | None = None
    rows: int = 0
    loans: int = 0
    in_full: bool = False
    size: int | None = None
    sha256: str | None = None


class ExportedLoan(Row, table=True):
    """That an export names a loan. `seen`: its member saw the loan then; of others the list shows a masked name."""

    __tablename__ = "exported_loan"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "short")
    __table_args__ = (Index("ix_exported_loan_loan", "loan_id"),)

    export_id: UUID = references("list_export", primary_key=True)
    loan_id: UUID = references("loan", primary_key=True)
    workspace_id: UUID = references("workspace")
    seen: bool = True
