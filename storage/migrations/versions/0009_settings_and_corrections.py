"""What members choose for themselves; corrected calls"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from alembic import op

import storage.engine.types
from storage.engine.types import new_id

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("member", sa.Column("language", sa.String(), nullable=True))
    op.create_table(
        "call_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("note_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_call_correction_call", "call_correction", ["call_id", "at"])
    _remake_team_managers()


def _remake_team_managers() -> None:
    """With an id and a version each, so that a change of them can be taken back."""
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT team_id, member_id, workspace_id FROM team_manager")).all()
    op.drop_table("team_manager")
    table = op.create_table(
        "team_manager",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("removed_at", storage.engine.types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("team_id", "member_id"),
    )
    op.create_index(op.f("ix_team_manager_member_id"), "team_manager", ["member_id"])
    rows = [
        {"id": new_id(), "team_id": _id(team), "member_id": _id(member), "workspace_id": _id(workspace), "version": 1}
        for team, member, workspace in known
    ]
    if rows:
        op.bulk_insert(table, rows)


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def downgrade() -> None:
    op.drop_table("call_correction")
    connection = op.get_bind()
    present = sa.text("SELECT team_id, member_id, workspace_id FROM team_manager WHERE removed_at IS NULL")
    known = connection.execute(present).all()
    op.drop_table("team_manager")
    table = op.create_table(
        "team_manager",
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("team_id", "member_id"),
    )
    names = ("team_id", "member_id", "workspace_id")
    if known:
        op.bulk_insert(table, [dict(zip(names, map(_id, row), strict=True)) for row in known])
    op.drop_column("member", "language")
