"""Buttons of legal holds and of how long records are kept."""

from uuid import UUID

from desk.loans.holds import holds, lift_hold
from desk.retention.policies import policies
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages import retention


async def show_holds(request: Request) -> Reply:
    """Show a page of the holds in force."""
    offset = int(request.value.get("o", 0))
    return Reply(retention.hold_list(request.t, await holds(request.desk, offset=offset), request.zone))


async def lift(request: Request) -> Reply:
    """Lift a hold."""
    result = await lift_hold(request.desk, UUID(request.value["h"]), request.value["v"])
    return Reply(retention.hold_changed(request.t, result))


async def show_policies(request: Request) -> Reply:
    """Show how long each kind of record is kept."""
    return Reply(retention.policy_list(request.t, await policies(request.desk), request.zone))


FAMILY = ButtonFamily("retention", {"holds": show_holds, "lift": lift, "policies": show_policies})
