"""What the lender's data did is escalated"""

import uuid
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0074"
down_revision: str | None = "0073"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make an escalation of each message that a loan was moved on past a failed check, or was open again without an owner."""
    connection = op.get_bind()
    statement = sa.select(_notice).where(
        _notice.c.kind.in_(("check_passed_over", "owner_asked")),
        _notice.c.about_loan_id.is_not(None),
        _notice.c.about_member_id.is_not(None),
    )
    found: dict[str, uuid.UUID] = {}
    for row in connection.execute(statement.order_by(_notice.c.created_at)).all():
        # Managers without a channel have a message each, with a key that ends in their id: all are about one escalation.
        cause, reader = row.key, []
        if row.to_id is not None:
            cause, _, last = row.key.rpartition(":")
            reader = [last]
        if cause not in found:
            found[cause] = _insert(row)
        key = ":".join(["escalation", str(row.about_loan_id), str(found[cause]), *reader])
        changed = _notice.update().where(_notice.c.id == row.id)
        connection.execute(changed.values(kind="escalation", key=key, facts={"escalation": str(found[cause])}))
    # What is left is of loans that were deleted: nothing rewrites these messages.
    op.execute("UPDATE notice SET kind = 'escalation' WHERE kind IN ('check_passed_over', 'owner_asked')")


def _insert(row: sa.Row[Any]) -> uuid.UUID:
    """Write the escalation of a message. It has no clock: only what is raised from now on reaches the second level."""
    loan = op.get_bind().execute(sa.select(_loan).where(_loan.c.id == row.about_loan_id)).one()
    passed_over = row.kind == "check_passed_over"
    if passed_over:
        trigger, waits = f"check_passed_over:{loan.id}:{row.facts['stage']}", _has_undecided_check(loan.id)
    else:
        trigger, waits = f"owner_left:{loan.id}", loan.owner_id is None and loan.stage not in _ENDED
    kind = "check_passed_over" if passed_over else "owner_left"
    earlier = _escalation.c.loan_id == loan.id, _escalation.c.kind == kind, _escalation.c.state == "open"
    settled = {"state": "resolved", "settled": True, "resolved_at": row.created_at}
    op.get_bind().execute(_escalation.update().where(*earlier).values(settled))  # only the last one of a loan waits
    op.get_bind().execute(
        _escalation.insert().values(
            id=row.id,
            workspace_id=row.workspace_id,
            loan_id=loan.id,
            kind=kind,
            about_member_id=row.about_member_id,
            raised_at=row.created_at,
            rule_trigger=trigger,
            state="open" if waits else "resolved",
            settled=not waits,
            resolved_at=None if waits else row.created_at,
            level=1,
            version=1,
        )
    )
    return row.id


def _has_undecided_check(loan_id: uuid.UUID) -> bool:
    failed = sa.select(_check.c.id).where(
        _check.c.loan_id == loan_id,
        _check.c.state == "failed",
        _check.c.decision.is_(None),
        _check.c.undone_at.is_(None),
    )
    return op.get_bind().execute(failed.limit(1)).first() is not None


def _table(name: str, **columns: Any) -> sa.TableClause:
    return sa.table(name, *(sa.column(column, kind) for column, kind in columns.items()))


_ENDED = ("closed", "withdrawn", "written_off", "declined")
_ID, _AT = sa.Uuid(), storage.engine.types.UtcDateTime()
_loan = _table("loan", id=_ID, owner_id=_ID, stage=sa.String())
_check = _table("loan_check", id=_ID, loan_id=_ID, state=sa.String(), decision=sa.String(), undone_at=_AT)
_notice = _table(
    "notice",
    id=_ID,
    key=sa.String(),
    kind=sa.String(),
    workspace_id=_ID,
    to_id=_ID,
    about_loan_id=_ID,
    about_member_id=_ID,
    facts=sa.JSON(),
    created_at=_AT,
)
_escalation = _table(
    "escalation",
    id=_ID,
    workspace_id=_ID,
    loan_id=_ID,
    kind=sa.String(),
    about_member_id=_ID,
    raised_at=_AT,
    rule_trigger=sa.String(),
    state=sa.String(),
    settled=sa.Boolean(),
    resolved_at=_AT,
    level=sa.Integer(),
    version=sa.Integer(),
)


def downgrade() -> None:
    """Leave the escalations: messages keep what they say, and the release before rewrites none of them."""
