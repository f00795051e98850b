"""Schedules, payments, promises and pauses"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0035"
down_revision: str | None = "0034"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_SCHEDULED = sa.text("next_instalment_on IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "repayment_pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("repayment_pause", schema=None) as batch_op:
        batch_op.create_index("ix_repayment_pause_loan", ["loan_id", "starts_on"], unique=False)

    op.create_table(
        "repayment_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("settled_through", sa.Date(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("repayment_schedule", schema=None) as batch_op:
        batch_op.create_index("ix_repayment_schedule_loan", ["loan_id", "at"], unique=False)

    op.create_table(
        "instalment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("amount", storage.engine.types.Money(precision=14, scale=2), nullable=False),
        sa.Column("principal", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("interest", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["schedule_id"], ["repayment_schedule.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("schedule_id", "number"),
    )
    with op.batch_alter_table("instalment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instalment_loan_id"), ["loan_id"], unique=False)

    op.create_table(
        "payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", storage.engine.types.Money(precision=14, scale=2), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reversed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reversed_by_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["reversed_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_call_id"), ["call_id"], unique=False)
        batch_op.create_index("ix_payment_loan", ["loan_id", "paid_on"], unique=False)

    op.create_table(
        "promise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("amount", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id"),
    )
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index("ix_promise_loan", ["loan_id", "at"], unique=False)
        batch_op.create_index(
            "ix_promise_open",
            ["workspace_id", "due_on"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("ix_promise_settled", ["workspace_id", "settled_at"], unique=False)

    for column in ("next_instalment_on", "paused_from", "paused_until"):
        op.add_column("loan", sa.Column(column, sa.Date(), nullable=True))
    for name, first in (("ix_loan_next", "workspace_id"), ("ix_loan_own_next", "owner_id")):
        op.create_index(
            name,
            "loan",
            [first, "next_instalment_on"],
            sqlite_where=_SCHEDULED,
            postgresql_where=_SCHEDULED,
        )


def downgrade() -> None:
    op.drop_index("ix_loan_own_next", "loan")
    op.drop_index("ix_loan_next", "loan")
    for column in ("paused_until", "paused_from", "next_instalment_on"):
        op.execute(f"ALTER TABLE loan DROP COLUMN {column}")  # a batch would copy the whole table

    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.drop_index("ix_promise_settled")
        batch_op.drop_index(
            "ix_promise_open", sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'")
        )
        batch_op.drop_index("ix_promise_loan")

    op.drop_table("promise")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_loan")
        batch_op.drop_index(batch_op.f("ix_payment_call_id"))

    op.drop_table("payment")
    with op.batch_alter_table("instalment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instalment_loan_id"))

    op.drop_table("instalment")
    with op.batch_alter_table("repayment_schedule", schema=None) as batch_op:
        batch_op.drop_index("ix_repayment_schedule_loan")

    op.drop_table("repayment_schedule")
    with op.batch_alter_table("repayment_pause", schema=None) as batch_op:
        batch_op.drop_index("ix_repayment_pause_loan")

    op.drop_table("repayment_pause")
