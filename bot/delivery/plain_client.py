"""Requests to Slack's API with as little around them as possible.

Slack's own client costs as much again as the request, and may repeat it: a message would be posted again whose answer was lost.
"""

import contextlib
import json as encoding
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.internal_utils import get_user_agent

from desk.core.dataclass import dataclass

_JSON = {"Content-Type": "application/json;charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Answer:
    """Slack's answer to a request; `data` is empty if it is no JSON object, such as a proxy's page."""

    status: int
    headers: Mapping[str, str]
    data: dict[str, Any]


class PlainClient:
    """Make requests as `client` would, each once. Errors are those of aiohttp."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._base_url = client.base_url
        self._session = client.session
        self._headers = {"User-Agent": get_user_agent(), **client.headers}
        self._connection: dict[str, Any] = {"proxy": client.proxy}
        if client.ssl is not None:
            self._connection["ssl"] = client.ssl

    async def api_call(
        self, method: str, *, json: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
    ) -> Answer:
        """Call a method of the API, with arguments as JSON or in the URL."""
        headers = {
            "Authorization": f"Bearer {self._client.token}",
            **self._headers,
        }  # which may have been replaced since
        if json is not None:
            sent: dict[str, Any] = {"data": encoding.dumps(json).encode(), "headers": headers | _JSON}
        else:
            in_url = {name: int(value) if isinstance(value, bool) else value for name, value in (params or {}).items()}
            sent = {"params": in_url, "headers": headers}
        async with contextlib.AsyncExitStack() as stack:
            session = self._session
            if session is None or session.closed:
                session = await stack.enter_async_context(aiohttp.ClientSession())
            url = urljoin(self._base_url, method)
            async with session.post(url, **sent, **self._connection) as response:
                return Answer(response.status, response.headers, _read(await response.read()))


def _read(body: bytes) -> dict[str, Any]:
    try:
        answer = encoding.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
