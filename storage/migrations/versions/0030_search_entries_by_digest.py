"""Search entries by digest"""

from collections.abc import Sequence

from alembic import op

from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("search_term", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_index("ix_search_term_digest")
        batch_op.drop_constraint(key_name("search_term", "workspace_id"), type_="foreignkey")
        batch_op.create_index("ix_search_term_digest", ["digest"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("search_term", schema=None) as batch_op:
        batch_op.drop_index("ix_search_term_digest")
        batch_op.create_foreign_key(
            "fk_search_term_workspace_id", "workspace", ["workspace_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.create_index("ix_search_term_digest", ["workspace_id", "digest"], unique=False)
