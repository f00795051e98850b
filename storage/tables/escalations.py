"""Escalations: what managers are to decide about a loan, until one has taken it on and resolved it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_UNRESOLVED = text("state != 'resolved' AND undone_at IS NULL")
_WAITING = text("next_level_at IS NOT NULL")
_ABOUT_FOLLOW_UP = text("follow_up_id IS NOT NULL")
_ABOUT_CALL = text("call_id IS NOT NULL")


class Escalation(Row, table=True):
    """A loan that was escalated to the managers of `about_member_id`. `kind` is a code of `desk/data/escalations.toml`.

    `by_id` is who raised it, None: a rule did, for the cause named by `rule_trigger`. `follow_up_id` is the call on which the
    member did not act, `call_id` the one whose outcome the managers hear. `state` is open, taken or resolved; `taken_by_id`
    and `taken_at` are cleared when it is handed back. `settled`: no manager resolved it, its cause is gone (the follow-up was
    acted on, the check decided about, the call corrected). `next_level_at` is when the second level hears unless a manager
    takes it on before; `level` is 2 once they were told.
    """

    __tablename__ = "escalation"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan",)
    __table_args__ = (
        Index("ix_escalation_loan", "loan_id", "raised_at"),
        Index(
            "ix_escalation_unresolved",
            "workspace_id",
            "raised_at",
            sqlite_where=_UNRESOLVED,
            postgresql_where=_UNRESOLVED,
        ),
        Index(
            "ix_escalation_follow_up", "follow_up_id", sqlite_where=_ABOUT_FOLLOW_UP, postgresql_where=_ABOUT_FOLLOW_UP
        ),
        Index("ix_escalation_call", "call_id", sqlite_where=_ABOUT_CALL, postgresql_where=_ABOUT_CALL),
        Index("ix_escalation_next_level_at", "next_level_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    kind: str
    about_member_id: UUID = references("member")
    by_id: UUID | None = references("member", nullable=True)
    rule_trigger: str | None = None
    follow_up_id: UUID | None = references("follow_up", nullable=True, when_gone="delete")
    call_id: UUID | None = references("call", nullable=True, when_gone="delete")
    raised_at: datetime = instant()
    note_cipher: bytes | None = maybe_cipher()
    state: str = "open"
    level: int = 1
    next_level_at: datetime | None = maybe_instant()
    taken_by_id: UUID | None = references("member", nullable=True)
    taken_at: datetime | None = maybe_instant()
    resolved_by_id: UUID | None = references("member", nullable=True)
    resolved_at: datetime | None = maybe_instant()
    resolution_cipher: bytes | None = maybe_cipher()
    settled: bool = False
    undone_at: datetime | None = maybe_instant()
    version: int = 1
