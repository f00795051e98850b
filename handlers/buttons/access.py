"""Buttons that ask for access to the desk, and that answer such a request."""

from uuid import UUID

from desk.core.errors import Conflict
from desk.people import access
from handlers.door.declarations import ButtonFamily
from handlers.door.request import Reply, Request
from handlers.messages.people import access as render


async def ask(request: Request) -> Reply:
    """Ask for access: the only button for people who are not members."""
    if request.desk.actor is not None:
        raise Conflict("member_already", slack_id=request.desk.actor.slack_user_id)
    (slack_id,) = request.entries.ids
    return Reply(render.request_sent(request.t, await access.ask(request.desk, request.entries.candidate(slack_id))))


async def grant(request: Request) -> None:
    """Grant access with the role of the button; the message shows it."""
    value = request.value
    await access.grant(request.desk, UUID(value["r"]), value["role"], request.entries.candidate(value["who"]))


async def decline(request: Request) -> None:
    """Decline access; the message shows it."""
    await access.decline(request.desk, UUID(request.value["r"]))


FAMILY = ButtonFamily("access", {"ask": ask, "grant": grant, "decline": decline}, for_non_members=frozenset({"ask"}))
