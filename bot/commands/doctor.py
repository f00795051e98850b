"""`loandesk doctor`: check what the desk needs, and say for each finding that it is ok or what to do."""

from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
from rich.console import Console
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.database import check_database
from bot.doctor.files import check_files
from bot.doctor.findings import Finding, fix, ok, warn
from bot.doctor.keys import check_keys
from bot.doctor.phone import check_phone
from bot.doctor.slack import check_slack
from bot.doctor.time_stamps import check_time_stamps
from bot.doctor.workspace import check_workspace
from bot.manifest import INSTALL
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from desk.people.installations import tokens_of
from storage.engine.cipher import UnreadableError
from storage.engine.database import Database
from storage.queries.people import installations, workspaces
from storage.tables import Workspace

REQUEST_SECONDS = 10


async def examine(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Finding]:
    """Yield each finding as soon as it is known, without the checks that an earlier one makes impossible."""
    clock = clock or SystemClock()
    yield ok("settings", "all are present and readable")
    for finding in check_keys(settings):
        yield finding
    database = Database(settings.database_url.get_secret_value())
    try:
        usable = True
        async for finding in check_database(settings, database):
            usable = usable and finding.ok
            yield finding
        async with aiohttp.ClientSession() as session:
            if not settings.several_workspaces:
                token = settings.bot_token.get_secret_value()
                async for finding in _check(settings, database, session, clock, token, usable=usable):
                    yield finding
            elif usable:
                async for finding in _check_each(settings, database, session, clock):
                    yield finding
            for finding in check_phone(settings):
                yield finding
            async for finding in check_time_stamps(settings, session, clock):
                yield finding
            if usable:
                async for finding in check_files(settings, database, session):
                    yield finding
    finally:
        await database.close()


async def _check(
    settings: Settings,
    database: Database,
    session: aiohttp.ClientSession,
    clock: Clock,
    token: str,
    *,
    usable: bool,
    workspace: Workspace | None = None,
) -> AsyncIterator[Finding]:
    """Yield what is found of Slack with a token, and of its workspace if the database is `usable`."""
    client = AsyncWebClient(
        token=token,
        base_url=settings.slack_api_url,
        session=session,
        timeout=REQUEST_SECONDS,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=5)],
    )
    slack_team_id: str | None = None
    links, files = bool(settings.loan_links), bool(settings.public_url)
    sends_files = usable and files and await _sends_files(database, workspace)
    async for finding, team in check_slack(client, links=links, files=files, sends_files=sends_files):
        slack_team_id = team or slack_team_id
        yield finding
    if usable:
        # The id of a token for a whole organisation may be another one than the workspace's.
        known = workspace.slack_team_id if workspace is not None and slack_team_id is not None else slack_team_id
        async for finding in check_workspace(database, client, known, clock.now(), links=links, workspace=workspace):
            yield finding


async def _sends_files(database: Database, workspace: Workspace | None) -> bool:
    """Return whether files are sent in Slack in this workspace, or else in the only one."""
    if workspace is None:
        async with database.reading() as session:
            workspace = next(iter(await workspaces.every(session)), None)
    return workspace is not None and workspace.files_in_slack


async def _check_each(
    settings: Settings, database: Database, session: aiohttp.ClientSession, clock: Clock
) -> AsyncIterator[Finding]:
    """Yield what is found of each workspace in which the app is installed, with its name."""
    async with database.reading() as reading:
        found = await installations.every(reading)
    if not found:
        yield fix("workspaces", f"the app is installed in none yet: open {settings.public_url}{INSTALL}")
    for installation, workspace in found:
        name = f"{workspace.name} ({workspace.slack_team_id})"
        if installation.ended_at is not None:
            yield warn(f"{name}: app", f"removed {installation.ended_at:%Y-%m-%d %H:%M} UTC: nothing is sent there")
            continue
        if installation.refresh_failed_at is not None:
            again = f"{settings.public_url}{INSTALL}"
            yield fix(f"{name}: token", f"Slack does not replace it: have the app installed again at {again}")
        try:
            token = tokens_of(settings.cipher(), installation).bot
        except UnreadableError:
            yield fix(f"{name}: token", "no key opens it: have the app installed again")
            continue
        async for each in _check(settings, database, session, clock, token, usable=True, workspace=workspace):
            yield replace(each, subject=f"{name}: {each.subject}")


async def run(settings: Settings, console: Console, clock: Clock | None = None) -> int:
    """Print one line for each finding. Return 0 when none needs action, else 1: a warning does not."""
    wrong = 0
    async for finding in examine(settings, clock):
        mark = "FIX" if not finding.ok else "WARN" if finding.is_warning else "ok"
        console.print(f"{mark:<5}{finding.subject}: {finding.words}")
        wrong += not finding.ok
    return 1 if wrong else 0
