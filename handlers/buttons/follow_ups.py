"""The buttons of a reminder that put it off or hand it over."""

from datetime import datetime
from uuid import UUID

from desk.follow_ups.fitting import move_to_fit
from handlers.door.declarations import ButtonFamily, Press
from handlers.door.request import Reply, Request
from handlers.messages.follow_ups import fitted


async def fit(request: Request) -> Reply:
    """Moves what was planned at an hour that does not fit."""
    value = request.value
    moved = await move_to_fit(request.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(request.t, moved))


FAMILY = ButtonFamily(
    "follow_up",
    {
        "fit": Press(fit),
    },
)
