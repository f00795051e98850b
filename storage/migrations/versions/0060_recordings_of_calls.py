"""Recordings of calls"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0060"
down_revision: str | None = "0059"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("link_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ready_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("discarded_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("discarded_by_id", sa.Uuid(), nullable=True),
        sa.Column("discarded_why_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["added_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["discarded_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index("ix_recording_call", ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recording_file_id"), ["file_id"], unique=False)
        batch_op.create_index("ix_recording_loan", ["loan_id", "at"], unique=False)

    op.create_table(
        "recording_play",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("recording_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("recording_play", schema=None) as batch_op:
        batch_op.create_index("ix_recording_play_recording", ["recording_id", "at"], unique=False)

    op.add_column("file_link", sa.Column("session_digest", sa.LargeBinary(), nullable=True))
    op.add_column("stored_file", sa.Column("seconds", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("stored_file", "seconds")
    op.drop_column("file_link", "session_digest")

    with op.batch_alter_table("recording_play", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_play_recording")

    op.drop_table("recording_play")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index("ix_recording_loan")
        batch_op.drop_index(batch_op.f("ix_recording_file_id"))
        batch_op.drop_index("ix_recording_call")

    op.drop_table("recording")
