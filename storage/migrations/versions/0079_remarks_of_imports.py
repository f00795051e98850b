"""Remarks of imports"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0079"
down_revision: str | None = "0078"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("file_import", sa.Column("remarks_cipher", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("file_import", "remarks_cipher")
