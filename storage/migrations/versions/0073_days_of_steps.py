"""Days of steps beyond calls"""

from collections.abc import Sequence

from alembic import op

revision: str = "0073"
down_revision: str | None = "0072"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index("ix_collection_step_day", "collection_step", ["workspace_id", "day"])


def downgrade() -> None:
    op.drop_index("ix_collection_step_day", table_name="collection_step")
