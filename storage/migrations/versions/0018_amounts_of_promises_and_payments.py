"""Amounts of promises and payments"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amount", storage.engine.types.Money(precision=14, scale=2), nullable=True))
        batch_op.add_column(sa.Column("share", sa.String(), nullable=True))

    with op.batch_alter_table("call_correction", schema=None) as batch_op:
        batch_op.add_column(sa.Column("amount", storage.engine.types.Money(precision=14, scale=2), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("call_correction", schema=None) as batch_op:
        batch_op.drop_column("amount")

    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_column("share")
        batch_op.drop_column("amount")
