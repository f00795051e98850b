"""Terms and people around a loan"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "loan_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("price", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("down_payment", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("term_months", sa.Integer(), nullable=True),
        sa.Column("rate", storage.engine.types.Rate(precision=9, scale=6), nullable=True),
        sa.Column("rate_basis", sa.String(), nullable=True),
        sa.Column("method", sa.String(), nullable=True),
        sa.Column("balloon", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("day_count", sa.String(), nullable=True),
        sa.Column("first_due_on", sa.Date(), nullable=True),
        sa.Column("holiday_shift", sa.String(), nullable=True),
        sa.Column("grace_days", sa.Integer(), nullable=True),
        sa.Column("product", sa.String(), nullable=True),
        sa.Column("product_name", sa.String(), nullable=True),
        sa.Column("reference", sa.String(), nullable=True),
        sa.Column("source_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("approved_amount", storage.engine.types.Money(precision=14, scale=2), nullable=True),
        sa.Column("conditions_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decided_by_id"], ["member.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("loan_id"),
    )
    op.create_table(
        "related_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("relation_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("hours_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("created_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("related_person", schema=None) as batch_op:
        batch_op.create_index("ix_related_person_loan", ["loan_id"], unique=False)

    op.create_table(
        "vehicle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("make", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("model_year", sa.Integer(), nullable=True),
        sa.Column("condition", sa.String(), nullable=True),
        sa.Column("vin_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("plate_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("loan_id"),
    )
    op.create_table(
        "related_phone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("phone_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("wrong_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("removed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["related_person.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("related_phone", schema=None) as batch_op:
        batch_op.create_index("ix_related_phone_person", ["person_id"], unique=False)

    op.create_table(
        "related_term",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["related_person.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("person_id", "digest"),
    )
    with op.batch_alter_table("related_term", schema=None) as batch_op:
        batch_op.create_index("ix_related_term_digest", ["workspace_id", "digest"], unique=False)

    op.create_table(
        "call_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("undone_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["person_id"], ["related_person.id"], initially="DEFERRED", deferrable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], initially="DEFERRED", deferrable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("call_id"),
    )
    with op.batch_alter_table("call_party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_party_person_id"), ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("call_party", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_party_person_id"))

    op.drop_table("call_party")
    with op.batch_alter_table("related_term", schema=None) as batch_op:
        batch_op.drop_index("ix_related_term_digest")

    op.drop_table("related_term")
    with op.batch_alter_table("related_phone", schema=None) as batch_op:
        batch_op.drop_index("ix_related_phone_person")

    op.drop_table("related_phone")
    op.drop_table("vehicle")
    with op.batch_alter_table("related_person", schema=None) as batch_op:
        batch_op.drop_index("ix_related_person_loan")

    op.drop_table("related_person")
    op.drop_table("loan_terms")
