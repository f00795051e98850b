"""Imports of files"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0069"
down_revision: str | None = "0068"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "file_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("operator", sa.String(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("why_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("sheet", sa.String(), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("sample_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("good_rows", sa.Boolean(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("made_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("checked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("started_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("held_until", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lease", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("file_import", schema=None) as batch_op:
        batch_op.create_index(
            "ix_file_import_at_work",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state IN ('read', 'running')"),
            postgresql_where=sa.text("state IN ('read', 'running')"),
        )
        batch_op.create_index("ix_file_import_file", ["file_id"], unique=False)
        batch_op.create_index("ix_file_import_made_at", ["workspace_id", "made_at"], unique=False)
        batch_op.create_index("ix_file_import_sha256", ["workspace_id", "sha256"], unique=False)

    op.create_table(
        "import_refusal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reasons_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("cells_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["file_import.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.create_index("ix_import_refusal_at", ["workspace_id", "at"], unique=False)
        batch_op.create_index("ix_import_refusal_import", ["import_id", "line"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("import_refusal", schema=None) as batch_op:
        batch_op.drop_index("ix_import_refusal_import")
        batch_op.drop_index("ix_import_refusal_at")

    op.drop_table("import_refusal")
    with op.batch_alter_table("file_import", schema=None) as batch_op:
        batch_op.drop_index("ix_file_import_sha256")
        batch_op.drop_index("ix_file_import_made_at")
        batch_op.drop_index("ix_file_import_file")
        batch_op.drop_index(
            "ix_file_import_at_work",
            sqlite_where=sa.text("state IN ('read', 'running')"),
            postgresql_where=sa.text("state IN ('read', 'running')"),
        )

    op.drop_table("file_import")
