"""The button that moves a follow-up to the next minute that fits."""

from datetime import datetime
from uuid import UUID

from desk.fitting import move_to_fit
from handlers.render.fitting import fitted
from handlers.visit import Reply, Visit


async def fit(visit: Visit) -> Reply:
    """Moves what was planned at an hour that does not fit."""
    value = visit.value
    moved = await move_to_fit(visit.desk, UUID(value["f"]), value["v"], datetime.fromisoformat(value["a"]))
    return Reply(fitted(visit.t, moved))
