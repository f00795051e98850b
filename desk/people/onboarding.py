"""The welcome message to the first admin: what to set up, and what is set up already."""

from collections.abc import Sequence
from dataclasses import field
from datetime import time

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from desk.core.undo_rules import recomputes_after
from desk.messages.kinds import WELCOME
from desk.messages.notices import queue_notice
from storage.queries.messages import notices
from storage.queries.people import members
from storage.tables import Member, Workspace

_KEY = WELCOME.name
"""The key of the message, which a workspace gets once."""


@dataclass(frozen=True, slots=True)
class SetupStatus:
    """What is set up. `managers` are names."""

    managers: tuple[str, ...] = field(repr=False)
    locale: str
    country: str | None
    zone: str
    contact_start: time
    contact_end: time


async def send_welcome(desk: Desk, admin: Member) -> None:
    """Send the first admin the message, once per workspace."""
    await queue_notice(desk, kind=WELCOME, key=_KEY, to=admin)


async def setup_status(desk: Desk) -> SetupStatus:
    """Return what is set up now."""
    workspace = desk.workspace
    managers = await members.with_role(desk.session, workspace.id, "manager")
    return SetupStatus(
        managers=tuple(member.name for member in managers),
        locale=workspace.locale,
        country=workspace.country,
        zone=workspace.zone,
        contact_start=workspace.contact_start,
        contact_end=workspace.contact_end,
    )


@recomputes_after(Workspace)
async def refresh_welcome(desk: Desk, _: Sequence[Workspace] = ()) -> None:
    """Update the message, if it was sent, after members or the workspace's settings changed."""
    told = await notices.ids_of_keys(desk.session, desk.workspace.id, [_KEY])
    await notices.touch(desk.session, told.values(), desk.now)
