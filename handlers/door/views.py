"""Methods of Slack's Web API that show something: each is requested once, with a time limit, and a failure is logged."""

import asyncio
from typing import Any

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from handlers.door.directory import code_of
from handlers.messages.block_kit.view import View

log = structlog.get_logger()

SECONDS = 1.5
"""Time limit for a view: a trigger expires after 3 s, and the press must be answered by then."""

PUBLISH_SECONDS = 2.5
"""Time limit for publishing a home: opening a home needs no answer."""


async def send(
    client: AsyncWebClient, method: str, arguments: dict[str, Any], seconds: float, what: str
) -> dict[str, Any] | None:
    """Return Slack's response, or None after logging `<what>_refused` or `<what>_not_shown`."""
    try:
        async with asyncio.timeout(seconds):
            response = await client.api_call(method, json=arguments)
    except SlackApiError as error:
        log.warning(f"{what}_refused", method=method, error=code_of(error))
        return None
    except (ClientError, TimeoutError, OSError) as error:
        log.warning(f"{what}_not_shown", method=method, error=type(error).__name__)
        return None
    return response.data if isinstance(response.data, dict) else {}


class ViewsClient:
    """Opens, updates and publishes views. No method raises; the result says whether Slack showed the view."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def open(self, view: View, trigger_id: str) -> str:
        """Open a modal where there is none. Return its id, or the empty text if Slack does not open it."""
        response = await self._send("views.open", view, trigger_id=trigger_id)
        return "" if response is None else str(response.get("view", {}).get("id", "-"))

    async def push(self, view: View, trigger_id: str) -> bool:
        """Open a modal over the present one; Slack stacks at most three."""
        return await self._send("views.push", view, trigger_id=trigger_id) is not None

    async def update(self, view: View, view_id: str, view_hash: str = "", *, seconds: float | None = None) -> bool:
        """Update a modal, with `view_hash` only if it has not changed since."""
        return await self._send("views.update", view, seconds, view_id=view_id, hash=view_hash) is not None

    async def publish(self, view: View, slack_user_id: str, view_hash: str = "") -> str | None:
        """Publish a user's App Home, with `view_hash` only if it has not changed since. Return the new hash."""
        response = await self._send("views.publish", view, PUBLISH_SECONDS, user_id=slack_user_id, hash=view_hash)
        return None if response is None else str(response.get("view", {}).get("hash", ""))

    async def _send(
        self, method: str, view: View, seconds: float | None = None, **arguments: str
    ) -> dict[str, Any] | None:
        given = {name: value for name, value in arguments.items() if value}
        return await send(self._client, method, {**given, "view": view.payload()}, seconds or SECONDS, "view")
