"""The migrations lead to the tables, on both databases."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import select

import storage
from desk.core.transaction import Office
from desk.core.values import LoanRef
from desk.documents.documents import change_documents, request_documents
from desk.documents.names import DocumentName
from desk.loans.timelines import timeline
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.queries.people import members
from storage.tables import DocumentItem, Workspace
from tests.builders import make_loan, make_manager, make_member, make_team


async def test_the_migrated_database_has_what_the_tables_have(database: Database) -> None:
    assert await schema.is_current(database)
    assert await schema.differences(database) == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    await schema.migrate(database)

    assert await schema.is_current(database)


def test_the_newest_migration_is_the_one_that_alembic_would_stop_at() -> None:
    scripts = ScriptDirectory(str(Path(storage.__file__).parent / "migrations"))

    assert schema.newest() == scripts.get_current_head()
    assert all(schema.knows(script.revision) for script in scripts.walk_revisions())
    assert not schema.knows("9999")


async def test_an_empty_database_has_no_revision_and_is_not_current(empty_url: str) -> None:
    make_folder(empty_url)
    database = Database(empty_url)
    try:
        assert await schema.revision(database) is None
        assert not await schema.is_current(database)
    finally:
        await database.close()


async def test_managers_stay_managers_when_their_table_is_rebuilt(office: Office, workspace: Workspace) -> None:
    team = await make_team(office, workspace)
    await make_manager(office, workspace, team, "UMANAGER")

    async with office.database.engine.begin() as connection:
        await connection.run_sync(_step_back, "0007")
    await schema.migrate(office.database)

    async with office.database.reading() as session:
        (manager,) = await members.managers_of(session, [team.id])
    assert manager.slack_user_id == "UMANAGER"
    assert await schema.differences(office.database) == []


async def test_existing_documents_get_their_known_steps(office: Office, workspace: Workspace) -> None:
    agent = await make_member(office, workspace, "UAGENT")
    loan = await make_loan(office, workspace, "L-1", owner=agent)
    async with office.desk(workspace, agent) as desk:
        wanted = [DocumentName("id"), DocumentName("bank"), DocumentName("income")]
        await request_documents(desk, loan=LoanRef("L-1", "L-1"), wanted=wanted)
    async with office.desk(workspace, agent) as desk:
        await change_documents(desk, loan=LoanRef("L-1", "L-1"), act="got", which=[DocumentName("bank")])
    async with office.database.transaction() as session:
        (await session.exec(select(DocumentItem).where(DocumentItem.document == "income"))).one().state = "undone"

    async with office.database.engine.begin() as connection:
        await connection.run_sync(_step_back, "0011")
    await schema.migrate(office.database)

    async with office.desk(workspace, agent) as desk:
        page = await timeline(desk, loan.id)
    known = sorted((e.code, e.state, e.who, e.at) for e in page.events if e.kind == "document")
    now = office.clock.now()
    assert known == [
        ("bank", "received", "UAGENT", now),
        ("bank", "requested", "UAGENT", now),
        ("id", "requested", "UAGENT", now),
    ]
    assert await schema.differences(office.database) == []


def _step_back(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__path__[0]) / "migrations"))
    config.attributes["connection"] = connection
    command.downgrade(config, revision)
