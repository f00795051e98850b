"""Accounts and channels that were lost"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_INDEXED = ("absent_until", "account_lost_at")


def upgrade() -> None:
    op.add_column(
        "member", sa.Column("account_lost_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True)
    )
    op.add_column("member", sa.Column("account_lost_why", sa.String(), nullable=True))
    op.add_column("team", sa.Column("channel_lost_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True))
    op.add_column("workspace", sa.Column("looked_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True))
    for column in _INDEXED:
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_member_{column}", "member", [column], sqlite_where=where, postgresql_where=where)
    # A removed member who is added again is not absent, and has no cover.
    op.execute(
        "UPDATE member SET absent_from = NULL, absent_until = NULL, cover_id = NULL WHERE removed_at IS NOT NULL"
    )


def downgrade() -> None:
    for column in _INDEXED:
        op.drop_index(f"ix_member_{column}", table_name="member")
    op.drop_column("workspace", "looked_at")
    op.drop_column("team", "channel_lost_at")
    op.drop_column("member", "account_lost_why")
    op.drop_column("member", "account_lost_at")
