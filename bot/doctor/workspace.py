"""Check the workspace: its members, search entries, worker and messages."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.findings import Finding, fix, ok
from bot.doctor.slack import check_channels
from bot.doctor.webhooks import check_webhooks
from bot.manifest import PANE_EVENT, app_manifest
from bot.monitoring import WORKER_SILENT_AFTER
from desk.messages.notices import REFUSED_FOR
from desk.rules.hours import known_zone
from handlers.door.directory import Directory
from handlers.messages.work_objects import ENTITY_TYPE
from storage.engine.database import Database
from storage.queries.core import retention_runs, set_aside
from storage.queries.loans import index_versions
from storage.queries.messages import backlogs
from storage.queries.people import members, workspaces
from storage.tables import Workspace
from storage.upkeep import processes

LATE = timedelta(minutes=5)
"""A message that is pending for longer is late."""

RETENTION_DUE = timedelta(days=35)
"""A desk that has deleted what is older than its period does so monthly."""

RECENT = timedelta(days=1)


async def check_workspace(
    database: Database,
    client: AsyncWebClient,
    slack_team_id: str | None,
    now: datetime,
    *,
    links: bool,
    workspace: Workspace | None = None,
) -> AsyncIterator[Finding]:
    """Yield what is found of the workspace. `slack_team_id` is the team of the token, None if Slack did not say; `links`: links
    to the lender's loan system are set. `workspace`: of a desk of several, which one."""
    if workspace is None:
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
        async for finding in check_channels(database, workspace, Directory(client)):
            yield finding
    async for finding in _accounts(database, workspace):
        yield finding
    yield _manifest(workspace)
    if (finding := _work_objects(workspace, now, links=links)) is not None:
        yield finding
    yield await _search(database, workspace)
    yield await _admins(database, workspace)
    yield await _worker(database, workspace, now)
    if (finding := await _zones(database, workspace)) is not None:
        yield finding
    if (finding := await _set_aside(database, workspace, now)) is not None:
        yield finding
    yield await _backlog(database, workspace, now)
    async for finding in check_webhooks(database, workspace, now):
        yield finding
    yield await _retention(database, workspace, now)


async def _retention(database: Database, workspace: Workspace, now: datetime) -> Finding:
    async with database.reading() as session:
        ended_at = await retention_runs.last_ended(session, workspace.id)
    if ended_at is None:
        return ok(
            "retention", "never run: `loandesk retention` shows what is older than its period, `--apply` deletes it"
        )
    words = f"last run {ended_at:%Y-%m-%d %H:%M} UTC"
    if now - ended_at > RETENTION_DUE:
        return fix("retention", f"{words}: run `loandesk retention`, and with `--apply` what it shows is deleted")
    return ok("retention", words)


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


def _work_objects(workspace: Workspace, now: datetime, *, links: bool) -> Finding | None:
    if not workspace.work_objects:
        off = "off: links show number and stage. An admin chooses them under Language and country on the Home"
        return ok("work objects", off) if links else None
    if not links:
        return fix(
            "work objects", "the workspace shows them, but LOANDESK_LOAN_LINKS says no links: set it and restart"
        )
    # Slack does not tell an app which of its features are on: only a refusal shows that one is missing.
    needs = (
        f"Work Object Previews with the type {ENTITY_TYPE} and the event {PANE_EVENT}, at https://api.slack.com/apps or by "
        "pasting the output of `loandesk manifest --work-objects`"
    )
    refused_at = workspace.entities_refused_at
    if refused_at is not None and now - refused_at < REFUSED_FOR:
        return fix(
            "work objects",
            f"Slack refused one on {refused_at:%Y-%m-%d %H:%M} UTC, so links show number and stage: switch on {needs}. Then "
            "choose the other way under Language and country and this one again, or the desk tries again after "
            f"{REFUSED_FOR.days} days",
        )
    return ok("work objects", f"on, and Slack has refused none lately. They need {needs}")


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
        worked_at = await processes.last_worked(session)
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
        backlog = await backlogs.backlog(session, workspace.id)
        lost = await backlogs.gave_up_since(session, workspace.id, now - RECENT)
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
