"""Without times that nothing reads"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.engine.types import UtcDateTime
from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0036"
down_revision: str | None = "0035"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_column("appointment", "changed_at")

    with op.batch_alter_table("loan_terms", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_constraint(key_name("loan_terms", "decided_by_id"), type_="foreignkey")
        batch_op.drop_column("decided_at")
        batch_op.drop_column("decided_by_id")

    op.drop_index("ix_promise_settled", table_name="promise")
    op.drop_column("promise", "settled_at")


def downgrade() -> None:
    op.add_column("promise", sa.Column("settled_at", UtcDateTime(timezone=True), nullable=True))
    op.create_index("ix_promise_settled", "promise", ["workspace_id", "settled_at"], unique=False)

    with op.batch_alter_table("loan_terms", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.add_column(sa.Column("decided_by_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("decided_at", UtcDateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            key_name("loan_terms", "decided_by_id"),
            "member",
            ["decided_by_id"],
            ["id"],
            initially="DEFERRED",
            deferrable=True,
        )

    op.add_column("appointment", sa.Column("changed_at", UtcDateTime(timezone=True), nullable=True))
    op.execute("UPDATE appointment SET changed_at = made_at")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.alter_column("changed_at", existing_type=UtcDateTime(timezone=True), nullable=False)
