"""Tables and charts that Slack refused"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("workspace", sa.Column("native_refused_at", storage.engine.types.UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("workspace", "native_refused_at")
