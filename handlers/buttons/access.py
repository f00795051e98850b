"""Asking to be let in, and answering it."""

from uuid import UUID

from desk.core.errors import Conflict
from desk.people import access
from handlers.door.declarations import ButtonFamily, Press
from handlers.door.directory import candidate
from handlers.door.request import Reply, Request
from handlers.messages.people import access as render


async def ask(request: Request) -> Reply:
    """Somebody who is no member asks for access: the one press that they may make."""
    if request.desk.actor is not None:
        raise Conflict("member_already", slack_id=request.desk.actor.slack_user_id)
    (slack_id,) = request.entries.ids
    return Reply(render.request_sent(request.t, await access.ask(request.desk, candidate(request.entries, slack_id))))


async def grant(request: Request) -> None:
    """Lets the asker in with the pressed role; the message shows it."""
    value = request.value
    await access.grant(request.desk, UUID(value["r"]), value["role"], candidate(request.entries, value["who"]))


async def decline(request: Request) -> None:
    """Does not let the asker in; the message shows it."""
    await access.decline(request.desk, UUID(request.value["r"]))


FAMILY = ButtonFamily(
    "access",
    {
        "ask": Press(ask, for_non_members=True),
        "grant": Press(grant),
        "decline": Press(decline),
    },
)
