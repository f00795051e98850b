"""Notes on loans"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "loan_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("earlier_of_id", sa.Uuid(), nullable=True),
        sa.Column("note_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["earlier_of_id"], ["loan_note.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_loan_note_earlier_of_id", "loan_note", ["earlier_of_id"])
    op.create_index("ix_loan_note_loan", "loan_note", ["loan_id", "at"])


def downgrade() -> None:
    op.drop_table("loan_note")
