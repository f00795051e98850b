"""Each step of a document; the language of a team's channel"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "document_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("reason_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["item_id"], ["document_item.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_document_step_loan", "document_step", ["loan_id", "at"])
    op.add_column("team", sa.Column("language", sa.String(), nullable=True))
    _remember("'requested'", "r.created_at", "r.requested_by_id", where="i.state <> 'undone'")
    _remember("i.state", "i.changed_at", "i.changed_by_id", where="i.state NOT IN ('undone', 'requested')")


def _remember(state: str, at: str, by: str, *, where: str) -> None:
    """What is known of the documents that were there: that each was asked for, and what it came to last."""
    new_id = "gen_random_uuid()" if op.get_bind().dialect.name == "postgresql" else "lower(hex(randomblob(16)))"
    op.execute(
        "INSERT INTO document_step (id, workspace_id, loan_id, item_id, state, by_id, at, version) "
        f"SELECT {new_id}, i.workspace_id, i.loan_id, i.id, {state}, {by}, {at}, 1 "
        f"FROM document_item i JOIN document_request r ON r.id = i.request_id WHERE {where}"
    )


def downgrade() -> None:
    op.drop_column("team", "language")
    op.drop_table("document_step")
