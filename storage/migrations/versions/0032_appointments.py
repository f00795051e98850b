"""Appointments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("place_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("link_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("follow_up_id", sa.Uuid(), nullable=True),
        sa.Column("remind_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_appointment_follow_up_id"), ["follow_up_id"], unique=False)
        batch_op.create_index("ix_appointment_loan", ["loan_id", "at"], unique=False)
        batch_op.create_index(
            "ix_appointment_member",
            ["member_id", "at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'confirmed')"),
            postgresql_where=sa.text("state IN ('planned', 'confirmed')"),
        )
        batch_op.create_index(
            "ix_appointment_open_loan",
            ["loan_id", "at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'confirmed')"),
            postgresql_where=sa.text("state IN ('planned', 'confirmed')"),
        )
        batch_op.create_index(
            "ix_appointment_remind_at",
            ["remind_at"],
            unique=False,
            sqlite_where=sa.text("remind_at IS NOT NULL"),
            postgresql_where=sa.text("remind_at IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_appointment_remind_at",
            sqlite_where=sa.text("remind_at IS NOT NULL"),
            postgresql_where=sa.text("remind_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_appointment_open_loan",
            sqlite_where=sa.text("state IN ('planned', 'confirmed')"),
            postgresql_where=sa.text("state IN ('planned', 'confirmed')"),
        )
        batch_op.drop_index(
            "ix_appointment_member",
            sqlite_where=sa.text("state IN ('planned', 'confirmed')"),
            postgresql_where=sa.text("state IN ('planned', 'confirmed')"),
        )
        batch_op.drop_index("ix_appointment_loan")
        batch_op.drop_index(batch_op.f("ix_appointment_follow_up_id"))

    op.drop_table("appointment")
