"""References of payments and validity of documents"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0044"
down_revision: str | None = "0043"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("document_item", sa.Column("valid_until", sa.Date(), nullable=True))
    op.add_column("payment", sa.Column("reference", sa.String(), nullable=True))
    op.add_column("payment", sa.Column("reversal_reference", sa.String(), nullable=True))
    op.create_index("ux_payment_reference", "payment", ["loan_id", "reference"], unique=True)
    instant = storage.engine.types.UtcDateTime(timezone=True)
    op.add_column("workspace", sa.Column("payments_at", instant, nullable=True))


def downgrade() -> None:
    op.drop_column("workspace", "payments_at")
    op.drop_index("ux_payment_reference", table_name="payment")
    op.drop_column("payment", "reversal_reference")
    op.drop_column("payment", "reference")
    op.drop_column("document_item", "valid_until")
