"""Two lenders in one database, with equal names and numbers, and what each of them reads and has stored."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Table, select
from sqlmodel import SQLModel

from bot.service import open_service
from storage.engine.database import Database
from tests.clocks import FrozenClock
from tests.wire.conftest import employ, install, settings_for, start_sandbox
from tests.wire.office_day import Slack

OTHER_TEAM = "T0NEIGHBOUR"

OF_THE_DEPLOYMENT = frozenset({"process"})
"""Tables whose rows say what runs, and of nobody's work."""


@asynccontextmanager
async def neighbour_of(
    database_url: str, clock: FrozenClock, *, unhurried: bool, **keeping: str
) -> AsyncIterator[Slack]:
    """Yield another lender at work in the same database, in a Slack team of its own with people and channels of the same ids."""
    box = await start_sandbox(unhurried, team_id=OTHER_TEAM)
    links = {"files": "public_url" in keeping}
    install(box, "http://127.0.0.1:9", **links)
    service = await open_service(settings_for(box, database_url, **keeping), clock, among_others=True)
    await service.serve()
    install(box, f"http://127.0.0.1:{service.port}", **links)
    team, people = await employ(service)
    await service.sender.deliver_pending()
    yield Slack(box, service, clock, "CDESK", "CMANAGERS", team, people)
    await service.close()
    await box.stop()
    assert box.violations == []


async def rows_of(
    database: Database, slack: Slack, *, but: frozenset[str] = OF_THE_DEPLOYMENT
) -> Mapping[str, list[Any]]:
    """Return every row of a workspace, by table."""
    found: dict[str, list[Any]] = {}
    async with database.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in but and (column := _workspace_of(table)) is not None:
                rows = await connection.execute(select(table).where(column == slack.workspace.id))
                found[table.name] = sorted(map(repr, rows))
    return found


def _workspace_of(table: Table) -> Any:
    return table.c.id if table.name == "workspace" else table.c.get("workspace_id")
