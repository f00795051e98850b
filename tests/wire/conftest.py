"""The fixtures `slack` and `several`: a running sandbox with the desk installed from its manifest, a desk for two teams,
and `webhooks` with their `receiver`."""

import base64
import io
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import structlog
from pydantic import SecretStr

from bot import logs
from bot.manifest import manifest
from bot.service import open_service
from bot.settings import Settings
from desk.core.transaction import Office
from sandbox.server import Sandbox
from storage.engine import work
from storage.engine.ownership import is_foreign
from storage.engine.rows import Row
from storage.queries.people import members
from storage.tables import Member, Team, TeamManager, Workspace
from tests.builders import member_of, team_of
from tests.clocks import FrozenClock
from tests.conftest import UNHURRIED
from tests.webhook_receiver import Receiver, receiving
from tests.wire.office_day import APP_TOKEN, SIGNING_SECRET, TOKEN, Slack
from tests.wire.releases import RELEASES, Release
from tests.wire.webhook_office import Webhooks

if TYPE_CHECKING:
    from tests.wire.several import Several

PEOPLE = {
    "agent": "UAGENT",
    "other": "UOTHER",
    "verifier": "UVERIFIER",
    "collector": "UCOLLECTOR",
    "manager": "UMANAGER",
    "compliance": "UCOMPLIANCE",
    "admin": "UADMIN",
    "stranger": "USTRANGER",
}


@pytest.fixture
async def sandbox(unhurried: bool) -> AsyncIterator[Sandbox]:
    """A workspace with people and two channels. A payload that Slack would refuse fails the test."""
    box = await start_sandbox(unhurried)
    yield box
    await box.stop()
    assert box.violations == []


async def start_sandbox(unhurried: bool) -> Sandbox:
    """Return a workspace with people and two channels, at work."""
    box = people_of(Sandbox(), unhurried)
    await box.start()
    return box


def people_of(box: Sandbox, unhurried: bool) -> Sandbox:
    """Return a workspace with people and two channels."""
    if unhurried:
        box.delivery.timeout = box.sockets.timeout = UNHURRIED
    box.limits.enabled = False  # the desk's clock stands still: what Slack asks it to wait for would never come
    for name, user_id in PEOPLE.items():
        box.add_user(user_id, name=name.title(), locale="en-US", tz="Asia/Shanghai")
    box.add_channel("desk", channel_id="CDESK", kind="private", members=list(PEOPLE.values()))
    box.add_channel("managers", channel_id="CMANAGERS", kind="private", members=["UMANAGER"])
    return box


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("both_doors") and "door" in metafunc.fixturenames:
        metafunc.parametrize("door", ["http", "socket"], indirect=True)


@pytest.fixture
def door(request: pytest.FixtureRequest) -> str:
    """`http`, or `socket` too where a test is marked `both_doors`."""
    return getattr(request, "param", "http")


@pytest.fixture
async def slack(
    sandbox: Sandbox, database_url: str, clock: FrozenClock, door: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Slack]:
    """The desk at work in that workspace, with a team of everybody. What the first admin is owed has been sent. Where a module
    has a PUBLIC_URL, the desk takes files, in a bucket where it has IN_BUCKET."""
    takes_files = hasattr(request.module, "PUBLIC_URL")
    loan_links = getattr(request.module, "LOAN_LINKS", "")
    links = {
        "links_domain": urlsplit(loan_links).hostname or "",
        "work_objects": hasattr(request.module, "WORK_OBJECTS"),
        "files": takes_files,
    }
    install(sandbox, "http://127.0.0.1:9" if door == "http" else None, **links)
    keeping = {"public_url": request.module.PUBLIC_URL, "files": str(tmp_path)} if takes_files else {}
    if hasattr(request.module, "IN_BUCKET"):
        keeping |= request.getfixturevalue("bucket").settings
    keeping |= getattr(request.module, "SETTINGS", {})
    service = await open_service(settings_for(sandbox, database_url, loan_links=loan_links, **keeping), clock)
    if door == "socket":
        await service.connect()
    else:
        await service.serve()
        install(sandbox, f"http://127.0.0.1:{service.port}", **links)
    team, people = await employ(service.office, service.workspace)
    await service.sender.deliver_pending()
    yield Slack(
        sandbox=sandbox,
        service=service,
        clock=clock,
        desk_channel="CDESK",
        manager_channel="CMANAGERS",
        team=team,
        people=people,
    )
    await service.close()


