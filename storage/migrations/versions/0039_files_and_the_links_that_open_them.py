"""Files and the links that open them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0039"
down_revision: str | None = "0038"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("slack_file_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("blob_id", sa.Uuid(), nullable=True),
        sa.Column("key_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("document_item_id", sa.Uuid(), nullable=True),
        sa.Column("document", sa.String(), nullable=True),
        sa.Column("document_words_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("fetch_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("stored_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["document_item_id"], ["document_item.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "batch_id", "slack_file_id"),
    )
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.create_index("ix_stored_file_blob", ["blob_id"], unique=False)
        batch_op.create_index(
            "ix_stored_file_fetch_at",
            ["fetch_at"],
            unique=False,
            sqlite_where=sa.text("fetch_at IS NOT NULL"),
            postgresql_where=sa.text("fetch_at IS NOT NULL"),
        )
        batch_op.create_index("ix_stored_file_item", ["document_item_id"], unique=False)
        batch_op.create_index("ix_stored_file_loan", ["loan_id", "state"], unique=False)
        batch_op.create_index("ix_stored_file_made_at", ["workspace_id", "state", "made_at"], unique=False)
        batch_op.create_index("ix_stored_file_sha256", ["workspace_id", "sha256"], unique=False)

    op.create_table(
        "file_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("code_digest", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "token_digest"),
    )
    with op.batch_alter_table("file_link", schema=None) as batch_op:
        batch_op.create_index("ix_file_link_file", ["file_id"], unique=False)
        batch_op.create_index("ix_file_link_made_at", ["workspace_id", "made_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("file_link", schema=None) as batch_op:
        batch_op.drop_index("ix_file_link_made_at")
        batch_op.drop_index("ix_file_link_file")

    op.drop_table("file_link")
    with op.batch_alter_table("stored_file", schema=None) as batch_op:
        batch_op.drop_index("ix_stored_file_sha256")
        batch_op.drop_index("ix_stored_file_made_at")
        batch_op.drop_index("ix_stored_file_loan")
        batch_op.drop_index("ix_stored_file_item")
        batch_op.drop_index(
            "ix_stored_file_fetch_at",
            sqlite_where=sa.text("fetch_at IS NOT NULL"),
            postgresql_where=sa.text("fetch_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_stored_file_blob")

    op.drop_table("stored_file")
