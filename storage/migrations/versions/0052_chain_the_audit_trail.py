"""Chain the audit trail"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

import storage.engine.types
from storage.migrations.keys import KEY_NAMES, key_name

revision: str = "0052"
down_revision: str | None = "0051"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


_KEPT = ("id", "workspace_id", "at", "actor_id", "act", "loan_id", "subject_id")
"""What stays as it is when an entry is sealed, beside its details."""

_SQLITE_GUARDS = (
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON audit_entry WHEN OLD.sequence IS NOT NULL OR NEW.sequence IS NULL OR "
    + " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in (*_KEPT, "details"))
    + " BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END",
    "CREATE TRIGGER audit_entry_there BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END",
    "CREATE TRIGGER audit_segment_kept BEFORE UPDATE ON audit_segment "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END",
    "CREATE TRIGGER audit_segment_there BEFORE DELETE ON audit_segment "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is not changed'); END",
)

_POSTGRESQL_GUARDS = (
    "CREATE FUNCTION audit_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the audit trail is not changed' USING ERRCODE = 'insufficient_privilege'; END $$",
    "CREATE TRIGGER audit_entry_kept BEFORE UPDATE ON audit_entry FOR EACH ROW WHEN "
    "(OLD.sequence IS NOT NULL OR NEW.sequence IS NULL OR NEW.details::text <> OLD.details::text OR "
    + " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _KEPT)
    + ") EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_entry_there BEFORE DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_entry_emptied BEFORE TRUNCATE ON audit_entry EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_segment_kept BEFORE UPDATE OR DELETE ON audit_segment "
    "FOR EACH ROW EXECUTE FUNCTION audit_is_kept()",
    "CREATE TRIGGER audit_segment_emptied BEFORE TRUNCATE ON audit_segment EXECUTE FUNCTION audit_is_kept()",
)


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("found_up_to", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("workspace_id"),
    )
    op.create_table(
        "audit_loan",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("loan_id", "entry_id"),
    )
    op.create_table(
        "audit_segment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("workspace_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("last_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=False),
        sa.Column("sealed_at", storage.engine.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("dropped_at", storage.engine.types.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("workspace_id", "number"),
    )
    with op.batch_alter_table("audit_entry", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.add_column(sa.Column("sequence", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.LargeBinary(), nullable=True))
        batch_op.create_index(
            "ix_audit_entry_actor",
            ["actor_id", "at"],
            unique=False,
            sqlite_where=sa.text("sequence IS NOT NULL"),
            postgresql_where=sa.text("sequence IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_audit_entry_sequence",
            ["workspace_id", "sequence"],
            unique=True,
            sqlite_where=sa.text("sequence IS NOT NULL"),
            postgresql_where=sa.text("sequence IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_audit_entry_unsealed",
            ["workspace_id", "id"],
            unique=False,
            sqlite_where=sa.text("sequence IS NULL"),
            postgresql_where=sa.text("sequence IS NULL"),
        )
        batch_op.drop_constraint(key_name("audit_entry", "loan_id"), type_="foreignkey")
        batch_op.drop_constraint(key_name("audit_entry", "actor_id"), type_="foreignkey")
        batch_op.drop_constraint(key_name("audit_entry", "workspace_id"), type_="foreignkey")
    _begin_chains()
    for statement in _SQLITE_GUARDS if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL_GUARDS:
        op.execute(statement)


def _begin_chains() -> None:
    """Begin the chain of each workspace, and note which entries are from before it."""
    workspace, entry = (
        sa.table("workspace", sa.column("id")),
        sa.table("audit_entry", *map(sa.column, ("id", "workspace_id"))),
    )
    last = sa.select(entry.c.id).where(entry.c.workspace_id == workspace.c.id).order_by(entry.c.id.desc()).limit(1)
    begun = sa.select(
        workspace.c.id,
        sa.literal(0),
        sa.literal(0),
        sa.literal(bytes(32), sa.LargeBinary()),
        last.scalar_subquery(),
    )
    names = ["workspace_id", "segments", "entries", "head", "found_up_to"]
    op.execute(sa.insert(sa.table("audit_chain", *map(sa.column, names))).from_select(names, begun))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_kept() CASCADE")
    else:
        for name in ("audit_entry_kept", "audit_entry_there", "audit_segment_kept", "audit_segment_there"):
            op.execute(f"DROP TRIGGER {name}")
    with op.batch_alter_table("audit_entry", schema=None, naming_convention=KEY_NAMES) as batch_op:
        batch_op.create_foreign_key(
            "fk_audit_entry_workspace_id", "workspace", ["workspace_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.create_foreign_key(
            "fk_audit_entry_actor_id", "member", ["actor_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.create_foreign_key(
            "fk_audit_entry_loan_id", "loan", ["loan_id"], ["id"], initially="DEFERRED", deferrable=True
        )
        batch_op.drop_index(
            "ix_audit_entry_unsealed",
            sqlite_where=sa.text("sequence IS NULL"),
            postgresql_where=sa.text("sequence IS NULL"),
        )
        batch_op.drop_index(
            "ix_audit_entry_sequence",
            sqlite_where=sa.text("sequence IS NOT NULL"),
            postgresql_where=sa.text("sequence IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_audit_entry_actor",
            sqlite_where=sa.text("sequence IS NOT NULL"),
            postgresql_where=sa.text("sequence IS NOT NULL"),
        )
        batch_op.drop_column("hash")
        batch_op.drop_column("sequence")

    op.drop_table("audit_segment")
    op.drop_table("audit_loan")
    op.drop_table("audit_chain")
