"""Exports of the data of one person"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0063"
down_revision: str | None = "0062"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("case_export", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("subjects", sa.String(), server_default="", nullable=False))
        batch_op.create_index("ix_case_export_request", ["request_id"], unique=False)
        batch_op.create_foreign_key(
            "fk_case_export_request_id", "person_request", ["request_id"], ["id"], initially="DEFERRED", deferrable=True
        )


def downgrade() -> None:
    with op.batch_alter_table("case_export", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_constraint(key_name("case_export", "request_id"), type_="foreignkey")
        batch_op.drop_index("ix_case_export_request")
        batch_op.drop_column("subjects")
        batch_op.drop_column("request_id")
