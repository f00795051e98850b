"""Requests of persons"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0061"
down_revision: str | None = "0060"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "person_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("law", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("proof", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("answer_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("extended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("extension_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["closed_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["person_id"], ["related_person.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.create_index("ix_person_request_due", ["workspace_id", "state", "due_on"], unique=False)
        batch_op.create_index("ix_person_request_loan", ["loan_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_person_request_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("person_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_request_person_id"))
        batch_op.drop_index("ix_person_request_loan")
        batch_op.drop_index("ix_person_request_due")

    op.drop_table("person_request")
