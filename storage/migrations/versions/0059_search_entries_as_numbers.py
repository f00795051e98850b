"""Search entries as numbers"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0059"
down_revision: str | None = "0058"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ON_SQLITE = " | ".join(
    f"((instr('0123456789ABCDEF', substr(hex(digest), {place}, 1)) - 1) << {64 - 4 * place})" for place in range(1, 17)
)
_ON_POSTGRESQL = "('x' || encode(substring(digest from 1 for 8), 'hex'))::bit(64)::bigint"


def upgrade() -> None:
    _to_numbers("search_term", "borrower_id", "borrower", "ix_search_term_borrower")
    _to_numbers("related_term", "person_id", "related_person", "ix_related_term_person")
    version = sa.Column("search_version", sa.Integer(), server_default=sa.text("0"), nullable=False)
    op.add_column("related_person", version)
    op.create_index(
        "ix_related_person_search_version", "related_person", ["workspace_id", "search_version", "id"], unique=False
    )


def _to_numbers(table: str, owner: str, owners: str, index: str) -> None:
    """Make the table its own index, of the first 64 bits of each digest."""
    number = _ON_SQLITE if op.get_bind().dialect.name == "sqlite" else _ON_POSTGRESQL
    op.rename_table(table, f"{table}_before")
    op.create_table(
        table,
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column(owner, sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint([owner], [f"{owners}.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("digest", owner),
        sqlite_with_rowid=False,
    )
    op.execute(f"INSERT INTO {table} (digest, {owner}) SELECT {number}, {owner} FROM {table}_before ORDER BY 1")
    op.drop_table(f"{table}_before")
    op.create_index(index, table, [owner], unique=False)


def downgrade() -> None:
    op.drop_index("ix_related_person_search_version", table_name="related_person")
    op.drop_column("related_person", "search_version")
    for table, owner, owners in (
        ("related_term", "person_id", "related_person"),
        ("search_term", "borrower_id", "borrower"),
    ):
        op.drop_table(table)
        op.create_table(
            table,
            sa.Column(owner, sa.Uuid(), nullable=False),
            sa.Column("digest", sa.LargeBinary(), nullable=False),
            sa.Column("workspace_id", sa.Uuid(), nullable=False),
            sa.ForeignKeyConstraint([owner], [f"{owners}.id"], initially="DEFERRED", deferrable=True),
            sa.PrimaryKeyConstraint(owner, "digest"),
        )
    op.create_index("ix_search_term_digest", "search_term", ["digest"], unique=False)
    op.create_index("ix_related_term_digest", "related_term", ["workspace_id", "digest"], unique=False)
