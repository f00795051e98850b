"""`loandesk doctor`: check what the desk needs, and say for each finding that it is ok or what to do."""

from collections.abc import AsyncIterator

import aiohttp
from rich.console import Console
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.database import check_database
from bot.doctor.files import check_files
from bot.doctor.findings import Finding, ok
from bot.doctor.keys import check_keys
from bot.doctor.slack import check_slack
from bot.doctor.time_stamps import check_time_stamps
from bot.doctor.workspace import check_workspace
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from storage.engine.database import Database

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
            client = AsyncWebClient(
                token=settings.bot_token.get_secret_value(),
                base_url=settings.slack_api_url,
                session=session,
                timeout=REQUEST_SECONDS,
                retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=5)],
            )
            slack_team_id: str | None = None
            async for finding, team in check_slack(
                client, links=bool(settings.loan_links), files=bool(settings.public_url)
            ):
                slack_team_id = team or slack_team_id
                yield finding
            async for finding in check_time_stamps(settings, session, clock):
                yield finding
            if usable:
                links = bool(settings.loan_links)
                async for finding in check_workspace(database, client, slack_team_id, clock.now(), links=links):
                    yield finding
                async for finding in check_files(settings, database, session):
                    yield finding
    finally:
        await database.close()


async def run(settings: Settings, console: Console, clock: Clock | None = None) -> int:
    """Print one line for each finding. Return 0 when none needs action, else 1: a warning does not."""
    wrong = 0
    async for finding in examine(settings, clock):
        mark = "FIX" if not finding.ok else "WARN" if finding.is_warning else "ok"
        console.print(f"{mark:<5}{finding.subject}: {finding.words}")
        wrong += not finding.ok
    return 1 if wrong else 0
