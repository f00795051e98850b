"""The log of deliveries, as a program of the lender's reads it to prove that nothing was lost."""

from collections.abc import Sequence
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.permissions import require
from desk.core.transaction import Desk
from storage.engine.pages import Mark
from storage.queries.webhooks import deliveries
from storage.queries.webhooks.deliveries import LoggedDelivery


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some deliveries, the newest first. `following`: the last of them, behind which there are more."""

    deliveries: Sequence[LoggedDelivery]
    following: Mark | None


async def read_log(desk: Desk, *, failed: bool, endpoint_id: UUID | None, before: Mark | None, limit: int) -> LogPage:
    """Return deliveries, with `failed` those of which an attempt failed and none has succeeded. Raises NotAllowed."""
    require(desk, "read_webhooks")
    found = await deliveries.logged(
        desk.session,
        desk.workspace.id,
        endpoint_id=endpoint_id,
        failed=failed,
        before=before.id if before else None,
        limit=limit + 1,
    )
    page = found[:limit]
    return LogPage(page, Mark(page[-1].delivery.id) if len(found) > limit else None)
