"""Late calls and arrears"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_IN_ARREARS = sa.text("unpaid_since IS NOT NULL")


def upgrade() -> None:
    op.execute("ALTER TABLE follow_up RENAME COLUMN overdue_at TO late_at")
    _replace("undo", "steps", '"overdue_at":', '"late_at":')
    _replace("notice", "facts", '"overdue":', '"late":')
    op.create_index(
        "ix_loan_arrears",
        "loan",
        ["owner_id", "unpaid_since"],
        sqlite_where=_IN_ARREARS,
        postgresql_where=_IN_ARREARS,
    )


def downgrade() -> None:
    op.drop_index("ix_loan_arrears", "loan")
    _replace("notice", "facts", '"late":', '"overdue":')
    _replace("undo", "steps", '"late_at":', '"overdue_at":')
    op.execute("ALTER TABLE follow_up RENAME COLUMN late_at TO overdue_at")


def _replace(table: str, column: str, key: str, by: str) -> None:
    """Rename a key of the JSON in a column."""
    statement = sa.text(
        f"UPDATE {table} SET {column} = CAST(replace(CAST({column} AS TEXT), :key, :by) AS JSON) "
        f"WHERE CAST({column} AS TEXT) LIKE :found"
        if op.get_bind().dialect.name == "postgresql"
        else f"UPDATE {table} SET {column} = replace({column}, :key, :by) WHERE {column} LIKE :found"
    )
    op.get_bind().execute(statement, {"key": key, "by": by, "found": f"%{key}%"})
