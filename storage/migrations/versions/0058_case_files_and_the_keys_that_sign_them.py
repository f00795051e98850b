"""Case files and the keys that sign them"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0058"
down_revision: str | None = "0057"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("retired_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "number"),
    )
    op.create_table(
        "case_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("purpose_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("contents", sa.String(), nullable=False),
        sa.Column("asked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("build_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("built_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("case_export", schema=None) as batch_op:
        batch_op.create_index(
            "ix_case_export_build_at",
            ["build_at"],
            unique=False,
            sqlite_where=sa.text("build_at IS NOT NULL"),
            postgresql_where=sa.text("build_at IS NOT NULL"),
        )
        batch_op.create_index("ix_case_export_file", ["file_id"], unique=False)
        batch_op.create_index("ix_case_export_loan", ["loan_id"], unique=False)

    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notice_loan",
            ["about_loan_id"],
            unique=False,
            sqlite_where=sa.text("about_loan_id IS NOT NULL"),
            postgresql_where=sa.text("about_loan_id IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notice_loan",
            sqlite_where=sa.text("about_loan_id IS NOT NULL"),
            postgresql_where=sa.text("about_loan_id IS NOT NULL"),
        )

    with op.batch_alter_table("case_export", schema=None) as batch_op:
        batch_op.drop_index("ix_case_export_loan")
        batch_op.drop_index("ix_case_export_file")
        batch_op.drop_index(
            "ix_case_export_build_at",
            sqlite_where=sa.text("build_at IS NOT NULL"),
            postgresql_where=sa.text("build_at IS NOT NULL"),
        )

    op.drop_table("case_export")
    op.drop_table("signing_key")
