"""The Undo button."""

from uuid import UUID

import desk.registrations  # noqa: F401  (Undo must know all tables)
from desk.core.undo import take_back
from handlers.door.request import Reply, Visit
from handlers.messages.undo import taken_back


async def undo(visit: Visit) -> Reply:
    """Takes back what the pressed answer reports, and takes its place."""
    undone = await take_back(visit.desk, UUID(visit.value["u"]))
    return Reply(taken_back(visit.t, undone), replaces=True)
