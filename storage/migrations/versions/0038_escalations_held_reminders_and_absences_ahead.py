"""Escalations, held reminders and absences ahead"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0038"
down_revision: str | None = "0037"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "planned_absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("absent_from", sa.Date(), nullable=False),
        sa.Column("absent_until", sa.Date(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cover_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("planned_absence", schema=None) as batch_op:
        batch_op.create_index(
            "ix_planned_absence_member",
            ["member_id", "absent_from"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL AND undone_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND undone_at IS NULL"),
        )

    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("about_member_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("rule_trigger", sa.String(), nullable=True),
        sa.Column("raised_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("note_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("next_level_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("taken_by_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("resolution_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["about_member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["taken_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.create_index("ix_escalation_loan", ["loan_id", "raised_at"], unique=False)
        batch_op.create_index(
            "ix_escalation_next_level_at",
            ["next_level_at"],
            unique=False,
            sqlite_where=sa.text("next_level_at IS NOT NULL"),
            postgresql_where=sa.text("next_level_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_escalation_unresolved",
            ["workspace_id", "raised_at"],
            unique=False,
            sqlite_where=sa.text("state != 'resolved' AND undone_at IS NULL"),
            postgresql_where=sa.text("state != 'resolved' AND undone_at IS NULL"),
        )

    op.add_column("follow_up", sa.Column("holds", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("member", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("absence_begins_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.create_index(
            "ix_member_absence_begins_at",
            ["absence_begins_at"],
            unique=False,
            sqlite_where=sa.text("absence_begins_at IS NOT NULL"),
            postgresql_where=sa.text("absence_begins_at IS NOT NULL"),
        )


def downgrade() -> None:
    op.drop_index("ix_member_absence_begins_at", table_name="member")
    op.drop_column("member", "absence_begins_at")
    op.drop_column("follow_up", "holds")

    with op.batch_alter_table("escalation", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_escalation_unresolved",
            sqlite_where=sa.text("state != 'resolved' AND undone_at IS NULL"),
            postgresql_where=sa.text("state != 'resolved' AND undone_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_escalation_next_level_at",
            sqlite_where=sa.text("next_level_at IS NOT NULL"),
            postgresql_where=sa.text("next_level_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_escalation_loan")

    op.drop_table("escalation")
    with op.batch_alter_table("planned_absence", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_planned_absence_member",
            sqlite_where=sa.text("ended_at IS NULL AND undone_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL AND undone_at IS NULL"),
        )

    op.drop_table("planned_absence")
