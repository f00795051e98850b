"""Workspaces, teams, members and their working times, and access requests."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import counter, instant, maybe_instant, references, row_id

SERVICE_ID = "api:"
"""How the Slack id of a program begins that acts with a token; its name follows."""

_PRESENT = text("removed_at IS NULL")
_AWAY = text("absent_until IS NOT NULL OR account_lost_at IS NOT NULL")
_AHEAD = text("ended_at IS NULL AND undone_at IS NULL")
_COVERED = text("cover_id IS NOT NULL")
_WITH_PHONE = text("extension IS NOT NULL")
_WITH_CHANNEL = text("reminder_channel_id IS NOT NULL")


class Workspace(Row, table=True):
    """One Slack team in which the desk is installed, with its zone, calendar and contact hours.

    `native_refused_at` is when Slack last refused a table or chart there, `entities_refused_at` a Work Object. `work_objects` is
    whether links to loans are shown as such. `managers_see_all` is whether managers see the loans of all
    teams, not of theirs alone; `callers_see_unowned` whether members of a team who make calls see loans of nobody.
    `files_in_slack` is whether members may have lists and case files sent to them as files in Slack.
    `app_manifest` has the names of commands, shortcuts, scopes and events in the app manifest of which the admins were last
    told, at `app_manifest_at`; None if they were told of none since the installation.
    `restored_from` is when the backup of the rows was taken, `restored_at` when it was restored; the rows do not know what
    was sent in between. `looked_at` is when the nightly look at the accounts and channels last began.
    `phone_calls_at` is when the phone system last reported a call, to the hour.
    `payments_at` is when a file of the lender's payments last reached the desk.
    `release` is the number of the release of which the members were told last (0: one before the first that tells).
    `cadence` has the numbers of rules that a manager replaced, by rule and name; 0 and 1 for `enabled`.
    `contact_rules` has the chosen packs of contact rules: `workspace` and the ids of teams, each with `packs`, `role` and
    `raised`; `loans` and `states` once a loan has packs or a state of its own.
    `webhooks` has the types of events that an endpoint wants, None if there is none: no other is written.
    """

    __tablename__ = "workspace"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __owner__ = "id"

    id: UUID = row_id()
    slack_team_id: str = Field(unique=True)
    name: str = ""
    bot_user_id: str = ""
    zone: str = "Asia/Shanghai"
    locale: str = "zh-CN"
    country: str | None = "CN"
    currency: str = "CNY"
    contact_start: time = time(8)
    contact_end: time = time(22)
    escalate_after_minutes: int = 240
    next_loan_number: int = counter()
    native_refused_at: datetime | None = maybe_instant()
    work_objects: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    managers_see_all: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    callers_see_unowned: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    files_in_slack: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    entities_refused_at: datetime | None = maybe_instant()
    app_manifest: dict[str, list[str]] | None = Field(default=None, sa_type=JSON(none_as_null=True))  # pyright: ignore[reportArgumentType]
    app_manifest_at: datetime | None = maybe_instant()
    restored_from: datetime | None = maybe_instant()
    restored_at: datetime | None = maybe_instant()
    looked_at: datetime | None = maybe_instant()
    payments_at: datetime | None = maybe_instant()
    phone_calls_at: datetime | None = maybe_instant()
    release: int = Field(default=0, sa_column_kwargs={"server_default": "0", "info": {"restored": False}})
    cadence: dict[str, dict[str, int]] | None = Field(default=None, sa_type=JSON(none_as_null=True))  # pyright: ignore[reportArgumentType]
    contact_rules: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    webhooks: list[str] | None = Field(
        default=None,
        sa_type=JSON(none_as_null=True),  # pyright: ignore[reportArgumentType]
        sa_column_kwargs={"info": {"restored": False}},
    )
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    created_at: datetime = instant()


class Team(Row, table=True):
    """A team of members, with the channel where its managers get escalations.

    `language` (`zh`, `en`) is the language of that channel; None: the workspace's. `channel_lost_at` is when the desk stopped
    writing there, because others could read it or nobody could; its messages go to each manager until another is set.
    """

    __tablename__ = "team"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (UniqueConstraint("workspace_id", "name_key"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    name: str
    name_key: str
    manager_channel_id: str | None = None
    channel_lost_at: datetime | None = maybe_instant()
    language: str | None = None
    version: int = 1
    created_at: datetime = instant()


class Member(Row, table=True):
    """A person at the desk, or a program that acts there with a token (`kind` person or service). `roles` are codes joined by
    blanks, a program's are the scopes of its tokens; its Slack id is `api:` and its name, which is no user's. `working_days` has
    0 for Monday, e.g. `01234`.

    `digest_time` None means no digest. `absent_from` and `absent_until` are the first and last day of
    the present absence, or else of the next one (further ones are `PlannedAbsence` rows); `absence_begins_at` is when the desk
    is to hand the calls to the cover, None once it has. `removed_at` ends the membership; the
    row stays, because calls and audit entries name it. `channel_lost_at` is when the reminder channel failed; messages go
    to the member directly until another is set. `locale` is Slack's, `language` (`zh`, `en`) what the member chose instead.
    `extension` is their phone's number in the lender's phone system.
    `account_lost_at` is when the desk learned that their Slack account was deactivated or is a guest's (`account_lost_why`:
    `deactivated`, `guest`): they may not use the desk, and their cover or manager acts for them.
    """

    __tablename__ = "member"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("member",)
    __table_args__ = (
        UniqueConstraint("workspace_id", "slack_user_id"),
        Index("ix_member_roles", "workspace_id", "roles", sqlite_where=_PRESENT, postgresql_where=_PRESENT),
        Index(
            "ix_member_team",
            "workspace_id",
            "team_id",
            "slack_user_id",
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
        Index("ix_member_away", "workspace_id", "team_id", sqlite_where=_AWAY, postgresql_where=_AWAY),
        Index("ix_member_extension", "extension", sqlite_where=_WITH_PHONE, postgresql_where=_WITH_PHONE),
        Index("ix_member_cover", "cover_id", sqlite_where=_COVERED, postgresql_where=_COVERED),
        Index(
            "ix_member_reminder_channel",
            "reminder_channel_id",
            sqlite_where=_WITH_CHANNEL,
            postgresql_where=_WITH_CHANNEL,
        ),
        Index(
            "ix_member_next_digest_at",
            "next_digest_at",
            sqlite_where=text("next_digest_at IS NOT NULL"),
            postgresql_where=text("next_digest_at IS NOT NULL"),
        ),
        Index(
            "ix_member_absence_begins_at",
            "absence_begins_at",
            sqlite_where=text("absence_begins_at IS NOT NULL"),
            postgresql_where=text("absence_begins_at IS NOT NULL"),
        ),
        Index(
            "ix_member_absent_until",
            "absent_until",
            sqlite_where=text("absent_until IS NOT NULL"),
            postgresql_where=text("absent_until IS NOT NULL"),
        ),
        Index(
            "ix_member_account_lost_at",
            "account_lost_at",
            sqlite_where=text("account_lost_at IS NOT NULL"),
            postgresql_where=text("account_lost_at IS NOT NULL"),
        ),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    slack_user_id: str
    kind: str = Field(default="person", sa_column_kwargs={"server_default": "person"})
    name: str
    name_key: str = Field(index=True)
    email: str | None = None
    extension: str | None = None
    roles: str
    team_id: UUID | None = references("team", nullable=True, index=True)
    reminder_channel_id: str | None = None
    channel_lost_at: datetime | None = maybe_instant()
    zone: str
    locale: str
    language: str | None = None
    digest_time: time | None = time(8, 30)
    next_digest_at: datetime | None = maybe_instant()
    work_start: time = time(9)
    work_end: time = time(18)
    working_days: str = "01234"
    absent_from: date | None = None
    absent_until: date | None = None
    absence_begins_at: datetime | None = maybe_instant()
    cover_id: UUID | None = references("member", nullable=True)
    account_lost_at: datetime | None = maybe_instant()
    account_lost_why: str | None = None
    removed_at: datetime | None = maybe_instant()
    version: int = 1
    created_at: datetime = instant()


class PlannedAbsence(Row, table=True):
    """An absence of a member after the one in their row. `ended_at` is when it was cancelled, or became the one in their row."""

    __tablename__ = "planned_absence"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("member",)
    __table_args__ = (
        Index("ix_planned_absence_member", "member_id", "absent_from", sqlite_where=_AHEAD, postgresql_where=_AHEAD),
    )

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    member_id: UUID = references("member")
    absent_from: date
    absent_until: date
    cover_id: UUID | None = references("member", nullable=True)
    made_at: datetime = instant()
    ended_at: datetime | None = maybe_instant()
    undone_at: datetime | None = maybe_instant()
    version: int = 1


class TeamManager(Row, table=True):
    """A manager of a team, which may have several. `removed_at` ends it."""

    __tablename__ = "team_manager"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (UniqueConstraint("team_id", "member_id"),)

    id: UUID = row_id()
    team_id: UUID = references("team")
    member_id: UUID = references("member", index=True)
    workspace_id: UUID = references("workspace")
    removed_at: datetime | None = maybe_instant()
    version: int = 1


class CalendarOverride(Row, table=True):
    """A working day or day off of the workspace's own, which overrides the public calendar."""

    __tablename__ = "calendar_override"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)
    __table_args__ = (UniqueConstraint("workspace_id", "day"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    day: date
    working: bool
    name: str = ""
    version: int = 1


class AccessRequest(Row, table=True):
    """A request for access by a person who is no member; one per person and local day of the workspace.

    `state` is open, granted or declined; `roles` are the granted roles, codes joined by blanks. Name, zone and locale are
    as Slack gave them then.
    """

    __tablename__ = "access_request"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("access_request",)
    __table_args__ = (UniqueConstraint("workspace_id", "slack_user_id", "asked_on"),)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace")
    slack_user_id: str
    name: str
    locale: str
    zone: str
    asked_on: date
    asked_at: datetime = instant()
    state: str = "open"
    roles: str = ""
    decided_by_id: UUID | None = references("member", nullable=True)
    decided_at: datetime | None = maybe_instant()