@pytest.fixture
async def several(database_url: str, clock: FrozenClock, unhurried: bool, tmp_path: Path) -> AsyncIterator["Several"]:
    """A desk for two Slack teams, installed in none of them yet."""
    from tests.wire.several import several_teams  # it imports what is here

    async with several_teams(database_url, clock, unhurried=unhurried, files=str(tmp_path)) as deployment:
        yield deployment


@pytest.fixture
async def lenders(several: "Several") -> dict[str, Slack]:
    """The lenders of that desk, installed in both teams, by team."""
    for team in several.teams:
        await several.install(team)
    return {team: await several.lender(team) for team in several.teams}


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, database_url: str) -> Release:
    """The data of an earlier release, for this database."""
    return Release(request.param, "sqlite" if database_url.startswith("sqlite") else "postgres")


@pytest.fixture
def no_stranger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test if a statement finds a row of another workspace, which the unit of work then leaves out."""
    met: set[str] = set()

    def noted(table: type[Row], values: Mapping[str, Any], workspace_id: UUID) -> bool:
        if found := is_foreign(table, values, workspace_id):
            met.add(table.__name__)
        return found

    monkeypatch.setattr(work, "is_foreign", noted)
    yield
    assert met == set()


async def employ(office: Office, workspace: Workspace) -> tuple[Team, dict[str, Member]]:
    """Store a team of everybody in one transaction, and note that Slack was asked about them tonight."""
    team = team_of(office, workspace, manager_channel_id="CMANAGERS")
    roles = {"other": "agent"} | {name: name for name in ("manager", "agent", "verifier", "collector", "compliance")}
    people = {
        name: member_of(office, workspace, PEOPLE[name], roles=role, name=name.title(), team_id=team.id)
        for name, role in roles.items()
    }
    manages = TeamManager(team_id=team.id, member_id=people["manager"].id, workspace_id=workspace.id)
    async with office.database.transaction() as session:
        session.add_all([team, *people.values()])
        await session.flush()
        session.add(manages)
        (await session.get_one(Workspace, workspace.id)).looked_at = workspace.looked_at = office.clock.now()
        admin = await members.by_slack_id(session, workspace.id, PEOPLE["admin"])
    assert admin is not None
    return team, people | {"admin": admin}


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the program logs."""
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    logs.configure("json", stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """What a lender runs to get webhooks, on this machine."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def webhooks(slack: Slack, database_url: str) -> AsyncIterator[Webhooks]:
    """The commands and rounds of webhooks of the desk of `slack`."""
    webhooks = Webhooks(slack, database_url)
    yield webhooks
    await webhooks.rounds.close()


def install(sandbox: Sandbox, url: str | None, **links: Any) -> None:
    """The desk's own manifest, for HTTP at `url` or for Socket Mode; `links` as for `manifest`."""
    written = manifest(url, **links)
    sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN, app_token=APP_TOKEN)


def settings_for(slack: Sandbox | str, database_url: str, **values: object) -> Settings:
    """The settings of a desk in that sandbox, or at that address of the Web API."""
    where = {
        "database_url": SecretStr(database_url),
        "slack_api_url": slack if isinstance(slack, str) else slack.api_url,
    }
    return _settings(tuple(values.items())).model_copy(update=where, deep=True)


@lru_cache(maxsize=32)
def _settings(values: tuple[tuple[str, object], ...]) -> Settings:
    """The settings of a desk anywhere: to read and check them takes 2 ms."""
    key = base64.b64encode(bytes(32)).decode()
    return Settings.model_validate(
        {
            "bot_token": TOKEN,
            "signing_secret": SIGNING_SECRET,
            "app_token": APP_TOKEN,
            "encryption_keys": f"1:{key}",
            "search_key": key,
            "first_admin": "UADMIN",
            "port": 0,
        }
        | dict(values)
    )
