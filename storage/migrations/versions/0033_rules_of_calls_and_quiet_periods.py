"""Rules of calls and quiet periods"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0033"
down_revision: str | None = "0032"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_RENAMED = (("stage.application", "application"), ("stage.declined", "declined"))
_rule = sa.table("follow_up", sa.column("rule", sa.String()))


def upgrade() -> None:
    op.create_table(
        "cadence_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("cadence_version", schema=None) as batch_op:
        batch_op.create_index("ix_cadence_version_workspace", ["workspace_id", "at"], unique=False)

    op.create_table(
        "quiet_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("reason_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("quiet_period", schema=None) as batch_op:
        batch_op.create_index("ix_quiet_period_loan", ["loan_id", "until_on"], unique=False)
        batch_op.create_index("ix_quiet_period_until", ["workspace_id", "until_on"], unique=False)

    op.add_column("follow_up", sa.Column("rule_trigger", sa.String(), nullable=True))
    op.add_column("workspace", sa.Column("cadence", sa.JSON(none_as_null=True), nullable=True))

    for old, new in _RENAMED:
        op.execute(_rule.update().where(_rule.c.rule == old).values(rule=new))


def downgrade() -> None:
    for old, new in _RENAMED:
        op.execute(_rule.update().where(_rule.c.rule == new).values(rule=old))

    op.drop_column("workspace", "cadence")
    op.drop_column("follow_up", "rule_trigger")

    with op.batch_alter_table("quiet_period", schema=None) as batch_op:
        batch_op.drop_index("ix_quiet_period_until")
        batch_op.drop_index("ix_quiet_period_loan")

    op.drop_table("quiet_period")
    with op.batch_alter_table("cadence_version", schema=None) as batch_op:
        batch_op.drop_index("ix_cadence_version_workspace")

    op.drop_table("cadence_version")
