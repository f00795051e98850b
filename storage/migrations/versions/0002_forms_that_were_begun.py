"""Forms that were begun are kept; calls have a length"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("draft", sa.Column("form", sa.String(), nullable=True))
    op.create_index("ix_draft_form", "draft", ["member_id", "form"], unique=True)
    op.add_column("call", sa.Column("minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("call", "minutes")
    op.drop_index("ix_draft_form", table_name="draft")
    op.drop_column("draft", "form")
