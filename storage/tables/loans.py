"""Borrowers, their loans, and the history of stages and owners."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import (
    counter,
    followed,
    index_where_set,
    instant,
    maybe_instant,
    money,
    references,
    row_id,
    updated,
)

_IN_ARREARS = text("unpaid_since IS NOT NULL")
_SCHEDULED = text("next_instalment_on IS NOT NULL")
_REMOVED = text("removed_at IS NOT NULL")
_BY_DUE_DAY = text("stage = 'disbursed' AND next_instalment_on IS NULL")


_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2012\u2013\u2014\u2015\u2212", "-"))
"""What is typed for a hyphen, in NFKC."""


def with_hyphens(number: str) -> str:
    """Return a loan number in NFKC with a hyphen for each dash: spreadsheets and telephones write others."""
    return number if number.isascii() else number.translate(_HYPHENS)


def plain_number(number_key: str) -> str:
    """Return a loan number, case-folded, without dashes: people leave them out."""
    return with_hyphens(number_key).replace("-", "")


class Borrower(Row, table=True):
    """A person who asked for a loan. Name and phone (E.164 with its extension) are encrypted; `SearchTerm` rows find the
    borrower, and `search_version` is their version: 0 before the first, -1 if those could not be made, which is tried again.
    `zone` is the IANA name of the time zone where a member knows the borrower to be.
    """

    __tablename__ = "borrower"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("borrower",)
    __table_args__ = (Index("ix_borrower_search_version", "workspace_id", "search_version", "id"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    name_cipher: bytes = Field(sa_type=LargeBinary)
    phone_cipher: bytes = Field(sa_type=LargeBinary)
    phone_wrong_at: datetime | None = maybe_instant()
    zone: str | None = None
    search_version: int = Field(default=0, sa_column_kwargs={"server_default": text("0"), "info": {"restored": False}})
    version: int = 1
    created_at: datetime = instant()


class SearchTerm(Row, table=True):
    """A term that finds a borrower: a keyed digest of a name, its pinyin, a phone, or a prefix of these, as a number of 64 bits.

    There are a dozen for each borrower, so they are kept short: the table is its own index, and the workspace is the borrower's.
    """

    __tablename__ = "search_term"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("borrower",)
    __table_args__ = (Index("ix_search_term_borrower", "borrower_id"),)

    digest: int = Field(sa_type=BigInteger, primary_key=True)
    borrower_id: UUID = references("borrower", primary_key=True)


class Loan(Row, table=True):
    """A car loan from inquiry to payoff. People name it by `number`; `number_key` is its case-folded form with hyphens, and
    `plain_number` the same without dashes, set with it.

    `owner_set_at` and `stage_set_at` are when a member set them, until an import sets another stage. `paid_through` is the
    last instalment known to be paid, `unpaid_since` the first that the lender's data or a member calls unpaid.

    `next_instalment_on`, `paused_from` and `paused_until` follow from the loan's schedule, payments and pauses, so that a
    command need not read these: the due date of the oldest instalment of its schedule that is not fully paid (9999-12-31
    once all are; None without a schedule from which arrears are counted), and the days of a pause (`RepaymentPause`) that
    was not over when they were last set.

    `demo_at` is when a demo loan was added; demo loans can be removed. `next_follow_up_number` numbers the
    follow-ups: `L-1042/3`. `removed_at` is when a loan with many rows was deleted: nobody finds or sees it any more, and its
    rows, the loan itself last, go in steps (`storage.upkeep.removing`).
    """

    __tablename__ = "loan"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("ended_loan", "application", "inquiry")
    __table_args__ = (
        UniqueConstraint("workspace_id", "number_key"),
        Index("ix_loan_page", "workspace_id", "id"),
        Index("ix_loan_updated", "workspace_id", "updated_at", "id"),
        Index("ix_loan_owner_stage", "owner_id", "stage"),
        Index("ix_loan_workspace_stage", "workspace_id", "stage"),
        Index("ix_loan_plain_number", "workspace_id", "plain_number"),
        Index("ix_loan_unpaid", "workspace_id", "unpaid_since", sqlite_where=_IN_ARREARS, postgresql_where=_IN_ARREARS),
        Index("ix_loan_arrears", "owner_id", "unpaid_since", sqlite_where=_IN_ARREARS, postgresql_where=_IN_ARREARS),
        Index(
            "ix_loan_next", "workspace_id", "next_instalment_on", sqlite_where=_SCHEDULED, postgresql_where=_SCHEDULED
        ),
        Index(
            "ix_loan_own_next", "owner_id", "next_instalment_on", sqlite_where=_SCHEDULED, postgresql_where=_SCHEDULED
        ),
        Index("ix_loan_removed", "workspace_id", "id", sqlite_where=_REMOVED, postgresql_where=_REMOVED),
        Index("ix_loan_due_day", "workspace_id", "due_day", sqlite_where=_BY_DUE_DAY, postgresql_where=_BY_DUE_DAY),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    borrower_id: UUID = references("borrower", index=True)
    number: str
    plain_number: str = Field(default="", sa_column_kwargs={"server_default": ""})
    number_key: str
    minted: bool = False
    demo_at: datetime | None = maybe_instant()
    stage: str
    stage_set_at: datetime | None = maybe_instant()
    stage_since: datetime = instant()
    owner_id: UUID | None = references("member", nullable=True)
    owner_set_at: datetime | None = maybe_instant()
    amount: Decimal | None = money()
    currency: str = "CNY"
    due_day: int | None = None
    autopay: bool = False
    paid_through: date | None = None
    unpaid_since: date | None = None
    next_instalment_on: date | None = followed()
    paused_from: date | None = followed()
    paused_until: date | None = followed()
    next_follow_up_number: int = counter()
    imported_as: str | None = None
    removed_at: datetime | None = maybe_instant()
    updated_at: datetime | None = updated()
    version: int = 1
    created_at: datetime = instant()

    def before_write(self) -> None:
        """Set the number without dashes."""
        self.plain_number = plain_number(self.number_key)


class ImportedValues(Row, table=True):
    """What the lender's file last said about a loan, to tell a new value of the file from a correction at the desk.

    `number_key` is the number that the file uses, also after the loan got another one at the desk. `values_cipher` is a
    JSON object of the other columns, by name.
    """

    __tablename__ = "imported_values"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (UniqueConstraint("workspace_id", "number_key"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan", unique=True)
    number_key: str
    values_cipher: bytes = Field(sa_type=LargeBinary)
    at: datetime = instant()


class StageChange(Row, table=True):
    """A change of a loan's stage, and its reason. `from_stage` is None for the first stage of a loan."""

    __tablename__ = "stage_change"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_stage_change_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    from_stage: str | None = None
    to_stage: str
    by_id: UUID | None = references("member", nullable=True)
    reason_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class LoanNote(Row, table=True):
    """A note on a loan without a call.

    `earlier_of_id` names the note that had this text until `by_id` corrected it at `at`.
    """

    __tablename__ = "loan_note"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "words")
    __table_args__ = (Index("ix_loan_note_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    by_id: UUID = references("member")
    earlier_of_id: UUID | None = references("loan_note", nullable=True, index=True, when_gone="delete")
    note_cipher: bytes = Field(sa_type=LargeBinary)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class LoanCorrection(Row, table=True):
    """A correction of the borrower's name or phone, of the loan's number or of a field of its terms (`field`), with the value
    before it: an empty text where none was known.

    `by_id` None: the lender's file brought the value. Corrections of earlier releases have no value before them.
    """

    __tablename__ = "loan_correction"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "correction")
    __table_args__ = (Index("ix_loan_correction_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    field: str
    before_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    by_id: UUID | None = references("member", nullable=True)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class Assignment(Row, table=True):
    """A change of the owner of a loan, or of the assignee of one of its follow-ups."""

    __tablename__ = "assignment"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_assignment_loan", "loan_id", "at"),
        index_where_set("ix_assignment_follow_up", "follow_up_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    follow_up_id: UUID | None = references("follow_up", nullable=True)
    from_id: UUID | None = references("member", nullable=True)
    to_id: UUID | None = references("member", nullable=True)
    by_id: UUID | None = references("member", nullable=True)
    why_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    batch_id: UUID | None = None
    at: datetime = instant()


class Handover(Row, table=True):
    """A handover of many loans that the worker carries out in batches, in the order of `loan_ids`: `done` of them so far.

    Those to several members that were confirmed together have one `batch_id`, the id of their `Undo` and `batch_id` of their
    assignments. Its `Recomputation` has its own id, and the `Undo` of what one transaction moved is `part_of` it. `loans`,
    `follow_ups` and `late` count what was moved. `stayed` are the loans that were not, because they changed hands or were
    closed meanwhile; once the handover is undone, those that Undo left as they were.
    """

    __tablename__ = "handover"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)
    __table_args__ = (Index("ix_handover_at", "at"), Index("ix_handover_batch", "batch_id"))

    id: UUID = row_id()
    batch_id: UUID
    workspace_id: UUID = references("workspace")
    act: str
    from_id: UUID = references("member")
    to_id: UUID = references("member")
    by_id: UUID = references("member")
    why_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    loan_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    stayed: list[str] = Field(default_factory=list, sa_type=JSON)
    done: int = 0
    loans: int = 0
    follow_ups: int = 0
    late: int = 0
    at: datetime = instant()
