"""Versions of search entries, plain loan numbers, corrections"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_DASHES = "-\u2010\u2012\u2013\u2014\u2015\u2212"
_BATCH = 500


def upgrade() -> None:
    op.create_table(
        "loan_correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("before_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("by_id", sa.Uuid(), nullable=True),
        sa.Column("at", storage.engine.types.UtcDateTime(), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_loan_correction_loan", "loan_correction", ["loan_id", "at"])
    op.add_column("borrower", sa.Column("search_version", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index("ix_borrower_search_version", "borrower", ["workspace_id", "search_version", "id"])
    op.add_column("loan", sa.Column("plain_number", sa.String(), server_default="", nullable=False))
    op.create_index("ix_loan_plain_number", "loan", ["workspace_id", "plain_number"])
    _set_numbers()
    _write_corrections()


def downgrade() -> None:
    op.drop_index("ix_loan_plain_number", "loan")
    op.drop_column("loan", "plain_number")
    op.drop_index("ix_borrower_search_version", "borrower")
    op.drop_column("borrower", "search_version")
    op.drop_index("ix_loan_correction_loan", "loan_correction")
    op.drop_table("loan_correction")


def _set_numbers() -> None:
    """Set the plain numbers, and compare numbers with a hyphen for each dash, unless that is another loan's number."""
    columns = (sa.column("id", sa.Uuid()), sa.column("workspace_id", sa.Uuid()))
    loan = sa.table("loan", *columns, sa.column("number_key", sa.String()), sa.column("plain_number", sa.String()))
    hyphened: Any = loan.c.number_key
    for dash in _DASHES[1:]:
        hyphened = sa.func.replace(hyphened, dash, "-")
    op.execute(loan.update().values(plain_number=sa.func.replace(hyphened, "-", "")))
    bind = op.get_bind()
    statement = sa.select(loan.c.id, loan.c.workspace_id, hyphened.label("key")).where(hyphened != loan.c.number_key)
    for found in bind.execute(statement.order_by(loan.c.id)).all():
        same = sa.select(loan.c.id).where(loan.c.workspace_id == found.workspace_id, loan.c.number_key == found.key)
        if bind.execute(same).first() is None:
            bind.execute(loan.update().where(loan.c.id == found.id).values(number_key=found.key))


def _write_corrections() -> None:
    """Write the corrections that the audit knows, without the values before them, but not those that were undone."""
    columns = ("id", "workspace_id", "loan_id", "actor_id", "act")
    audit = sa.table(
        "audit_entry",
        *(sa.column(name, sa.String() if name == "act" else sa.Uuid()) for name in columns),
        sa.column("at", storage.engine.types.UtcDateTime()),
        sa.column("details", sa.JSON()),
    )
    correction = sa.table(
        "loan_correction",
        *(sa.column(name, sa.Uuid()) for name in ("id", "workspace_id", "loan_id", "by_id")),
        sa.column("field", sa.String()),
        sa.column("at", storage.engine.types.UtcDateTime()),
        sa.column("version", sa.Integer()),
    )
    entries = op.get_bind().execute(
        sa.select(audit)
        .where(audit.c.act.in_(("edit", "undo")), audit.c.loan_id.is_not(None))
        .order_by(audit.c.loan_id, audit.c.at, audit.c.id)
    )
    rows: list[dict[str, Any]] = []
    for _loan, found in groupby(entries, key=lambda entry: entry.loan_id):
        rows += [
            {
                "id": entry.id,
                "workspace_id": entry.workspace_id,
                "loan_id": entry.loan_id,
                "by_id": entry.actor_id,
                "field": entry.details["field"],
                "at": entry.at,
                "version": 1,
            }
            for entry in _not_undone(found)
        ]
    for start in range(0, len(rows), _BATCH):
        op.get_bind().execute(correction.insert(), rows[start : start + _BATCH])


def _not_undone(entries: Any) -> list[Any]:
    """Return the entries `edit` of a loan without those of the latest act that each `undo` of an edit took back."""
    kept: list[Any] = []
    for entry in entries:
        if entry.act == "edit" and "field" in entry.details:
            kept.append(entry)
        elif entry.act == "undo" and entry.details.get("act_undone") == "edit" and kept:
            kept = [each for each in kept if each.at != kept[-1].at]
    return kept
