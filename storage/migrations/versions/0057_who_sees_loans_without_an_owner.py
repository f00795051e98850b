"""Who sees loans without an owner: as before in the workspaces that are there"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0057"
down_revision: str | None = "0056"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Not in a batch: SQLite would rebuild the table that all others refer to.
    op.add_column(
        "workspace", sa.Column("callers_see_unowned", sa.Boolean(), server_default=sa.text("(false)"), nullable=False)
    )
    op.execute("UPDATE workspace SET callers_see_unowned = true")


def downgrade() -> None:
    op.drop_column("workspace", "callers_see_unowned")
