"""The Undo button."""

from uuid import UUID

import desk.registrations  # noqa: F401  (Undo must know all tables)
from desk.core.undo import take_back
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.undo import undo_answer


async def undo(request: Request) -> Reply:
    """Undo what the pressed answer reports, and replace the answer."""
    undone = await take_back(request.desk, UUID(request.value["u"]))
    return Reply(undo_answer(request.t, undone), replaces=True)


FAMILY = ButtonFamily("undo", {"take_back": undo})
