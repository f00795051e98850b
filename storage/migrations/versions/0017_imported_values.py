"""What the lender's file last said about each loan"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "imported_values",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("number_key", sa.String(), nullable=False),
        sa.Column("values_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("loan_id"),
        sa.UniqueConstraint("workspace_id", "number_key"),
    )


def downgrade() -> None:
    op.drop_table("imported_values")
