"""Whether messages may hold tables and charts: a workspace in which they were refused gets the same in plain lines."""

from datetime import timedelta

from desk.desk import Desk
from storage import workspaces

REFUSED_FOR = timedelta(days=30)
"""How long a refusal counts: what draws messages there may be newer by then."""


async def takes_native(desk: Desk) -> bool:
    """Whether none was refused lately."""
    refused_at = await workspaces.native_refused_at(desk.session, desk.workspace.id)
    return refused_at is None or desk.now - refused_at >= REFUSED_FOR


async def native_refused(desk: Desk) -> None:
    """One was refused just now."""
    await workspaces.remember_native_refused(desk.session, desk.workspace.id, desk.now)
