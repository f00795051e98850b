"""The first admin's one message: what is still to be set up, and how it stands."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time

from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.messages.kinds import WELCOME
from desk.messages.notices import owe_to_member
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Member, Workspace

_KEY = WELCOME.name
"""The key of the message: a workspace is owed it once."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """How far the desk is set up. `managers` are names."""

    managers: tuple[str, ...] = field(repr=False)
    locale: str
    country: str | None
    zone: str
    contact_start: time
    contact_end: time


async def owe_welcome(desk: Desk, admin: Member) -> None:
    """Owes the first admin the message, unless anybody has had it."""
    await owe_to_member(desk, kind=WELCOME, key=_KEY, member=admin)


async def welcome(desk: Desk) -> Welcome:
    """How the desk stands now."""
    workspace = desk.workspace
    managers = await members.with_role(desk.session, workspace.id, "manager")
    return Welcome(
        managers=tuple(member.name for member in managers),
        locale=workspace.locale,
        country=workspace.country,
        zone=workspace.zone,
        contact_start=workspace.contact_start,
        contact_end=workspace.contact_end,
    )


@recomputes_after(Workspace)
async def rewrite_welcome(desk: Desk, _: Sequence[Workspace]) -> None:
    """Rewrite the first admin's message after the workspace's settings changed."""
    await set_up_changed(desk)


async def set_up_changed(desk: Desk) -> None:
    """Has the message rewritten, where it was sent."""
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, [_KEY])
    await notices.touch(desk.session, told.values(), desk.now)
