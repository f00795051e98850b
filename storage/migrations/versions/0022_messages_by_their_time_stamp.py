"""Messages by their time stamp"""

from collections.abc import Sequence

from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_notice_ts", "notice", ["ts"])


def downgrade() -> None:
    op.drop_index("ix_notice_ts", "notice")
