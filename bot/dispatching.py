"""Hand a verified request of Slack to the workspace for whose installation it is."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.served import ServedWorkspace
from handlers.door.addressees import addressee_of
from handlers.messages.people.installing import not_installed

log = structlog.get_logger()

Find = Callable[[str | None], Awaitable[ServedWorkspace | None]]
"""Finds the workspace of an installation by the Slack id of its team or organisation."""


class UnknownTeamError(Exception):
    """A request of a Slack team that this desk does not serve."""


class Dispatcher:
    """Answers requests of Slack that are verified and read. `polite`: people of a team that the desk does not serve are told so;
    a desk of one team refuses what it should never get."""

    def __init__(self, find: Find, *, polite: bool) -> None:
        self._find = find
        self._polite = polite

    async def dispatch(self, payload: Any, headers: Mapping[str, str | Sequence[str]]) -> BoltResponse:
        """Return the answer. Raises MalformedError and UnknownTeamError."""
        addressee = addressee_of(payload)
        if addressee is None:
            return BoltResponse(status=200, body=str(payload.get("challenge", "")))
        served = await self._find(addressee.installed_in)
        if served is None:
            if not self._polite:
                raise UnknownTeamError
            log.warning("team_not_served", team=addressee.installed_in)
            return _turned_away(payload)
        # "Socket mode" is Bolt's word for a payload that is verified and read.
        request = AsyncBoltRequest(mode="socket_mode", body=payload, headers=dict(headers))
        return await served.app.async_dispatch(request)


def _turned_away(payload: Mapping[str, Any]) -> BoltResponse:
    """Tell who typed a command, in both languages. Anything else is acknowledged, because Slack would send it again."""
    if "command" not in payload:
        return BoltResponse(status=200)
    return BoltResponse(status=200, body=json.dumps({"response_type": "ephemeral", "text": not_installed()}))
