"""`loandesk doctor`: check what the desk needs, and say for each finding that it is ok or what to do."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import aiohttp
from rich.console import Console
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.engine import make_url

from bot.manifest import OPTIONAL_SCOPES, app_manifest, needed_scopes
from bot.monitoring import WORKER_SILENT_AFTER
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from desk.people.team import ReminderChannel
from desk.rules.hours import known_zone
from handlers.door.directory import Directory, code_of
from storage.engine import schema
from storage.engine.cipher import Cipher
from storage.engine.database import Database, open_to_others
from storage.engine.trouble import DATABASE_ERRORS
from storage.queries.core import set_aside
from storage.queries.loans import index_versions
from storage.queries.messages import sending
from storage.queries.people import members, workspaces
from storage.tables import Workspace
from storage.upkeep import inspection, processes

REQUEST_SECONDS = 10
DRIFT = timedelta(seconds=60)
"""From five minutes between our clock and Slack's on, requests are refused; one minute shows that something is wrong."""

LATE = timedelta(minutes=5)
"""A message that is pending for longer is late."""

RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of a check of `subject`. When not `ok`, `words` say what to do."""

    subject: str
    ok: bool
    words: str


def ok(subject: str, words: str) -> Finding:
    """Return a finding that needs no action."""
    return Finding(subject, True, words)


def fix(subject: str, words: str) -> Finding:
    """Return a finding that needs action."""
    return Finding(subject, False, words)


async def examine(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Finding]:
    """Yield each finding as soon as it is known, without the checks that an earlier one makes impossible."""
    clock = clock or SystemClock()
    yield ok("settings", "all are present and readable")
    database = Database(settings.database_url.get_secret_value())
    try:
        usable = True
        async for finding in _database(settings, database):
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
            async for finding, team in _slack(client, links=bool(settings.loan_links)):
                slack_team_id = team or slack_team_id
                yield finding
            if usable:
                async for finding in _workspace(database, client, slack_team_id, clock.now()):
                    yield finding
    finally:
        await database.close()


async def _database(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    url = make_url(settings.database_url.get_secret_value())
    where = url.render_as_string(hide_password=True)
    if database.is_sqlite and not _exists(url.database or ""):
        yield fix("database", f"{where}: the file does not exist yet: run `loandesk migrate`, which creates it")
        return
    try:
        revision = await schema.revision(database)
    except DATABASE_ERRORS as error:
        yield fix(
            "database",
            f"{where} cannot be opened ({_name(error)}): check DATABASE_URL, and that the server runs and accepts the login",
        )
        return
    yield ok("database", where)
    if places := open_to_others(settings.database_url.get_secret_value()):
        yield fix(
            "files",
            f"others on this machine may read {', '.join(map(str, places))}: chmod 700 the folder, 600 the files",
        )
    if revision is None:
        yield fix("migrations", "the database has no tables yet: run `loandesk migrate`")
    elif not schema.knows(revision):
        yield fix("migrations", "the database belongs to a newer release: run that one, or restore a backup")
    elif not await schema.is_current(database):
        yield fix("migrations", "the database is behind this release: back it up, then run `loandesk migrate`")
    else:
        yield ok("migrations", f"at {revision}")
        async for finding in _keys(database, settings.cipher()):
            yield finding


async def _keys(database: Database, cipher: Cipher) -> AsyncIterator[Finding]:
    async with database.reading() as session:
        found = await inspection.samples(session, cipher)
        setting, _ = await inspection.wrong_key(session, cipher)
    if closed := [each.place.name for each in found if each.wrong_key]:
        yield fix(
            "keys",
            f"no key of LOANDESK_ENCRYPTION_KEYS opens {', '.join(closed)}: restore the key that encrypted it",
        )
        return
    if setting is not None:
        yield fix("keys", "LOANDESK_SEARCH_KEY has changed: restore the earlier one, or no borrower will be found")
        return
    if damaged := [f"{each.place.name} of row {row_id}" for each in found for row_id in each.unreadable]:
        yield fix(
            "damaged rows",
            f"the keys fit, but none opens {', '.join(damaged)}: restore these from a backup. "
            "These are samples: `loandesk rotate` names every such row",
        )
    older = [number for number in sorted(cipher.ring.keys) if number != cipher.ring.current]
    rest = f"; older ones: {', '.join(map(str, older))}" if older else ""
    yield ok("keys", f"samples can be decrypted; key {cipher.ring.current} encrypts{rest}")


async def _slack(client: AsyncWebClient, *, links: bool) -> AsyncIterator[tuple[Finding, str | None]]:
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        words = f"Slack refuses SLACK_BOT_TOKEN ({code_of(error) or 'no answer'}): copy it again from the app's page"
        yield fix("token", words), None
        return
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        words = f"Slack cannot be reached ({_name(error)}): check the network, proxy and SLACK_API_URL"
        yield fix("token", words), None
        return
    yield ok("token", f"{answer.get('user')} in {answer.get('team')}"), answer.get("team_id")
    headers = {name.casefold(): value for name, value in answer.headers.items()}
    yield _scopes(headers.get("x-oauth-scopes", ""), needed_scopes(links=links)), None
    yield clock_finding(headers.get("date"), datetime.now(UTC)), None


def _scopes(header: str, needed: Mapping[str, str]) -> Finding:
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    missing = [f"{scope} ({why})" for scope, why in needed.items() if scope not in granted]
    if missing:
        return fix("scopes", f"missing: {', '.join(missing)}. Update the app with `loandesk manifest` and reinstall it")
    words = "all are granted"
    if withheld := [scope for scope in OPTIONAL_SCOPES if scope not in granted]:
        words = f"withheld: {', '.join(withheld)}; a message whose delivery is uncertain may be sent twice, and says so"
    if wider := sorted(granted - needed.keys() - OPTIONAL_SCOPES.keys()):
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


async def _workspace(
    database: Database, client: AsyncWebClient, slack_team_id: str | None, now: datetime
) -> AsyncIterator[Finding]:
    async with database.reading() as session:
        workspace = next(iter(await workspaces.every(session)), None)
    if workspace is None:
        yield fix("workspace", "the desk is not set up in this workspace yet: start `loandesk serve` once")
        return
    if slack_team_id is not None and slack_team_id != workspace.slack_team_id:
        yield fix(
            "workspace",
            f"the database belongs to {workspace.slack_team_id}, the token to {slack_team_id}: change one of them",
        )
        return
    if slack_team_id is not None:
        async for finding in _channels(database, workspace, Directory(client)):
            yield finding
    async for finding in _accounts(database, workspace):
        yield finding
    yield _manifest(workspace)
    yield await _search(database, workspace)
    yield await _admins(database, workspace)
    yield await _worker(database, workspace, now)
    if (finding := await _zones(database, workspace)) is not None:
        yield finding
    if (finding := await _set_aside(database, workspace, now)) is not None:
        yield finding
    yield await _backlog(database, workspace, now)


async def _channels(database: Database, workspace: Workspace, directory: Directory) -> AsyncIterator[Finding]:
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


async def _accounts(database: Database, workspace: Workspace) -> AsyncIterator[Finding]:
    async with database.reading() as session:
        lost = [m for m in await members.everybody(session, workspace.id) if m.account_lost_at is not None]
    for member in lost:
        state = "was deactivated" if member.account_lost_why == "deactivated" else "is a guest's"
        yield fix(
            "accounts",
            f"{member.slack_user_id}'s Slack account {state} (known since {member.account_lost_at:%Y-%m-%d %H:%M} UTC): hand "
            "their work over with /loan-team remove",
        )


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


def _manifest(workspace: Workspace) -> Finding:
    # Slack shows a bot neither commands nor events: only the desk knows what the app's manifest has.
    if workspace.app_manifest is None:
        return ok("manifest", "not recorded yet: the desk records it when it next starts")
    if added := app_manifest().added_to(workspace.app_manifest):
        words = "; ".join(f"{name} {', '.join(found)}" for name, found in asdict(added).items() if found)
        return fix(
            "manifest",
            f"this release adds {words}: paste the output of `loandesk manifest` under App Manifest at "
            "https://api.slack.com/apps. The admins are told when the desk starts",
        )
    if workspace.app_manifest_at is None:
        return ok("manifest", "nothing has been added since the installation")
    return ok("manifest", f"the admins were told on {workspace.app_manifest_at:%Y-%m-%d} what to paste in Slack")


async def _search(database: Database, workspace: Workspace) -> Finding:
    async with database.reading() as session:
        index = await index_versions.progress(session, workspace.id)
    if index.set_aside:
        return fix(
            "search",
            f"{index.set_aside} of {index.borrowers} borrowers could not be indexed, because no key opens their name or phone: "
            "restore the key, then run `loandesk reindex`. The log names them (`row_set_aside`)",
        )
    if index.waiting:
        done = index.borrowers - index.waiting
        return ok(
            "search",
            f"{done} of {index.borrowers} borrowers have this release's entries; the worker goes on, and `loandesk reindex` is "
            "faster. Until then the desk searches the old entries too",
        )
    return ok("search", f"all {index.borrowers} borrowers are indexed")


async def _admins(database: Database, workspace: Workspace) -> Finding:
    async with database.reading() as session:
        admins = await members.with_role(session, workspace.id, "admin")
    if not admins:
        return fix(
            "admins", "there is none: set LOANDESK_FIRST_ADMIN to a Slack member id (U012ABCDEF) and restart the desk"
        )
    return ok("admins", f"{len(admins)}")


async def _worker(database: Database, workspace: Workspace, now: datetime) -> Finding:
    async with database.reading() as session:
        worked_at = await processes.last_worked(session, workspace.id)
    if worked_at is None:
        return fix("worker", "none has run yet: start `loandesk serve`, and on PostgreSQL also `loandesk worker`")
    if now - worked_at > WORKER_SILENT_AFTER:
        since = f"{worked_at:%Y-%m-%d %H:%M:%S} UTC"
        return fix("worker", f"none has run since {since}, so no reminders are sent: start it and look at its log")
    return ok("worker", "running")


async def _zones(database: Database, workspace: Workspace) -> Finding | None:
    async with database.reading() as session:
        people = await members.everybody(session, workspace.id)
    astray = [f"{member.slack_user_id} ({member.zone[:60]!r})" for member in people if known_zone(member.zone) is None]
    if not astray:
        return None
    return fix(
        "time zones",
        f"this machine does not know those of {', '.join(astray)}, so the workspace's, {workspace.zone}, counts for them: they "
        "choose another in Slack, or the machine needs newer time zone data",
    )


async def _set_aside(database: Database, workspace: Workspace, now: datetime) -> Finding | None:
    async with database.reading() as session:
        counts = await set_aside.count(session, workspace.id, now)
    counts.pop(set_aside.TIME_ZONES, None)
    unreadable = counts.pop(set_aside.UNREADABLE, 0)
    findings: list[str] = []
    if counts:
        words = ", ".join(f"{number} {chore.replace('_', ' ')}" for chore, number in sorted(counts.items()))
        findings.append(f"{words}: the worker fails with these. The log says why (`row_set_aside`)")
    if unreadable:
        findings.append(
            f"people met {unreadable} damaged rows, shown as unreadable. The log names them (`row_unreadable`)"
        )
    return fix("set aside", ". ".join(findings)) if findings else None


async def _backlog(database: Database, workspace: Workspace, now: datetime) -> Finding:
    async with database.reading() as session:
        backlog = await sending.backlog(session, workspace.id)
        lost = await sending.gave_up_since(session, workspace.id, now - RECENT)
    counts = (
        f"{backlog.pending} pending, {backlog.failing} failing, {backlog.doubtful} uncertain, "
        f"{backlog.gave_up} ever given up"
    )
    if backlog.oldest is not None and now - backlog.oldest > LATE:
        minutes = int((now - backlog.oldest).total_seconds() // 60)
        return fix(
            "backlog",
            f"{counts}; the oldest has waited for {minutes} min: is the worker running, and does Slack answer?",
        )
    if lost:
        return fix("backlog", f"{counts}; {lost} given up in the last day. The log says why (`gave_up`)")
    return ok("backlog", counts)


def _exists(path: str) -> bool:
    return Path(path).exists()


def _name(error: BaseException) -> str:
    return type(getattr(error, "orig", None) or error).__name__


async def run(settings: Settings, console: Console, clock: Clock | None = None) -> int:
    """Print one line for each finding. Return 0 when all are ok, else 1."""
    wrong = 0
    async for finding in examine(settings, clock):
        mark = "ok " if finding.ok else "FIX"
        console.print(f"{mark}  {finding.subject}: {finding.words}")
        wrong += not finding.ok
    return 1 if wrong else 0
