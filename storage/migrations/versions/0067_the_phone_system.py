"""The phone system"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0067"
down_revision: str | None = "0066"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "phone_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("record_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("apply_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("loan_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("call_id", sa.Uuid(), nullable=True),
        sa.Column("began_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("talk_seconds", sa.Integer(), nullable=False),
        sa.Column("inbound", sa.Boolean(), nullable=False),
        sa.Column("received_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["person_id"], ["related_person.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "source", "key"),
    )
    with op.batch_alter_table("phone_call", schema=None) as batch_op:
        batch_op.create_index(
            "ix_phone_call_agent",
            ["agent_id"],
            unique=False,
            sqlite_where=sa.text("agent_id IS NOT NULL"),
            postgresql_where=sa.text("agent_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_phone_call_apply_at",
            ["apply_at"],
            unique=False,
            sqlite_where=sa.text("apply_at IS NOT NULL"),
            postgresql_where=sa.text("apply_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_phone_call_call",
            ["call_id"],
            unique=False,
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_phone_call_loan",
            ["loan_id"],
            unique=False,
            sqlite_where=sa.text("loan_id IS NOT NULL"),
            postgresql_where=sa.text("loan_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_phone_call_person",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("person_id IS NOT NULL"),
            postgresql_where=sa.text("person_id IS NOT NULL"),
        )
        batch_op.create_index("ix_phone_call_state", ["workspace_id", "state", "changed_at"], unique=False)

    op.create_table(
        "phone_ring",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("phone_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("ring_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["phone_id"], ["related_phone.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("phone_ring", schema=None) as batch_op:
        batch_op.create_index("ix_phone_ring_loan", ["loan_id"], unique=False)
        batch_op.create_index(
            "ix_phone_ring_phone",
            ["phone_id"],
            unique=False,
            sqlite_where=sa.text("phone_id IS NOT NULL"),
            postgresql_where=sa.text("phone_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_phone_ring_ring_at",
            ["ring_at"],
            unique=False,
            sqlite_where=sa.text("ring_at IS NOT NULL"),
            postgresql_where=sa.text("ring_at IS NOT NULL"),
        )

    op.add_column("member", sa.Column("extension", sa.String(), nullable=True))
    op.create_index(
        "ix_member_extension",
        "member",
        ["extension"],
        unique=False,
        sqlite_where=sa.text("extension IS NOT NULL"),
        postgresql_where=sa.text("extension IS NOT NULL"),
    )
    op.add_column(
        "workspace", sa.Column("phone_calls_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("workspace", "phone_calls_at")
    op.drop_index("ix_member_extension", "member")
    op.drop_column("member", "extension")

    with op.batch_alter_table("phone_ring", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_phone_ring_ring_at",
            sqlite_where=sa.text("ring_at IS NOT NULL"),
            postgresql_where=sa.text("ring_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_phone_ring_phone",
            sqlite_where=sa.text("phone_id IS NOT NULL"),
            postgresql_where=sa.text("phone_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_phone_ring_loan")

    op.drop_table("phone_ring")
    with op.batch_alter_table("phone_call", schema=None) as batch_op:
        batch_op.drop_index("ix_phone_call_state")
        batch_op.drop_index(
            "ix_phone_call_person",
            sqlite_where=sa.text("person_id IS NOT NULL"),
            postgresql_where=sa.text("person_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_phone_call_loan",
            sqlite_where=sa.text("loan_id IS NOT NULL"),
            postgresql_where=sa.text("loan_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_phone_call_call",
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_phone_call_apply_at",
            sqlite_where=sa.text("apply_at IS NOT NULL"),
            postgresql_where=sa.text("apply_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_phone_call_agent",
            sqlite_where=sa.text("agent_id IS NOT NULL"),
            postgresql_where=sa.text("agent_id IS NOT NULL"),
        )

    op.drop_table("phone_call")
