"""Search entries by digest"""

from collections.abc import Sequence

from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_NAMED_BY_COLUMN = {"fk": "fk_%(table_name)s_%(column_0_name)s"}
"""SQLite gives its keys no names."""


def upgrade() -> None:
    with op.batch_alter_table("search_term", schema=None, naming_convention=_NAMED_BY_COLUMN) as batch_op:
        batch_op.drop_index("ix_search_term_digest")
        batch_op.drop_constraint(_key(), type_="foreignkey")
        batch_op.create_index("ix_search_term_digest", ["digest"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("search_term", schema=None) as batch_op:
        batch_op.drop_index("ix_search_term_digest")
        batch_op.create_foreign_key(
            _key(), "workspace", ["workspace_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.create_index("ix_search_term_digest", ["workspace_id", "digest"], unique=False)


def _key() -> str:
    """Return the name of the key on the workspace."""
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    return "search_term_workspace_id_fkey" if is_postgresql else "fk_search_term_workspace_id"
