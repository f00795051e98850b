"""Asking to be let in, and answering it."""

from uuid import UUID

from desk.core.errors import Conflict
from desk.importing import demo_borrowers
from desk.people import access
from handlers.door.directory import candidate
from handlers.door.request import Reply, Visit
from handlers.messages.people import access as render
from handlers.messages.people import onboarding


async def ask(visit: Visit) -> Reply:
    """Somebody who is no member asks for access: the one press that they may make."""
    if visit.desk.actor is not None:
        raise Conflict("member_already", slack_id=visit.desk.actor.slack_user_id)
    (slack_id,) = visit.looked.asked
    return Reply(render.request_sent(visit.t, await access.ask(visit.desk, candidate(visit.looked, slack_id))))


async def grant(visit: Visit) -> None:
    """Lets the asker in with the pressed role; the message shows it."""
    value = visit.value
    await access.grant(visit.desk, UUID(value["r"]), value["role"], candidate(visit.looked, value["who"]))


async def decline(visit: Visit) -> None:
    """Does not let the asker in; the message shows it."""
    await access.decline(visit.desk, UUID(visit.value["r"]))


async def add_demo(visit: Visit) -> Reply:
    """Adds demo borrowers of whoever presses."""
    return Reply(onboarding.demo_added(visit.t, await demo_borrowers.add_demo(visit.desk)))


async def remove_demo(visit: Visit) -> Reply:
    """Removes them again."""
    return Reply(onboarding.demo_removed(visit.t, await demo_borrowers.remove_demo(visit.desk)))
