"""One kind of escalation"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.engine.types
from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0050"
down_revision: str | None = "0049"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("escalation", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.add_column(sa.Column("follow_up_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("call_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("settled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_index(
            "ix_escalation_call",
            ["call_id"],
            unique=False,
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_escalation_follow_up",
            ["follow_up_id"],
            unique=False,
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            "fk_escalation_call_id", "call", ["call_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.create_foreign_key(
            "fk_escalation_follow_up_id", "follow_up", ["follow_up_id"], ["id"], initially="DEFERRED", deferrable=True
        )
    _rename_messages()
    _take_over_late_calls()
    _take_over_reported_calls()
    # What is left is of loans that were deleted: nothing rewrites these messages.
    op.execute("UPDATE notice SET kind = 'escalation' WHERE kind IN ('manager_told', 'escalation_raised')")


def _rename_messages() -> None:
    """Name the messages about escalations as those about late calls, which are escalations from now on."""
    connection = op.get_bind()
    statement = sa.select(_notice.c.id, _notice.c.key, _notice.c.about_loan_id)
    for row in connection.execute(statement.where(_notice.c.key.like("escalated:%"))).all():
        key = row.key.replace("escalated:", f"escalation:{row.about_loan_id}:", 1)
        connection.execute(_notice.update().where(_notice.c.id == row.id).values(key=key))


def _take_over_late_calls() -> None:
    """Make an escalation of each message that nobody acted on a call, or that it was snoozed too often."""
    statement = (
        sa.select(
            _notice.c.id,
            _notice.c.key,
            _notice.c.workspace_id,
            _notice.c.about_loan_id,
            _notice.c.about_member_id,
            _notice.c.created_at,
            _follow_up.c.id.label("follow_up_id"),
            sa.and_(
                _follow_up.c.state == "open",
                _follow_up.c.planned_at < _notice.c.created_at,
                _follow_up.c.assignee_id == _notice.c.about_member_id,
            ).label("waits"),
        )
        .join(_item, _item.c.notice_id == _notice.c.id)
        .join(_follow_up, _follow_up.c.id == _item.c.follow_up_id)
        .where(_notice.c.kind == "escalation")
    )
    _take_over(statement, lambda row: "snoozed" if row.key.startswith("snoozes:") else "late", 3)


def _take_over_reported_calls() -> None:
    """Make an escalation of each message about a borrower's refusal or a failed check; managers have read of the refusals."""
    call_of_notice = _notice.c.key.like(sa.literal("manager_told:%"))
    notices = op.get_bind().execute(
        sa.select(_notice.c.id, _notice.c.key).where(_notice.c.kind == "manager_told", call_of_notice)
    )
    for notice_id, key in notices.all():
        statement = (
            sa.select(
                _notice.c.id,
                _notice.c.key,
                _notice.c.workspace_id,
                _notice.c.about_loan_id,
                _notice.c.about_member_id,
                _notice.c.created_at,
                _call.c.id.label("call_id"),
                _call.c.outcome,
                _call.c.undone_at,
                sa.exists()
                .where(
                    _check.c.call_id == _call.c.id,
                    _check.c.state == "failed",
                    _check.c.decision.is_(None),
                    _check.c.undone_at.is_(None),
                )
                .label("waits"),
            )
            .join(_call, _call.c.id == uuid.UUID(key.split(":")[1]))
            .where(_notice.c.id == notice_id)
        )
        _take_over(statement, lambda row: "check_failed" if row.outcome == "failed" else "refused", 2)


def _take_over(statement: sa.Select[Any], kind: Callable[[sa.Row[Any]], str], parts_of_key: int) -> None:
    connection = op.get_bind()
    found: dict[str, uuid.UUID] = {}
    for row in connection.execute(statement.order_by(_notice.c.created_at)).all():
        if row.about_loan_id is None or row.about_member_id is None:
            continue
        parts = row.key.split(":")
        # Managers without a channel have a message each, with a key that ends in their id: all are about one escalation.
        cause, reader = ":".join(parts[:parts_of_key]), parts[parts_of_key:]
        if cause not in found:
            found[cause] = _insert(row, kind(row))
        escalation_id, about = found[cause], str(row._mapping.get("follow_up_id") or row.about_loan_id)
        connection.execute(
            _notice.update()
            .where(_notice.c.id == row.id)
            .values(
                kind="escalation",
                key=":".join(["escalation", about, str(escalation_id), *reader]),
                facts={"escalation": str(escalation_id)},
            )
        )


def _insert(row: sa.Row[Any], kind: str) -> uuid.UUID:
    """Write the escalation of a message. It has no clock: only what is raised from now on reaches the second level."""
    values = row._mapping
    op.get_bind().execute(
        _escalation.insert().values(
            id=row.id,
            workspace_id=row.workspace_id,
            loan_id=row.about_loan_id,
            kind=kind,
            about_member_id=row.about_member_id,
            raised_at=row.created_at,
            rule_trigger=row.key,
            follow_up_id=values.get("follow_up_id"),
            call_id=values.get("call_id"),
            state="open" if row.waits else "resolved",
            settled=not row.waits,
            resolved_at=None if row.waits else row.created_at,
            undone_at=values.get("undone_at"),
            level=1,
            version=1,
        )
    )
    return row.id


def _table(name: str, **columns: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


_ID, _AT = sa.Uuid(), storage.engine.types.UtcDateTime()
_notice = _table(
    "notice",
    id=_ID,
    key=sa.String(),
    kind=sa.String(),
    workspace_id=_ID,
    about_loan_id=_ID,
    about_member_id=_ID,
    facts=sa.JSON(),
    created_at=_AT,
)
_item = _table("notice_item", notice_id=_ID, follow_up_id=_ID)
_follow_up = _table("follow_up", id=_ID, state=sa.String(), planned_at=_AT, assignee_id=_ID)
_call = _table("call", id=_ID, outcome=sa.String(), undone_at=_AT)
_check = _table("loan_check", call_id=_ID, state=sa.String(), decision=sa.String(), undone_at=_AT)
_escalation = _table(
    "escalation",
    id=_ID,
    workspace_id=_ID,
    loan_id=_ID,
    kind=sa.String(),
    about_member_id=_ID,
    raised_at=_AT,
    rule_trigger=sa.String(),
    follow_up_id=_ID,
    call_id=_ID,
    state=sa.String(),
    settled=sa.Boolean(),
    resolved_at=_AT,
    undone_at=_AT,
    level=sa.Integer(),
    version=sa.Integer(),
)


def downgrade() -> None:
    with op.batch_alter_table("escalation", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.drop_constraint(key_name("escalation", "follow_up_id"), type_="foreignkey")
        batch_op.drop_constraint(key_name("escalation", "call_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_escalation_follow_up",
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_escalation_call",
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )
        batch_op.drop_column("settled")
        batch_op.drop_column("call_id")
        batch_op.drop_column("follow_up_id")
