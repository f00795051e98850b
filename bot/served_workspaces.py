"""The workspaces that this process serves: one with the token of the settings, or each in which the app is installed."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from bot.served import ServedWorkspace
from desk.core.transaction import Office
from desk.people.installations import tokens_of
from storage.engine.cipher import UnreadableError
from storage.queries.people import installations, workspaces
from storage.tables import SlackInstallation, Workspace

log = structlog.get_logger()

Serve = Callable[[SlackInstallation, Workspace, str], ServedWorkspace]
"""Returns what serves the workspace of an installation with its bot token."""

_ASK_AGAIN = timedelta(seconds=1)
"""How soon the database is asked again for a team that is not known."""


class ServedWorkspaces(Protocol):
    """What this process serves now."""

    several: bool
    """Whether there may be several, and how many changes while the process runs."""

    def present(self) -> Sequence[ServedWorkspace]:
        """Return those that are served now."""
        ...

    async def find(self, installed_in: str | None) -> ServedWorkspace | None:
        """Return the one of that Slack team or organisation."""
        ...

    def ended(self) -> Sequence[Workspace]:
        """Return those from which the app was removed."""
        ...

    async def refresh(self) -> None:
        """Follow what other processes have changed."""
        ...


class OneWorkspace:
    """The workspace of the token in the settings."""

    several = False

    def __init__(self, served: ServedWorkspace) -> None:
        self._served = served

    def present(self) -> Sequence[ServedWorkspace]:
        return (self._served,)

    def ended(self) -> Sequence[Workspace]:
        return ()

    async def find(self, installed_in: str | None) -> ServedWorkspace | None:
        return self._served if installed_in == self._served.workspace.slack_team_id else None

    async def refresh(self) -> None:
        """Do nothing: the heartbeat follows the workspace's settings."""


class InstalledWorkspaces:
    """The workspaces in which the app is installed, as the database has them."""

    several = True

    def __init__(self, office: Office, serve: Serve) -> None:
        self._office = office
        self._serve = serve
        self._served: dict[UUID, ServedWorkspace] = {}
        self._ended: Sequence[Workspace] = ()
        self._unreadable: set[UUID] = set()
        self._asked_at: datetime | None = None
        self._refreshing = asyncio.Lock()

    def present(self) -> Sequence[ServedWorkspace]:
        return tuple(self._served.values())

    def ended(self) -> Sequence[Workspace]:
        return self._ended

    async def find(self, installed_in: str | None) -> ServedWorkspace | None:
        if (found := self._known(installed_in)) is not None or installed_in is None:
            return found
        asked, now = self._asked_at, self._office.clock.now()
        if asked is None or not asked <= now < asked + _ASK_AGAIN:  # another process may have installed it just now
            await self.refresh()
        return self._known(installed_in)

    def _known(self, installed_in: str | None) -> ServedWorkspace | None:
        return next((one for one in self._served.values() if one.workspace.slack_team_id == installed_in), None)

    async def refresh(self) -> None:
        async with self._refreshing:
            self._asked_at = self._office.clock.now()
            async with self._office.database.reading() as session:
                found = await installations.every(session)
            self._ended = [workspace for installation, workspace in found if installation.ended_at is not None]
            there: set[UUID] = set()
            for installation, workspace in found:
                if installation.ended_at is None and self._follow(installation, workspace):
                    there.add(workspace.id)
            for workspace_id in self._served.keys() - there:
                del self._served[workspace_id]
                log.info("workspace_no_longer_served", workspace=str(workspace_id))

    def _follow(self, installation: SlackInstallation, workspace: Workspace) -> bool:
        """Serve a workspace with its token of now. Return False if the token cannot be read."""
        try:
            token = tokens_of(self._office.cipher, installation).bot
        except UnreadableError:
            if workspace.id not in self._unreadable:
                log.error("token_unreadable", workspace=str(workspace.id))
            self._unreadable.add(workspace.id)
            return False
        self._unreadable.discard(workspace.id)
        served = self._served.get(workspace.id)
        if served is None:
            self._served[workspace.id] = self._serve(installation, workspace, token)
            log.info("workspace_served", workspace=str(workspace.id), team=workspace.slack_team_id)
        else:
            served.client.token = token
            workspaces.copy_onto(served.workspace, workspace)
        return True
