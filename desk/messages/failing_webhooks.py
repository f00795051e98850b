"""The endpoints of webhooks that take nothing, for the Home of admins."""

from datetime import datetime

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.webhook_endpoints import BY_OPERATOR, host_of
from storage.queries.webhooks import endpoints


@dataclass(frozen=True, slots=True)
class FailingWebhook:
    """An endpoint that has taken nothing since then. `error` is a status or the code of what went wrong; `stopped`: the desk
    sends it nothing any more."""

    host: str
    since: datetime
    error: str
    stopped: bool


async def failing_webhooks(desk: Desk) -> tuple[FailingWebhook, ...]:
    """Return the endpoints that fail, and those that were disabled for it."""
    if not desk.workspace.webhooks:
        return ()
    found: list[FailingWebhook] = []
    for row in await endpoints.of_workspace(desk.session, desk.workspace.id):
        since = row.disabled_at or row.failing_since
        if since is not None and row.disabled_why != BY_OPERATOR:
            found.append(FailingWebhook(host_of(row), since, row.last_error or "", row.disabled_at is not None))
    return tuple(found)
