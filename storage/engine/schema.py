"""Migrate a database to the schema of this release, and tell whether it is there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from storage.engine.database import Database

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


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
    return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


def knows(revision: str) -> bool:
    """Return whether this release has the migration; it does not have those of a newer release."""
    return any(one.revision == revision for one in _scripts().walk_revisions())


def newest() -> str | None:
    """Return the newest migration of this release."""
    return _scripts().get_current_head()


async def is_current(database: Database) -> bool:
    """Return whether the database is at the newest migration."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_at_head)


async def differences(database: Database) -> list[object]:
    """Return the differences between the tables and the migrated database; empty when all is well."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differences)


def config_for(connection: Connection, folder: Path = _MIGRATIONS) -> Config:
    """Return Alembic's configuration for the migrations of `folder` on this connection."""
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_MIGRATIONS))


def _at_head(connection: Connection) -> bool:
    return MigrationContext.configure(connection).get_current_revision() == newest()


def _differences(connection: Connection) -> list[object]:
    known = set(SQLModel.metadata.tables)
    extra = set(inspect(connection).get_table_names()) - known
    return [
        difference
        for difference in compare_metadata(MigrationContext.configure(connection), SQLModel.metadata)
        if not (difference[0] == "remove_table" and difference[1].name in extra)
    ]
