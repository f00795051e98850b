"""Buttons that change a follow-up which was just planned."""

from datetime import datetime
from uuid import UUID

from desk.follow_ups.fitting import move_to_fit
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.follow_ups import fitted


async def fit(request: Request) -> Reply:
    """Move a follow-up from a time that does not fit to one that does."""
    value = request.value
    moved = await move_to_fit(request.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(request.t, moved))


FAMILY = ButtonFamily("follow_up", {"fit": fit})
