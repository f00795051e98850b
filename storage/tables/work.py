"""Calls, follow-ups, and requested documents."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import index_where_set, instant, maybe_instant, money, references, row_id, updated

_OPEN = text("state = 'open'")
_TO_REMIND = text("remind_at IS NOT NULL")
_WITH_LINE = text("line_digest IS NOT NULL")
_TO_ESCALATE = text("escalate_at IS NOT NULL")


class FollowUp(Row, table=True):
    """A planned call. `state` is open, done, cancelled, ended (with its loan) or undone.

    `due_on` is the date in the assignee's zone; `due_at` None means the date alone; `planned_at` is when that was agreed.
    `late_at` is the instant after which it is late (`due_at`, or the end of that workday), and the order of
    urgency. `remind_at` and `escalate_at` are when the desk reminds and escalates next, None when it has done so or need
    not. `announced_for` is the instant for which the last reminder was sent, `holds` how often its
    escalation was held since: who acts is on it. `instalment_on` is the instalment that a
    repayment follow-up is about.

    `rule` is the rule that planned it, None once a member has moved it. `rule_trigger` stays: the rule and what it was
    planned for (a stage's time, an instalment, an appointment, a finished follow-up), so that it is planned once.
    """

    __tablename__ = "follow_up"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        UniqueConstraint("loan_id", "number"),
        Index("ix_follow_up_page", "workspace_id", "id"),
        Index("ix_follow_up_updated", "workspace_id", "updated_at", "id"),
        Index("ix_follow_up_open_assignee", "assignee_id", "late_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_follow_up_open_loan", "loan_id", "late_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_follow_up_open", "workspace_id", "late_at", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_follow_up_closed_by", "closed_by_id", "closed_at"),
        Index("ix_follow_up_remind_at", "remind_at", sqlite_where=_TO_REMIND, postgresql_where=_TO_REMIND),
        Index("ix_follow_up_escalate_at", "escalate_at", sqlite_where=_TO_ESCALATE, postgresql_where=_TO_ESCALATE),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    number: int
    purpose: str
    assignee_id: UUID = references("member")
    due_on: date
    due_at: datetime | None = maybe_instant()
    late_at: datetime = instant()
    remind_at: datetime | None = maybe_instant()
    announced_for: datetime | None = maybe_instant()
    announced_at: datetime | None = maybe_instant()
    escalate_at: datetime | None = maybe_instant()
    escalated_at: datetime | None = maybe_instant()
    snoozes: int = 0
    snoozed_until: datetime | None = maybe_instant()
    holds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempts: int = 0
    state: str = "open"
    rule: str | None = None
    rule_trigger: str | None = None
    instalment_on: date | None = None
    note_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    created_by_id: UUID | None = references("member", nullable=True)
    created_at: datetime = instant()
    planned_at: datetime = instant()
    closed_at: datetime | None = maybe_instant()
    closed_by_id: UUID | None = references("member", nullable=True)
    closed_why_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    updated_at: datetime | None = updated()
    version: int = 1


class Call(Row, table=True):
    """A conversation or attempt that happened; `minutes` is its length, if reported.

    `amount` is what was promised or paid, in the loan's currency. `share` says what a payment of that amount covers: `whole`
    or `part` of the instalment, or `asked` until the caller has answered.
    """

    __tablename__ = "call"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "words")
    __table_args__ = (
        Index("ix_call_page", "workspace_id", "id"),
        Index("ix_call_updated", "workspace_id", "updated_at", "id"),
        Index("ix_call_loan", "loan_id", "at"),
        Index("ix_call_caller", "caller_id", "at"),
        Index("ix_call_line_digest", "at", sqlite_where=_WITH_LINE, postgresql_where=_WITH_LINE),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    follow_up_id: UUID | None = references("follow_up", nullable=True, index=True)
    caller_id: UUID = references("member")
    outcome: str
    purpose: str | None = None
    minutes: int | None = None
    amount: Decimal | None = money()
    share: str | None = None
    note_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    line_digest: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    updated_at: datetime | None = updated()
    version: int = 1


class PlaybookVersion(Row, table=True):
    """A manager's version of a playbook, the latest that was not undone counts. `number` counts from 1; 0 is the release's own.

    `scripts` has the parts of its script by the code of the language.
    """

    __tablename__ = "playbook_version"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (UniqueConstraint("workspace_id", "code", "number"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    code: str
    number: int
    scripts: dict[str, Any] = Field(sa_type=JSON)
    by_id: UUID = references("member")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class PlaybookShown(Row, table=True):
    """That a member was shown a playbook for a loan, and which version: what a call that follows was made with."""

    __tablename__ = "playbook_shown"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (Index("ix_playbook_shown_loan", "loan_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    member_id: UUID = references("member")
    code: str
    number: int
    at: datetime = instant()


class CallCorrection(Row, table=True):
    """The outcome, length, amount and note of a call before a correction, and whom it then said it reached: a role, and the
    related person, if the desk knows them; neither for the borrower."""

    __tablename__ = "call_correction"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "words")
    __table_args__ = (Index("ix_call_correction_call", "call_id", "at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    call_id: UUID = references("call")
    by_id: UUID = references("member")
    outcome: str
    minutes: int | None = None
    amount: Decimal | None = money()
    note_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    role: str | None = None
    person_id: UUID | None = references("related_person", nullable=True, index=True, when_gone="clear")
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


_EXPIRES = text("valid_until IS NOT NULL AND expiry_seen_at IS NULL")


class DocumentRequest(Row, table=True):
    """Documents requested together. `follow_up_id` is the planned call that asks for them."""

    __tablename__ = "document_request"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_document_request_loan", "loan_id"),
        index_where_set("ix_document_request_follow_up", "follow_up_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    requested_by_id: UUID = references("member")
    follow_up_id: UUID | None = references("follow_up", nullable=True)
    due_on: date | None = None
    due_at: datetime | None = maybe_instant()
    created_at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class DocumentItem(Row, table=True):
    """One document of a request. `state` is requested, received, accepted, rejected, cancelled, ended or undone.

    `words_cipher` names a document of the code `other`; `reason_cipher` says why it was rejected; `valid_until` is its last day.
    `expiry_seen_at` is when the desk saw that this day comes, and asked for a new one if the loan needs it.
    """

    __tablename__ = "document_item"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_document_item_page", "workspace_id", "id"),
        Index("ix_document_item_updated", "workspace_id", "updated_at", "id"),
        Index("ix_document_item_loan", "loan_id", "state"),
        Index(
            "ix_document_item_expiry", "workspace_id", "valid_until", sqlite_where=_EXPIRES, postgresql_where=_EXPIRES
        ),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    request_id: UUID = references("document_request", index=True)
    loan_id: UUID = references("loan")
    document: str
    position: int = 0
    words_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    state: str = "requested"
    reason_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    valid_until: date | None = None
    expiry_seen_at: datetime | None = maybe_instant()
    changed_at: datetime = instant()
    changed_by_id: UUID | None = references("member", nullable=True)
    updated_at: datetime | None = updated()
    version: int = 1


class DocumentStep(Row, table=True):
    """A change of a document's state: when, by whom (None: by the desk), and why."""

    __tablename__ = "document_step"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_document_step_loan", "loan_id", "at"),
        Index("ix_document_step_item", "item_id"),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    item_id: UUID = references("document_item")
    state: str
    by_id: UUID | None = references("member", nullable=True)
    reason_cipher: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    at: datetime = instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1
