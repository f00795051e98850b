"""A deployment of several workspaces for tests: Slack with several teams, a desk in none of them yet, and a browser."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from sqlalchemy import Table, select
from sqlmodel import SQLModel
from sqlmodel import select as sql_select

from bot.manifest import manifest
from bot.served import ServedWorkspace
from bot.service import Service, open_service
from bot.settings import Settings
from sandbox.cloud import Cloud
from sandbox.server import Sandbox
from storage.tables import SlackInstallation
from tests.clocks import FrozenClock
from tests.wire.conftest import PEOPLE, employ, people_of, settings_for
from tests.wire.office_day import SIGNING_SECRET, Slack

PUBLIC_URL = "https://desk.example.com"

CLIENT_ID, CLIENT_SECRET = "1.2", "client-secret"

TEAMS = {"T0EAST": "East Bank", "T0WEST": "West Bank"}
"""The teams in which the app may be installed. `E0GROUP` may too."""


@dataclass(slots=True)
class Browser:
    """A browser that keeps the cookie of an installation, which it sends over HTTPS alone: here it is sent by hand."""

    cookie: str = ""


@dataclass(slots=True)
class Several:
    """The teams, the desk that runs, and its clock."""

    cloud: Cloud
    service: Service
    clock: FrozenClock
    teams: dict[str, Sandbox]
    unhurried: bool

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.service.port}"

    async def add_team(self, team_id: str, name: str = "", **values: Any) -> Sandbox:
        """Add a team with people and channels of the same ids as in the others."""
        box = people_of(
            Sandbox(team_id=team_id, team_name=name or TEAMS.get(team_id, team_id), **values), self.unhurried
        )
        box.workspace.now = lambda: self.clock.now().timestamp()  # what Slack says of an event is when it was
        self.teams[team_id] = await self.cloud.add_team(box)
        return box

    async def install(self, team_id: str, user: str = "UADMIN") -> tuple[int, str]:
        """Install the app in a team as this user, in a browser of its own. Return the status and text of the last page."""
        mine = Browser()
        return await self.come_back(mine, self.cloud.allow(await self.begin(mine), self.teams[team_id], user))

    async def begin(self, mine: Browser) -> str:
        """Return the address to which the desk sends the browser."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.address}/slack/install", allow_redirects=False) as answer,
        ):
            assert answer.status == 302, await answer.text()
            cookie = answer.cookies["loandesk_install"]
            assert cookie["secure"]
            assert cookie["httponly"]
            mine.cookie = cookie.value
            return answer.headers["Location"]

    async def come_back(self, mine: Browser, url: str) -> tuple[int, str]:
        """Follow Slack's redirect."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == PUBLIC_URL
        headers = {"Cookie": f"loandesk_install={mine.cookie}"} if mine.cookie else {}
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.address}{parts.path}?{parts.query}", headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    async def served(self, team_id: str) -> ServedWorkspace:
        """Return what serves a team."""
        await self.service.workspaces.refresh()
        served = await self.service.workspaces.find(self.teams[team_id].installed_in)
        assert served is not None
        return served

    async def another_process(self) -> Service:
        """Return another process on the same database, to be closed."""
        return await open_service(self.service.settings, self.clock)

    async def lender(self, team_id: str) -> Slack:
        """Return a team in which the app is installed, with people of each role."""
        served = await self.served(team_id)
        team, people = await employ(served.office, served.workspace)
        await served.sender.deliver_pending()
        return Slack(self.teams[team_id], self.service, self.clock, "CDESK", "CMANAGERS", team, people, served)


def several_settings(cloud: Cloud, database_url: str, **values: str) -> Settings:
    """Return the settings of a desk that is installed by OAuth."""
    oauth = {"bot_token": "", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "first_admin": ""}
    allowed = {"installers": ",".join([*TEAMS, "E0GROUP"]), "public_url": PUBLIC_URL}
    return settings_for(cloud.api_url, database_url, **oauth, **allowed, **values)


@asynccontextmanager
async def several_teams(
    database_url: str, clock: FrozenClock, *, unhurried: bool, files: str
) -> AsyncIterator[Several]:
    """Yield the deployment, with two teams and the app in none of them."""
    written = manifest("http://127.0.0.1:9", files=True, installs_at=PUBLIC_URL)
    cloud = Cloud(written, CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, now=lambda: clock.now().timestamp())
    await cloud.start()
    service = await open_service(several_settings(cloud, database_url, files=files), clock)
    await service.serve()
    cloud.manifest = manifest(f"http://127.0.0.1:{service.port}", files=True, installs_at=PUBLIC_URL)
    several = Several(cloud, service, clock, {}, unhurried)
    for team_id in TEAMS:
        await several.add_team(team_id)
    yield several
    await service.close()
    await cloud.stop()
    assert [violation for box in several.teams.values() for violation in box.violations] == []


async def rows_of(slack: Slack) -> Mapping[str, list[Any]]:
    """Return every row of a workspace, by table."""
    found: dict[str, list[Any]] = {}
    async with slack.office.database.engine.connect() as connection:
        for table in SQLModel.metadata.sorted_tables:
            if (column := _workspace_of(table)) is not None:
                rows = await connection.execute(select(table).where(column == slack.workspace.id))
                found[table.name] = sorted(map(repr, rows))
    return found


def _workspace_of(table: Table) -> Any:
    return table.c.id if table.name == "workspace" else table.c.get("workspace_id")


__all__ = ["PEOPLE", "PUBLIC_URL", "TEAMS", "Browser", "Several", "rows_of", "several_settings", "several_teams"]


async def installation(slack: Slack) -> SlackInstallation:
    """Return the installation as it is now."""
    async with slack.office.database.reading() as session:
        which = SlackInstallation.workspace_id == slack.workspace.id
        return (await session.exec(sql_select(SlackInstallation).where(which))).one()


def token_of(slack: Slack) -> str:
    assert slack.sandbox.app is not None
    return slack.sandbox.app.token


async def remove(several: Several, slack: Slack) -> None:
    """Remove the app from a team in Slack, and have the desk hear of it."""
    slack.sandbox.uninstall()
    await slack.sandbox.events.wait_until_delivered()
    await several.service.workspaces.refresh()
