"""Loans as work objects"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.engine.types import UtcDateTime

revision: str = "0037"
down_revision: str | None = "0036"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "workspace", sa.Column("work_objects", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
    )
    op.add_column("workspace", sa.Column("entities_refused_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("workspace", "entities_refused_at")
    op.drop_column("workspace", "work_objects")
