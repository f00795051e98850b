"""The names of foreign keys, which a migration needs to drop one: SQLite gives them none, PostgreSQL its own."""

from collections.abc import Mapping

from alembic import op
from sqlalchemy import inspect

KEY_NAMES: Mapping[str, str] = {"fk": "fk_%(table_name)s_%(column_0_name)s"}
"""How a table that is rebuilt names the keys that have no name."""


def key_name(table: str, column: str) -> str:
    """Return the name of the foreign key of that column in the database that is migrated."""
    for key in inspect(op.get_bind()).get_foreign_keys(table):
        if key["constrained_columns"] == [column] and key["name"]:
            return key["name"]
    return f"fk_{table}_{column}"
