"""Results of verifications"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# Checks that were confirmed by a call before there were results of checks.
CONFIRMED = """
    INSERT INTO loan_check
        (id, workspace_id, loan_id, follow_up_id, call_id, purpose, state, items, by_id, at, version)
    SELECT call.id, call.workspace_id, call.loan_id, follow_up.id, call.id, follow_up.purpose, 'confirmed', '{}',
        call.caller_id, call.at, 1
    FROM call JOIN follow_up ON follow_up.id = call.follow_up_id
    WHERE call.outcome = 'confirmed' AND call.undone_at IS NULL AND follow_up.state = 'done'
        AND follow_up.purpose IN ('identity', 'income', 'employer', 'vehicle')
"""


def upgrade() -> None:
    op.create_table(
        "loan_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("notes_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("decision_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("loan_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loan_check_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_loan_check_follow_up_id"), ["follow_up_id"], unique=False)
        batch_op.create_index("ix_loan_check_loan", ["loan_id", "at"], unique=False)

    op.create_table(
        "stage_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("checks_a_day", sa.Integer(), nullable=False),
        sa.Column("required_needs", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id"),
    )
    op.execute(CONFIRMED)


def downgrade() -> None:
    op.drop_table("stage_rules")
    with op.batch_alter_table("loan_check", schema=None) as batch_op:
        batch_op.drop_index("ix_loan_check_loan")
        batch_op.drop_index(batch_op.f("ix_loan_check_follow_up_id"))
        batch_op.drop_index(batch_op.f("ix_loan_check_call_id"))

    op.drop_table("loan_check")
