"""Buttons of steps beyond calls: say what became of a planned one."""

from uuid import UUID

from desk.follow_ups.collection_steps import settle_step
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.collection_steps import step_changed


async def settle(request: Request) -> Reply:
    """Record that a planned step was done or is cancelled."""
    value = request.value
    result = await settle_step(request.desk, UUID(value["s"]), value["v"], str(value["to"]))
    # A reminder stays, and is rewritten; in a form the answer takes the place of what it answers.
    return Reply(step_changed(request.t, result), replaces=bool(request.form))


FAMILY = ButtonFamily("step", {"settle": settle})
