"""How a loan is repaid: its schedule, payments, promises, and pauses."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.engine.types import Money
from storage.tables.columns import instant, maybe_instant, money, references, row_id, updated

_OPEN = text("state = 'open'")


class RepaymentSchedule(Row, table=True):
    """A schedule of a loan. The one that applies is neither replaced nor undone.

    `source` is `lender` (given) or `computed`. `settled_through`: instalments due until then were paid before the desk kept
    payments. `counts`: days past due are counted from the payments kept here; otherwise only the lender says what is unpaid.
    """

    __tablename__ = "repayment_schedule"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_repayment_schedule_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    source: str
    counts: bool = True
    grace_days: int = 0
    settled_through: date | None = None
    by_id: UUID | None = references("member", nullable=True)
    at: datetime = instant()
    replaced_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class Instalment(Row, table=True):
    """A row of a schedule, in the loan's currency. A lender may give the amount alone."""

    __tablename__ = "instalment"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (UniqueConstraint("schedule_id", "number"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan", index=True)
    schedule_id: UUID = references("repayment_schedule")
    number: int
    due_on: date
    amount: Decimal = Field(sa_type=Money)
    principal: Decimal | None = money()
    interest: Decimal | None = money()


class Payment(Row, table=True):
    """Money that the borrower paid, in the loan's currency. `source` is `call`, `form`, `import` or `api`.

    `reference` is the lender's name for it, `reversal_reference` that of its reversal: by them a file that comes twice is known.
    """

    __tablename__ = "payment"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_payment_loan", "loan_id", "paid_on"),
        Index("ux_payment_reference", "loan_id", "reference", unique=True),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    paid_on: date
    amount: Decimal = Field(sa_type=Money)
    source: str
    reference: str | None = None
    reversal_reference: str | None = None
    call_id: UUID | None = references("call", nullable=True, index=True, when_gone="clear")
    by_id: UUID | None = references("member", nullable=True)
    at: datetime = instant()
    reversed_at: datetime | None = maybe_instant()
    reversed_by_id: UUID | None = references("member", nullable=True)
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class Promise(Row, table=True):
    """A promise to pay, made in a call. `state` is open, kept, partly_kept or broken; `amount` None: none was named."""

    __tablename__ = "promise"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_promise_page", "workspace_id", "id"),
        Index("ix_promise_updated", "workspace_id", "updated_at", "id"),
        Index("ix_promise_loan", "loan_id", "at"),
        Index("ix_promise_due", "workspace_id", "due_on"),
        Index("ix_promise_open", "workspace_id", "due_on", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    call_id: UUID = references("call", unique=True)
    amount: Decimal | None = money()
    due_on: date
    state: str = "open"
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    updated_at: datetime | None = updated()
    version: int = 1


class RepaymentPause(Row, table=True):
    """Days on which nobody asks for instalments and none is past due, `ends_on` not counted. `kind` is `extension`, `holiday`
    or `hardship`; `ended_at` is when a member ended it early, on the day that is then its end."""

    __tablename__ = "repayment_pause"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_repayment_pause_loan", "loan_id", "starts_on"),
        Index("ix_repayment_pause_end", "workspace_id", "ends_on"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    kind: str
    starts_on: date
    ends_on: date
    reason_cipher: bytes = Field(sa_type=LargeBinary)
    by_id: UUID = references("member")
    at: datetime = instant()
    ended_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1
