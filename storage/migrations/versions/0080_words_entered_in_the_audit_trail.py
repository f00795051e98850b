"""Words entered in the audit trail"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0080"
down_revision: str | None = "0079"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NOT_ENTERED = sa.text("entered_at IS NULL")


def upgrade() -> None:
    at = sa.Column("entered_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
    op.add_column("sent_message", at)
    op.create_index(
        "ix_sent_message_not_entered",
        "sent_message",
        ["workspace_id", "id"],
        unique=False,
        sqlite_where=_NOT_ENTERED,
        postgresql_where=_NOT_ENTERED,
    )


def downgrade() -> None:
    op.drop_index("ix_sent_message_not_entered", table_name="sent_message")
    op.drop_column("sent_message", "entered_at")
