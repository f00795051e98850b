"""What persons have asked of the desk about their own data."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id


class PersonRequest(Row, table=True):
    """A request of a person about their own data: of the borrower of a loan, of another person around it (`person_id`), of a
    member (`member_id`), or of a person of whom only the name is known.

    `kind`, `law`, `way` and `proof` are codes of `desk/data/person_requests.toml`. `state` is open, answered or refused;
    `ground` is why it was refused. `due_on` is the last day for the answer, `extended_at` when that was put off. Once the
    person's data is erased, or the period is over, the texts are gone, and the codes and days stay as the proof.
    """

    __tablename__ = "person_request"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("proof", "person_request")
    __table_args__ = (
        Index("ix_person_request_due", "workspace_id", "state", "due_on"),
        Index("ix_person_request_loan", "loan_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID | None = references("loan", nullable=True, when_gone="clear")
    person_id: UUID | None = references("related_person", nullable=True, index=True, when_gone="clear")
    member_id: UUID | None = references("member", nullable=True)
    kind: str
    law: str
    way: str
    proof: str
    state: str = "open"
    received_on: date
    due_on: date
    name_cipher: bytes | None = maybe_cipher()
    words_cipher: bytes | None = maybe_cipher()
    ground: str | None = None
    answer_cipher: bytes | None = maybe_cipher()
    extended_at: datetime | None = maybe_instant()
    extension_cipher: bytes | None = maybe_cipher()
    by_id: UUID = references("member")
    at: datetime = instant()
    closed_at: datetime | None = maybe_instant()
    closed_by_id: UUID | None = references("member", nullable=True)
    undone_at: datetime | None = maybe_instant()
    version: int = 1
