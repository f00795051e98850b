"""Whom other contacts were with"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0077"
down_revision: str | None = "0076"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("other_contact", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("role", sa.String(), nullable=True))
        batch_op.create_index(batch_op.f("ix_other_contact_person_id"), ["person_id"], unique=False)
        batch_op.create_foreign_key(
            "fk_other_contact_person_id",
            "related_person",
            ["person_id"],
            ["id"],
            initially="DEFERRED",
            deferrable=True,
        )


def downgrade() -> None:
    with op.batch_alter_table("other_contact", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_constraint(key_name("other_contact", "person_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_other_contact_person_id"))
        batch_op.drop_column("role")
        batch_op.drop_column("person_id")
