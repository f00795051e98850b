"""Messages to send, and App Homes."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id

_OWED = text("owed_from IS NOT NULL")
_ABOUT_LOAN = text("about_loan_id IS NOT NULL")
_NOT_ENTERED = text("entered_at IS NULL")


class Notice(Row, table=True):
    """One Slack message that the desk must send and keep up to date.

    `key` is unique for what the message announces (follow-up and announced instant, member and minute, member and local
    date…). `wanted` is the revision that should be shown, `sent` the one that was last sent; `owed_from` is the instant
    from which something must be sent, None when nothing must. `to_id` is the reader; without one the message goes to
    `target`, a channel. `channel_id` and `ts` say where the message was posted. `fence` counts the senders, `lease_until`
    is when the lease of the current sender ends; `tried_at` is the first attempt whose answer is unknown: after it, look for the
    message before sending it again. `dropped_at` ends a notice that need not be sent, `gave_up_at` one that cannot be.
    `shown_digest` is the HMAC of what the message shows, None when that is not certain: an update that would show the same is
    not sent.
    """

    __tablename__ = "notice"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("notice",)
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_notice_owed_from", "owed_from", sqlite_where=_OWED, postgresql_where=_OWED),
        Index("ix_notice_ts", "ts"),
        Index("ix_notice_loan", "about_loan_id", sqlite_where=_ABOUT_LOAN, postgresql_where=_ABOUT_LOAN),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    key: str
    kind: str
    urgent: bool = True
    to_id: UUID | None = references("member", nullable=True, index=True)
    target: str | None = None
    about_loan_id: UUID | None = references("loan", nullable=True, when_gone="clear")
    about_member_id: UUID | None = references("member", nullable=True)
    local_date: date | None = None
    facts: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    wanted: int = 1
    sent: int = 0
    owed_from: datetime | None = maybe_instant()
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = maybe_instant()
    tried_at: datetime | None = maybe_instant()
    channel_id: str | None = None
    ts: str | None = None
    posted_at: datetime | None = maybe_instant()
    shown_digest: str | None = None
    dropped_at: datetime | None = maybe_instant()
    gave_up_at: datetime | None = maybe_instant()
    last_error: str | None = None
    created_at: datetime = instant()


class MemberNews(Row, table=True):
    """A member who is still to be told, at `tell_at` or when they are at work next, what changed after release `since`."""

    __tablename__ = "member_news"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)
    __table_args__ = (Index("ix_member_news_tell_at", "workspace_id", "tell_at"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member", unique=True)
    since: int
    tell_at: datetime = instant()


class NoticeItem(Row, table=True):
    """A follow-up that a notice shows; when the follow-up changes, the notice is rewritten."""

    __tablename__ = "notice_item"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "notice")

    notice_id: UUID = references("notice", primary_key=True)
    follow_up_id: UUID = references("follow_up", primary_key=True, index=True)
    workspace_id: UUID = references("workspace")
    position: int = 0
    follow_up_version: int = 1


class SentMessage(Row, table=True):
    """What a version of a notice (`revision`) said of a loan, as Slack got it at `at`, and where: channel and time stamp.

    Of a message about several loans each has a row with what was said of it, and with the lines about none. Retention clears the
    words. `entered_at` is when the audit trail got their digest (`desk.core.sent_words`).
    """

    __tablename__ = "sent_message"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("loan", "notice", "words")
    __table_args__ = (
        Index("ix_sent_message_loan", "loan_id", "at"),
        Index(
            "ix_sent_message_not_entered",
            "workspace_id",
            "id",
            sqlite_where=_NOT_ENTERED,
            postgresql_where=_NOT_ENTERED,
        ),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    loan_id: UUID = references("loan")
    notice_id: UUID = references("notice", index=True)
    revision: int
    at: datetime = instant()
    channel_id: str
    ts: str
    words_cipher: bytes | None = maybe_cipher()
    entered_at: datetime | None = maybe_instant()


class DeliveryRound(Row, table=True):
    """Who sends the pending notices of a channel. `channel` is a channel's id, or a member's Slack id for direct messages.

    `number` counts the rounds. One is held until `lease_until`, None when no process sends there. `wait_until` is when the next
    may begin, because Slack asked to wait or did not answer.
    """

    __tablename__ = "delivery_round"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("running",)
    __table_args__ = (UniqueConstraint("workspace_id", "channel"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    channel: str
    number: int = 1
    lease_until: datetime | None = maybe_instant()
    wait_until: datetime | None = maybe_instant()


class Home(Row, table=True):
    """A member's App Home. For a while after it was opened, the worker checks it (`checked_at`) and publishes it again if
    `digest`, the HMAC of its content, differs. `hash` is Slack's name for the published content, `showing` the page shown.
    """

    __tablename__ = "home"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("member",)
    __table_args__ = (Index("ix_home_checked_at", "checked_at"),)

    member_id: UUID = references("member", primary_key=True)
    workspace_id: UUID = references("workspace")
    opened_at: datetime = instant()
    checked_at: datetime = instant()
    digest: bytes = Field(default=b"", sa_type=LargeBinary)
    hash: str = ""
    showing: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
