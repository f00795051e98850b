"""Case files: which were asked for, and the keys that sign them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_TO_BUILD = text("build_at IS NOT NULL")


class CaseExport(Row, table=True):
    """A case file of a loan that a member asked for: what for (`purpose_cipher`), and what it contains besides the records
    (`contents`: `files`, `recordings`, joined by blanks).

    With `subjects` it is instead an export of what is held of one person, for their request: `borrower:` or `person:` with the id
    of each of their rows, joined by blanks.

    `build_at` is when the worker builds it next, None when it need not; `tries` counts. `file_id` is the archive, as long as it
    is kept; `sha256` and `size` are those of its bytes. `why` is the code of why there is none.
    """

    __tablename__ = "case_export"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_case_export_loan", "loan_id"),
        Index("ix_case_export_file", "file_id"),
        Index("ix_case_export_request", "request_id"),
        Index("ix_case_export_build_at", "build_at", sqlite_where=_TO_BUILD, postgresql_where=_TO_BUILD),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    member_id: UUID = references("member")
    file_id: UUID | None = references("stored_file", nullable=True, when_gone="clear")
    purpose_cipher: bytes | None = maybe_cipher()
    contents: str = ""
    request_id: UUID | None = references("person_request", nullable=True, when_gone="clear")
    subjects: str = Field(default="", sa_column_kwargs={"server_default": ""})
    asked_at: datetime = instant()
    build_at: datetime | None = maybe_instant()
    built_at: datetime | None = maybe_instant()
    tries: int = 0
    why: str | None = None
    size: int | None = None
    sha256: str | None = None


class SigningKey(Row, table=True):
    """A key (Ed25519) that signs case files. The highest `number` signs; a retired one has no private part any more.

    `public` has the 32 bytes of the public key, `private_cipher` those of the private one in base64.
    """

    __tablename__ = "signing_key"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof",)
    __table_args__ = (UniqueConstraint("workspace_id", "number"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    number: int
    public: bytes = Field(sa_type=LargeBinary)
    private_cipher: bytes | None = maybe_cipher()
    made_at: datetime = instant()
    retired_at: datetime | None = maybe_instant()
