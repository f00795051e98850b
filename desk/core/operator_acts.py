"""What the operator does from the command line, in the audit trail of every workspace: which command, and who ran it."""

import getpass
import os
from typing import Any

from desk.core.transaction import Office
from storage.queries.people import workspaces
from storage.tables import Workspace


def operator() -> str:
    """Return the name of the account that runs this process, and of the one behind `sudo`."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind}→{name}" if behind and behind != name else name


async def record_act(office: Office, act: str, only: Workspace | None = None, **details: Any) -> None:
    """Record that the operator ran a command, for all workspaces, or `only` for one. `details` are codes, numbers, sums and the
    names of files."""
    async with office.database.reading() as session:
        found = [only] if only is not None else await workspaces.every(session)
    for workspace in found:
        async with office.desk(workspace) as desk:
            desk.audit(act, by=operator(), **details)
