"""Members asked by index"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.create_index(
            "ix_follow_up_open",
            ["workspace_id", "late_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_loan_unpaid",
            ["workspace_id", "unpaid_since"],
            unique=False,
            sqlite_where=sa.text("unpaid_since IS NOT NULL"),
            postgresql_where=sa.text("unpaid_since IS NOT NULL"),
        )

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_member_away",
            ["workspace_id", "team_id"],
            unique=False,
            sqlite_where=sa.text("absent_until IS NOT NULL OR account_lost_at IS NOT NULL"),
            postgresql_where=sa.text("absent_until IS NOT NULL OR account_lost_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_member_cover",
            ["cover_id"],
            unique=False,
            sqlite_where=sa.text("cover_id IS NOT NULL"),
            postgresql_where=sa.text("cover_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_member_reminder_channel",
            ["reminder_channel_id"],
            unique=False,
            sqlite_where=sa.text("reminder_channel_id IS NOT NULL"),
            postgresql_where=sa.text("reminder_channel_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_member_roles",
            ["workspace_id", "roles"],
            unique=False,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_member_team",
            ["workspace_id", "team_id", "slack_user_id"],
            unique=False,
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_member_team", sqlite_where=sa.text("removed_at IS NULL"), postgresql_where=sa.text("removed_at IS NULL")
        )
        batch_op.drop_index(
            "ix_member_roles",
            sqlite_where=sa.text("removed_at IS NULL"),
            postgresql_where=sa.text("removed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_member_reminder_channel",
            sqlite_where=sa.text("reminder_channel_id IS NOT NULL"),
            postgresql_where=sa.text("reminder_channel_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_member_cover",
            sqlite_where=sa.text("cover_id IS NOT NULL"),
            postgresql_where=sa.text("cover_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_member_away",
            sqlite_where=sa.text("absent_until IS NOT NULL OR account_lost_at IS NOT NULL"),
            postgresql_where=sa.text("absent_until IS NOT NULL OR account_lost_at IS NOT NULL"),
        )

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_loan_unpaid",
            sqlite_where=sa.text("unpaid_since IS NOT NULL"),
            postgresql_where=sa.text("unpaid_since IS NOT NULL"),
        )

    with op.batch_alter_table("follow_up", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_follow_up_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
