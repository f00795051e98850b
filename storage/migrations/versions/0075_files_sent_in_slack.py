"""Files sent in Slack"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0075"
down_revision: str | None = "0074"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "slack_upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.String(), nullable=False),
        sa.Column("asked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("send_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("slack_file_id", sa.String(), nullable=True),
        sa.Column("sent_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("slack_upload", schema=None) as batch_op:
        batch_op.create_index("ix_slack_upload_file", ["file_id"], unique=False)
        batch_op.create_index(
            "ix_slack_upload_send_at",
            ["send_at"],
            unique=False,
            sqlite_where=sa.text("send_at IS NOT NULL"),
            postgresql_where=sa.text("send_at IS NOT NULL"),
        )
    # Not in a batch: SQLite would rebuild the table that all others refer to.
    op.add_column(
        "workspace", sa.Column("files_in_slack", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
    )


def downgrade() -> None:
    op.drop_column("workspace", "files_in_slack")
    op.drop_table("slack_upload")
