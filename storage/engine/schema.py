"""Migrate a database to the schema of this release, and tell whether it is there.

Alembic is imported where it is used: a start only compares two revisions, and a process that serves never migrates.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from storage.engine.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_VERSIONS = "alembic_version"
"""The table in which Alembic keeps the revision."""


async def migrate(database: Database, to: str = "head") -> None:
    """Apply the missing migrations up to the revision `to`, in one transaction."""
    patient = Database(database.url, patient=True)  # an index over a million rows takes its time
    try:
        async with patient.engine.begin() as connection:
            await migrate_on(connection, to)
    finally:
        await patient.close()


async def migrate_on(connection: AsyncConnection, to: str = "head", folder: Path = _MIGRATIONS) -> None:
    """Apply the migrations of `folder` in the transaction of this connection."""
    from alembic import command

    if connection.dialect.name == "postgresql":
        # A table cannot be altered while the check of its new rows is deferred to the end of the transaction.
        await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    await connection.run_sync(lambda c: command.upgrade(config_for(c, folder), to))


async def revision(database: Database) -> str | None:
    """Return the migration that the database is at; None for one without the desk's tables."""
    async with database.engine.connect() as connection:
        return await revision_on(connection)


async def revision_on(connection: AsyncConnection) -> str | None:
    """Return the same as seen by this connection."""
    return await connection.run_sync(_current_revision)


def knows(revision: str) -> bool:
    """Return whether this release has the migration; it does not have those of a newer release."""
    return revision in _revisions()


def newest() -> str:
    """Return the newest migration of this release."""
    return max(_revisions())


async def is_current(database: Database) -> bool:
    """Return whether the database is at the newest migration."""
    return await revision(database) == newest()


async def differences(database: Database) -> list[object]:
    """Return the differences between the tables and the migrated database; empty when all is well."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differences)


def config_for(connection: Connection, folder: Path = _MIGRATIONS) -> "Config":
    """Return Alembic's configuration for the migrations of `folder` on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def _revisions() -> frozenset[str]:
    """Return the migrations of this release: the file of each begins with its number, which is its revision."""
    return frozenset(file.name[:4] for file in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def _current_revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS):
        return None
    return connection.scalar(text(f"SELECT version_num FROM {_VERSIONS}"))


def _differences(connection: Connection) -> list[object]:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    known = set(SQLModel.metadata.tables)
    extra = set(inspect(connection).get_table_names()) - known
    return [
        difference
        for difference in compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
        if not (difference[0] == "remove_table" and difference[1].name in extra)
    ]
