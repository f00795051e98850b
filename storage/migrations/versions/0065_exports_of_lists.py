"""Exports of lists"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0065"
down_revision: str | None = "0064"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "list_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("listed", sa.String(), nullable=False),
        sa.Column("about", sa.JSON(), nullable=False),
        sa.Column("words_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("asked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("build_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("built_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("loans", sa.Integer(), nullable=False),
        sa.Column("in_full", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("list_export", schema=None) as batch_op:
        batch_op.create_index("ix_list_export_asked_at", ["workspace_id", "asked_at"], unique=False)
        batch_op.create_index(
            "ix_list_export_build_at",
            ["build_at"],
            unique=False,
            sqlite_where=sa.text("build_at IS NOT NULL"),
            postgresql_where=sa.text("build_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_list_export_file",
            ["file_id"],
            unique=False,
            sqlite_where=sa.text("file_id IS NOT NULL"),
            postgresql_where=sa.text("file_id IS NOT NULL"),
        )

    op.create_table(
        "exported_loan",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("seen", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["list_export.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("export_id", "loan_id"),
    )
    with op.batch_alter_table("exported_loan", schema=None) as batch_op:
        batch_op.create_index("ix_exported_loan_loan", ["loan_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exported_loan", schema=None) as batch_op:
        batch_op.drop_index("ix_exported_loan_loan")

    op.drop_table("exported_loan")
    with op.batch_alter_table("list_export", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_list_export_file",
            sqlite_where=sa.text("file_id IS NOT NULL"),
            postgresql_where=sa.text("file_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_list_export_build_at",
            sqlite_where=sa.text("build_at IS NOT NULL"),
            postgresql_where=sa.text("build_at IS NOT NULL"),
        )
        batch_op.drop_index("ix_list_export_asked_at")

    op.drop_table("list_export")
