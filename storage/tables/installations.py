"""Where the Slack app is installed: its tokens, and the installations that have begun in a browser."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field

from storage.engine.rows import Row
from storage.tables.columns import instant, maybe_cipher, maybe_instant, references, row_id


class SlackInstallation(Row, table=True):
    """The app as it is installed in the Slack team of a workspace, or in a whole organisation (`is_enterprise_install`), which is
    one workspace. A workspace without such a row is served with the token of the settings.

    `scopes` are joined by commas. `installed_by` is a Slack id. A token with `token_expires_at` is replaced with
    `refresh_token_cipher`, which works once: the process that does so holds the row until `refresh_held_until`.
    `refresh_failed_at` is since when Slack refuses to; only another installation helps. `ended_at` is when Slack said that the
    app was removed (`ended_why`): nothing is sent any more, and the workspace's rows stay.
    """

    __tablename__ = "slack_installation"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("setting",)

    id: UUID = row_id()
    workspace_id: UUID = references("workspace", unique=True)
    enterprise_id: str | None = None
    is_enterprise_install: bool = False
    app_id: str
    bot_id: str
    bot_token_cipher: bytes = Field(sa_type=LargeBinary)
    refresh_token_cipher: bytes | None = maybe_cipher()
    token_expires_at: datetime | None = maybe_instant()
    scopes: str
    installed_by: str
    installed_at: datetime = instant()
    refresh_held_until: datetime | None = maybe_instant()
    refresh_failed_at: datetime | None = maybe_instant()
    ended_at: datetime | None = maybe_instant()
    ended_why: str | None = None


class InstallState(Row, table=True):
    """An installation that has begun: the digest of the state that Slack sends back, and of the cookie of the browser.

    It is of no workspace yet, and deleted when it is used or too old.
    """

    __tablename__ = "install_state"  # pyright: ignore[reportAssignmentType]
    __retained__ = ("short",)

    id: UUID = row_id()
    state_digest: bytes = Field(sa_type=LargeBinary, unique=True)
    browser_digest: bytes = Field(sa_type=LargeBinary)
    made_at: datetime = instant(index=True)
