"""Check the endpoints of webhooks: those that fail, that were disabled, and what waits too long."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from bot.doctor.findings import Finding, fix, ok, warn
from desk.core.webhook_endpoints import host_of
from storage.engine.database import Database
from storage.queries.webhooks import deliveries, endpoints
from storage.tables import WebhookEndpoint, Workspace

_WAITS = timedelta(minutes=15)
"""An event that is pending for longer, at an endpoint that does not fail, is not being sent."""


async def check_webhooks(database: Database, workspace: Workspace, now: datetime) -> AsyncIterator[Finding]:
    """Yield a finding for each endpoint; nothing without one."""
    async with database.reading() as session:
        for row in await endpoints.of_workspace(session, workspace.id):
            since = await deliveries.pending_since(session, row.id)
            set_aside = (await deliveries.counts(session, row.id)).get("set_aside", 0)
            yield _finding(row, since, set_aside, now)


def _finding(row: WebhookEndpoint, since: datetime | None, set_aside: int, now: datetime) -> Finding:
    name = f"{row.id} ({host_of(row)})"
    if row.disabled_at is not None and row.disabled_why != "operator":
        return fix(
            "webhooks",
            f"{name} was disabled at {row.disabled_at:%Y-%m-%d %H:%M} UTC ({row.disabled_why}): mend the receiver, "
            f"`loandesk webhooks enable {row.id}`, and replay what it missed",
        )
    if row.disabled_at is not None:
        return ok("webhooks", f"{name} is disabled by the operator")
    if row.failing_since is not None:
        return fix(
            "webhooks",
            f"{name} has failed since {row.failing_since:%Y-%m-%d %H:%M} UTC ({row.last_error}): see "
            f"`loandesk webhooks deliveries --failed --endpoint {row.id}`",
        )
    if since is not None and now - since > _WAITS:
        return fix("webhooks", f"{name} is owed events since {since:%Y-%m-%d %H:%M} UTC: does a worker run?")
    if set_aside:
        return warn(
            "webhooks", f"{name} missed {set_aside} events that were set aside: `loandesk webhooks replay` sends them"
        )
    return ok("webhooks", f"{name} takes what it is sent")
