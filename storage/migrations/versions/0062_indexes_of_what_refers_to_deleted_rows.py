"""Indexes of what refers to deleted rows"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0062"
down_revision: str | None = "0061"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assignment_follow_up",
            ["follow_up_id"],
            unique=False,
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("audit_loan", schema=None) as batch_op:
        batch_op.create_index("ix_audit_loan_entry", ["entry_id"], unique=False)

    with op.batch_alter_table("audit_segment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_audit_segment_there",
            ["workspace_id", "number"],
            unique=False,
            sqlite_where=sa.text("dropped_at IS NULL"),
            postgresql_where=sa.text("dropped_at IS NULL"),
        )

    with op.batch_alter_table("call_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_call_contact_phone",
            ["phone_id"],
            unique=False,
            sqlite_where=sa.text("phone_id IS NOT NULL"),
            postgresql_where=sa.text("phone_id IS NOT NULL"),
        )

    with op.batch_alter_table("contact_consent", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_consent_follow_up",
            ["follow_up_id"],
            unique=False,
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("contact_decision", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_decision_call",
            ["call_id"],
            unique=False,
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_contact_decision_follow_up",
            ["follow_up_id"],
            unique=False,
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("document_request", schema=None) as batch_op:
        batch_op.create_index(
            "ix_document_request_follow_up",
            ["follow_up_id"],
            unique=False,
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("document_step", schema=None) as batch_op:
        batch_op.create_index("ix_document_step_item", ["item_id"], unique=False)

    with op.batch_alter_table("erased_record", schema=None) as batch_op:
        batch_op.create_index("ix_erased_record_at", ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("erased_record", schema=None) as batch_op:
        batch_op.drop_index("ix_erased_record_at")

    with op.batch_alter_table("document_step", schema=None) as batch_op:
        batch_op.drop_index("ix_document_step_item")

    with op.batch_alter_table("document_request", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_document_request_follow_up",
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("contact_decision", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_contact_decision_follow_up",
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_contact_decision_call",
            sqlite_where=sa.text("call_id IS NOT NULL"),
            postgresql_where=sa.text("call_id IS NOT NULL"),
        )

    with op.batch_alter_table("contact_consent", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_contact_consent_follow_up",
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )

    with op.batch_alter_table("call_contact", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_call_contact_phone",
            sqlite_where=sa.text("phone_id IS NOT NULL"),
            postgresql_where=sa.text("phone_id IS NOT NULL"),
        )

    with op.batch_alter_table("audit_segment", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_audit_segment_there",
            sqlite_where=sa.text("dropped_at IS NULL"),
            postgresql_where=sa.text("dropped_at IS NULL"),
        )

    with op.batch_alter_table("audit_loan", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_loan_entry")

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_assignment_follow_up",
            sqlite_where=sa.text("follow_up_id IS NOT NULL"),
            postgresql_where=sa.text("follow_up_id IS NOT NULL"),
        )
