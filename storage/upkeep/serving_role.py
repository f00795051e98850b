"""Rights of the role that serves on PostgreSQL, so that it does not own the tables: it can add to the audit trail and seal it,
and neither change nor remove what is there, because only the owner can lift the triggers."""

import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_NAME = re.compile(r"[a-z_][a-z0-9_$]{0,62}")
_KEPT = ("audit_entry", "audit_segment")

OWNS_THE_TRAIL = text(
    """SELECT pg_has_role(current_user, tableowner, 'MEMBER') FROM pg_tables
    WHERE schemaname = 'public' AND tablename = 'audit_entry'"""
)


class BadRoleError(Exception):
    """The role cannot be granted the rights; the message says why."""


async def grant(connection: AsyncConnection, role: str) -> None:
    """Grant `role` what serving needs, on the tables of this connection's database, as their owner. Raises BadRoleError."""
    if not _NAME.fullmatch(role):
        raise BadRoleError("a role's name has small letters, digits and underscores")
    found = await connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = :role"), {"role": role})
    row = found.first()
    if row is None:
        raise BadRoleError(f"there is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…'")
    if row[0] or role == await connection.scalar(text("SELECT current_user")):
        raise BadRoleError(f"{role} may do everything: the desk is to serve with a role that owns nothing")
    statements = (
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
        *(f"REVOKE UPDATE, DELETE ON {table} FROM {role}" for table in _KEPT),
        f"GRANT UPDATE (sequence, hash) ON audit_entry TO {role}",
    )
    for statement in statements:
        await connection.execute(text(statement))
    # The delivery engine makes its tables in a schema of its own, which the role then owns.
    await connection.execute(
        text(f"DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {role}', current_database()); END $$")
    )


async def owns_the_trail(connection: AsyncConnection) -> bool:
    """Return whether the role of this connection could lift what keeps the audit trail."""
    return bool(await connection.scalar(OWNS_THE_TRAIL))
