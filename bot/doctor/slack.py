"""Check what Slack allows the desk: its token, scopes, channels, and how far the clocks differ."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.findings import Finding, error_name, fix, ok
from bot.manifest import OPTIONAL_FILE_SCOPES, OPTIONAL_SCOPES, needed_scopes
from desk.people.team import ReminderChannel
from handlers.door.directory import Directory, code_of
from storage.engine.database import Database
from storage.queries.people import members
from storage.tables import Workspace

DRIFT = timedelta(seconds=60)
"""From five minutes between our clock and Slack's on, requests are refused; one minute shows that something is wrong."""


async def check_slack(
    client: AsyncWebClient, *, links: bool, files: bool, sends_files: bool = False
) -> AsyncIterator[tuple[Finding, str | None]]:
    """Yield what is found of the token, its scopes and the clock, the first with the id of the Slack team if Slack gives it.
    `sends_files`: the workspace's settings have files sent in Slack."""
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        words = f"Slack refuses SLACK_BOT_TOKEN ({code_of(error) or 'no answer'}): copy it again from the app's page"
        yield fix("token", words), None
        return
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        words = f"Slack cannot be reached ({error_name(error)}): check the network, proxy and SLACK_API_URL"
        yield fix("token", words), None
        return
    yield ok("token", f"{answer.get('user')} in {answer.get('team')}"), answer.get("team_id")
    headers = {name.casefold(): value for name, value in answer.headers.items()}
    needed = needed_scopes(links=links, files=files) | (OPTIONAL_FILE_SCOPES if sends_files else {})
    yield _scopes(headers.get("x-oauth-scopes", ""), needed), None
    yield clock_finding(headers.get("date"), datetime.now(UTC)), None


def _scopes(header: str, needed: Mapping[str, str]) -> Finding:
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    missing = [f"{scope} ({why})" for scope, why in needed.items() if scope not in granted]
    if missing:
        return fix("scopes", f"missing: {', '.join(missing)}. Update the app with `loandesk manifest` and reinstall it")
    words = "all are granted"
    if withheld := [scope for scope in OPTIONAL_SCOPES if scope not in granted]:
        words = f"withheld: {', '.join(withheld)}; a message whose delivery is uncertain may be sent twice, and says so"
    if wider := sorted(granted - needed.keys() - OPTIONAL_SCOPES.keys() - OPTIONAL_FILE_SCOPES.keys()):
        words += f"; not needed: {', '.join(wider)}"
    return ok("scopes", words)


def clock_finding(date: str | None, now: datetime) -> Finding:
    """Compare the `Date` header of Slack's answer with our clock, which says `now`."""
    if date is None:
        return ok("clock", "Slack's answer has no date to compare with")
    drift = now - parsedate_to_datetime(date)
    seconds = round(drift.total_seconds())
    if abs(drift) > DRIFT:
        side = "ahead of" if seconds > 0 else "behind"
        return fix("clock", f"{abs(seconds)} s {side} Slack's: set it by NTP. From 300 s on every request is refused")
    return ok("clock", f"{seconds:+d} s from Slack's")


async def check_channels(database: Database, workspace: Workspace, directory: Directory) -> AsyncIterator[Finding]:
    """Yield each channel of reminders or managers that the desk cannot write in."""
    async with database.reading() as session:
        people = await members.everybody(session, workspace.id)
        teams = await members.teams(session, workspace.id)
    uses_of: defaultdict[str, list[str]] = defaultdict(list)
    for member in people:
        uses_of[member.reminder_channel_id or ""].append(f"reminders of {member.slack_user_id}")
    for team in teams:
        if team.channel_lost_at is None:
            uses_of[team.manager_channel_id or ""].append(f"managers of team {team.name}")
    uses_of.pop("", None)
    wrong = 0
    for channel_id, uses in uses_of.items():
        try:
            trouble = trouble_with(await directory.channel(channel_id))
        except SlackApiError as error:
            trouble = f"Slack answers {code_of(error)}"
        if trouble is not None:
            wrong += 1
            yield fix("channels", f"{channel_id} ({', '.join(uses)}): {trouble}")
    for member in people:
        if member.channel_lost_at is not None:
            wrong += 1
            yield fix(
                "channels",
                f"{member.slack_user_id} gets direct messages since {member.channel_lost_at:%Y-%m-%d %H:%M} UTC, because "
                "their channel failed: set it again with /loan-team add",
            )
    for team in teams:
        if team.channel_lost_at is not None:
            wrong += 1
            yield fix(
                "channels",
                f"each manager of team {team.name} gets direct messages since {team.channel_lost_at:%Y-%m-%d %H:%M} UTC, because "
                "the desk may not write in their channel: set another one under Team settings",
            )
    if not wrong:
        yield ok("channels", f"the bot is in all {len(uses_of)} of them, and none is shared with another company")


def trouble_with(channel: ReminderChannel | None) -> str | None:
    """Return what prevents the desk from writing about borrowers in the channel, or None."""
    if channel is None:
        return "the bot cannot see it: invite the bot, or choose another channel with /loan-team add"
    if channel.is_archived:
        return "it is archived: choose another one with /loan-team add"
    if channel.is_shared_outside:
        return "it is shared with another company, which could read about borrowers: choose another one with /loan-team add"
    if not channel.bot_is_in:
        return "the bot isn't in it: type /invite there"
    return None
