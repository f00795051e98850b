"""The daily look at loans"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0040"
down_revision: str | None = "0039"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "daily_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("daily_look", schema=None) as batch_op:
        batch_op.create_index("ix_daily_look_day", ["workspace_id", "looked_on"], unique=False)

    op.create_table(
        "replanning",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("loan_id"),
    )
    with op.batch_alter_table("replanning", schema=None) as batch_op:
        batch_op.create_index("ix_replanning_requested", ["workspace_id", "requested_at"], unique=False)

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.create_index(
            "ix_loan_due_day",
            ["workspace_id", "due_day"],
            unique=False,
            sqlite_where=sa.text("stage = 'disbursed' AND next_instalment_on IS NULL"),
            postgresql_where=sa.text("stage = 'disbursed' AND next_instalment_on IS NULL"),
        )

    with op.batch_alter_table("repayment_pause", schema=None) as batch_op:
        batch_op.create_index("ix_repayment_pause_end", ["workspace_id", "ends_on"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("repayment_pause", schema=None) as batch_op:
        batch_op.drop_index("ix_repayment_pause_end")

    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_loan_due_day",
            sqlite_where=sa.text("stage = 'disbursed' AND next_instalment_on IS NULL"),
            postgresql_where=sa.text("stage = 'disbursed' AND next_instalment_on IS NULL"),
        )

    with op.batch_alter_table("replanning", schema=None) as batch_op:
        batch_op.drop_index("ix_replanning_requested")

    op.drop_table("replanning")
    with op.batch_alter_table("daily_look", schema=None) as batch_op:
        batch_op.drop_index("ix_daily_look_day")

    op.drop_table("daily_look")
