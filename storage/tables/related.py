"""The people around a loan, their phones, how search finds them, and with whom of them a call was."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id


class RelatedPerson(Row, table=True):
    """A person or an employer to whom the desk may turn about a borrower, in a `role` of `desk/data`; a firm's name is the name.

    `relation_cipher` says how they are related, `hours_cipher` when they are best called. `language` is what they speak.
    `removed_at` is when a member removed them from the loan. `search_version` is the version of their `RelatedTerm` rows.
    """

    __tablename__ = "related_person"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_related_person_loan", "loan_id"),
        Index("ix_related_person_search_version", "workspace_id", "search_version", "id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    role: str
    name_cipher: bytes = Field(sa_type=LargeBinary)
    relation_cipher: bytes | None = maybe_cipher()
    hours_cipher: bytes | None = maybe_cipher()
    language: str | None = None
    search_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0"), "info": {"restored": False}})
    created_at: datetime = instant()
    removed_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class RelatedPhone(Row, table=True):
    """A phone (E.164 with its extension) of a related person, in their order. `wrong_at` is when it turned out to be wrong."""

    __tablename__ = "related_phone"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_related_phone_person", "person_id"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    person_id: UUID = references("related_person")
    phone_cipher: bytes = Field(sa_type=LargeBinary)
    kind: str
    preferred: bool = False
    position: int = 0
    wrong_at: datetime | None = maybe_instant()
    removed_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class RelatedTerm(Row, table=True):
    """A term that finds a related person, as `SearchTerm` finds a borrower."""

    __tablename__ = "related_term"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_related_term_person", "person_id"),)

    digest: int = Field(sa_type=BigInteger, primary_key=True)
    person_id: UUID = references("related_person", primary_key=True)


class CallParty(Row, table=True):
    """Whom a call reached instead of the borrower: a role, and the related person, if the desk knows them."""

    __tablename__ = "call_party"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    call_id: UUID = references("call", unique=True)
    person_id: UUID | None = references("related_person", nullable=True, index=True, when_gone="clear")
    role: str
    undone_at: datetime | None = maybe_instant()
    version: int = 1
