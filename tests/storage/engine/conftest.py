"""A lender without loans, and rows of a few tables."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from storage.engine.database import Database
from storage.tables import Notice, RateLimit, Team, Workspace

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
WORKSPACE = UUID(int=1)


@pytest.fixture
async def lender(database: Database) -> Workspace:
    row = Workspace(id=WORKSPACE, slack_team_id="T1", created_at=NOW)
    async with database.transaction() as work:
        work.add(row)
    return row


def team(number: int) -> Team:
    return Team(
        id=UUID(int=100 + number), workspace_id=WORKSPACE, name=f"T{number}", name_key=f"t{number}", created_at=NOW
    )


def notice(number: int) -> Notice:
    return Notice(id=UUID(int=200 + number), workspace_id=WORKSPACE, key=f"k{number}", kind="k", created_at=NOW)


def limit(number: int) -> RateLimit:
    return RateLimit(workspace_id=WORKSPACE, method=f"m{number}", until=NOW)
