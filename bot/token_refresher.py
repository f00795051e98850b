"""Replace tokens before they end, where Slack's token rotation is on. Of several processes one does so for each installation."""

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError

from bot.manifest import INSTALL
from bot.oauth import OAuth
from bot.served_workspaces import ServedWorkspaces
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.people.installations import (
    Tokens,
    hold_refresh,
    is_to_refresh,
    record_refresh_refused,
    record_refreshed,
)
from handlers.door.directory import code_of
from storage.engine.cipher import UnreadableError
from storage.engine.trouble import log_fields
from storage.queries.people import installations
from storage.tables import SlackInstallation, Workspace

log = structlog.get_logger()

REFUSED = frozenset({"invalid_refresh_token", "token_expired", "token_revoked", "invalid_auth", "account_inactive"})
"""Errors with which Slack says that this refresh token will not be taken again."""


@dataclass(frozen=True, slots=True)
class TokenRefresher:
    """Looks in each round which tokens end soon. A refresh whose answer was lost is tried again 20 s later, with the same
    refresh token: Slack takes one twice within a short time. If it does not, the admins are told to install the app again, while
    the token still works."""

    office: Office
    oauth: OAuth
    workspaces: ServedWorkspaces
    public_url: str

    async def round(self) -> None:
        """Replace the tokens that end soon. Raises what the database raises."""
        now = self.office.clock.now()
        async with self.office.database.reading() as session:
            found = await installations.every(session)
        for installation, workspace in found:
            if is_to_refresh(installation, now):
                await self._refresh(installation, workspace)

    async def _refresh(self, installation: SlackInstallation, workspace: Workspace) -> None:
        try:
            used = await hold_refresh(self.office, installation)
        except UnreadableError:  # which `InstalledWorkspaces` logs: it serves no such workspace
            return
        if used is None:
            return
        try:
            tokens = await self.oauth.refresh(used)
        except SlackApiError as error:
            if code_of(error) in REFUSED:
                await self._refused(workspace, used, code_of(error))
            else:
                log.warning("token_not_replaced", workspace=str(workspace.id), error=code_of(error))
        except (TimeoutError, aiohttp.ClientError, OSError, KeyError) as error:
            log.warning("token_not_replaced", workspace=str(workspace.id), **log_fields(error))
        else:
            async with self.office.desk(workspace) as desk:
                await record_refreshed(desk, used, tokens)
            log.info("token_replaced", workspace=str(workspace.id))
            await self.workspaces.refresh()

    async def _refused(self, workspace: Workspace, used: Tokens, error: str) -> None:
        log.error("token_not_replaced", workspace=str(workspace.id), error=error)
        async with self.office.desk(workspace) as desk:
            await record_refresh_refused(desk, used, error, self.public_url + INSTALL)
