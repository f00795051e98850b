"""Reservations of loans to call next"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0043"
down_revision: str | None = "0042"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "reservation",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("taken_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("returned_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("loan_id"),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reservation_follow_up_id"), ["follow_up_id"], unique=False)
        batch_op.create_index("ix_reservation_member", ["member_id", "until"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.drop_index("ix_reservation_member")
        batch_op.drop_index(batch_op.f("ix_reservation_follow_up_id"))

    op.drop_table("reservation")
