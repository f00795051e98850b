"""Notices without the count of an earlier engine"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0034"
down_revision: str | None = "0033"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_column("notice", "enqueued")


def downgrade() -> None:
    op.add_column("notice", sa.Column("enqueued", sa.Integer(), nullable=False, server_default="0"))
