"""Slack's `views.*` methods, each called once and with a time limit."""

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
"""How long Slack may take: a trigger expires after 3 s, and the press must be answered by then."""

PUBLISH_SECONDS = 2.5
"""How long publishing a home may take: nobody waits for an answer to having opened it."""


class ViewsClient:
    """Opens, updates and publishes views. No method raises: a refusal is logged, and the result says that there was one."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def open(self, view: View, trigger_id: str) -> str:
        """Open a modal where there is none. Return its id, or the empty text if Slack does not open it."""
        answer = await self._call("views.open", trigger_id=trigger_id, view=view.payload())
        return "" if answer is None else str(answer.get("view", {}).get("id", "-"))

    async def push(self, view: View, trigger_id: str) -> bool:
        """Open a modal over the present one; Slack stacks three at most."""
        return await self._call("views.push", trigger_id=trigger_id, view=view.payload()) is not None

    async def update(self, view: View, view_id: str, view_hash: str = "", *, seconds: float | None = None) -> bool:
        """Update a modal; with `view_hash` only if it has not changed since."""
        arguments: dict[str, Any] = {"view_id": view_id, "view": view.payload()}
        if view_hash:
            arguments["hash"] = view_hash
        return await self._call("views.update", seconds, **arguments) is not None

    async def publish(self, view: View, slack_user_id: str, view_hash: str = "") -> str | None:
        """Publish a user's App Home, with `view_hash` only if it has not changed since. Return the new hash."""
        arguments: dict[str, Any] = {"user_id": slack_user_id, "view": view.payload()}
        if view_hash:
            arguments["hash"] = view_hash
        answer = await self._call("views.publish", PUBLISH_SECONDS, **arguments)
        return None if answer is None else str(answer.get("view", {}).get("hash", ""))

    async def _call(self, method: str, seconds: float | None = None, /, **arguments: Any) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(SECONDS if seconds is None else seconds):
                answer = await self._client.api_call(method, json=arguments)
        except SlackApiError as error:
            log.warning("view_refused", method=method, error=code_of(error))
            return None
        except (ClientError, TimeoutError, OSError) as error:
            log.warning("view_not_shown", method=method, error=type(error).__name__)
            return None
        return answer.data if isinstance(answer.data, dict) else {}
