"""When the rows were restored, and from when the backup is"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("workspace") as table:
        table.add_column(sa.Column("restored_from", storage.engine.types.UtcDateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("restored_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("workspace") as table:
        table.drop_column("restored_at")
        table.drop_column("restored_from")
