"""The Undo button."""

from uuid import UUID

from desk.undo import take_back
from handlers.render.undo import taken_back
from handlers.visit import Reply, Visit


async def undo(visit: Visit) -> Reply:
    """Takes back what the pressed answer reports, and takes its place."""
    undone = await take_back(visit.desk, UUID(visit.value["u"]))
    return Reply(taken_back(visit.t, undone), replaces=True)
