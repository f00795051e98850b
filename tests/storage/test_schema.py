"""The migrations and the tables say the same, on both databases."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import storage
from desk.desk import Office
from storage import members, schema
from storage.database import Database
from storage.tables import Workspace
from tests.builders import make_manager, make_team


async def test_the_migrated_database_has_what_the_tables_have(database: Database) -> None:
    assert await schema.is_current(database)
    assert await schema.differences(database) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await schema.migrate(database)

    assert await schema.is_current(database)


async def test_managers_stay_managers_when_their_table_is_made_anew(office: Office, workspace: Workspace) -> None:
    team = await make_team(office, workspace)
    await make_manager(office, workspace, team, "UMANAGER")

    async with office.database.engine.begin() as connection:
        await connection.run_sync(_step_back, "0007")
    await schema.migrate(office.database)

    async with office.database.reading() as session:
        (manager,) = await members.managers_of(session, [team.id])
    assert manager.slack_user_id == "UMANAGER"
    assert await schema.differences(office.database) == []


def _step_back(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__path__[0]) / "migrations"))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
