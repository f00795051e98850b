"""Installations of the app"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types
from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0071"
down_revision: str | None = "0070"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "install_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("browser_digest", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("state_digest"),
    )
    with op.batch_alter_table("install_state", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_install_state_made_at"), ["made_at"], unique=False)

    op.create_table(
        "slack_installation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.String(), nullable=True),
        sa.Column("is_enterprise_install", sa.Boolean(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("bot_id", sa.String(), nullable=False),
        sa.Column("bot_token_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("refresh_token_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("token_expires_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("installed_by", sa.String(), nullable=False),
        sa.Column("installed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("refresh_held_until", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("refresh_failed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id"),
    )
    with op.batch_alter_table("process", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_constraint(key_name("process", "workspace_id"), type_="foreignkey")
        batch_op.drop_column("workspace_id")
        batch_op.create_unique_constraint("process_kind_name_key", ["kind", "name"])


def downgrade() -> None:
    # Which workspace its rows were of is not known any more: each start writes them again.
    op.drop_table("process")
    op.create_table(
        "process",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("incarnation", sa.Uuid(), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("started_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("beat_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("worked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "kind", "name"),
    )
    op.drop_table("slack_installation")
    with op.batch_alter_table("install_state", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_install_state_made_at"))

    op.drop_table("install_state")
