"""Brings a database to the present schema, and says whether it is there."""

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
    """Applies what is missing, in one transaction, up to the revision `to`."""
    patient = Database(database.url, patient=True)  # an index over a million rows takes its time
    try:
        async with patient.engine.begin() as connection:
            await migrate_on(connection, to)
    finally:
        await patient.close()


async def migrate_on(connection: AsyncConnection, to: str = "head") -> None:
    """The same, in the transaction of that connection."""
    if connection.dialect.name == "postgresql":
        # No table is altered while the check of its new rows is put off to the end of the transaction.
        await connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    await connection.run_sync(lambda c: command.upgrade(_config(c), to))


async def revision(database: Database) -> str | None:
    """The migration at which the database stands; None for one without the desk's tables."""
    async with database.engine.connect() as connection:
        return await revision_on(connection)


async def revision_on(connection: AsyncConnection) -> str | None:
    """The same, seen through that connection."""
    return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())


def knows(revision: str) -> bool:
    """Whether this release has that migration: one of a newer release it has not."""
    return any(one.revision == revision for one in _scripts().walk_revisions())


def newest() -> str | None:
    """The newest migration of this release."""
    return _scripts().get_current_head()


async def is_current(database: Database) -> bool:
    """Whether the database stands at the newest migration."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_at_head)


async def differences(database: Database) -> list[object]:
    """What the tables have that the migrated database has not, or the other way round. Empty when all is well."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_differences)


async def write_migration(database: Database, message: str) -> None:
    """Writes a migration file for what the tables have and the database has not."""
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda c: command.revision(_config(c), message=message, autogenerate=True))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
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
