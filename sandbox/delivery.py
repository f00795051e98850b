"""Send to the app: signed requests, or envelopes if it is installed with Socket Mode."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp

from sandbox.manifest import Installation
from sandbox.sockets import SCHEME, Sockets
from sandbox.traffic import Exchange, ExchangeKind, Traffic
from sandbox.workspace import Workspace

TIMEOUT_SECONDS = 3.0
"""Seconds for which Slack waits for the app's answer."""

_EVALUATED_HEADERS = ("X-Slack-No-Retry",)


@dataclass(slots=True)
class Delivery:
    """Sends requests to the app and logs them.

    `timeout` is how many seconds the app has, `now` the clock of the signatures. Call `open` before sending.
    """

    workspace: Workspace
    traffic: Traffic
    sockets: Sockets
    now: Callable[[], float]
    timeout: float = TIMEOUT_SECONDS
    _session: aiohttp.ClientSession | None = field(default=None)

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(headers={"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self, kind: ExchangeKind, name: str, url: str, form: Mapping[str, str], app: Installation
    ) -> Exchange:
        """Send a signed form, or for an event only its `payload`, as JSON.

        The exchange has status None if no answer came in time.
        """
        body = dict(json.loads(form["payload"]) if "payload" in form else form)
        if app.socket_mode:
            return await self.sockets.send(kind, name, body)
        raw = form["payload"] if kind == "event" else urlencode(form)
        exchange = Exchange(kind, name, self.workspace.now(), body, url, raw.encode())
        return await self.transmit(exchange, secret=app.signing_secret, timestamp=int(self.now()))

    async def resend(self, sent: Exchange, *, secret: str, timestamp: int) -> Exchange:
        """Send the same body with a new signature, or the same envelope."""
        if sent.url.startswith(SCHEME):
            return await self.sockets.resend(sent)
        copy = Exchange(sent.kind, sent.name, self.workspace.now(), sent.body, sent.url, sent.raw)
        return await self.transmit(copy, secret=secret, timestamp=timestamp)

    async def retry(self, sent: Exchange, app: Installation, *, number: int, reason: str) -> Exchange:
        """Retry an event: send the same body and `event_id`, with headers that say why."""
        copy = Exchange(sent.kind, sent.name, self.workspace.now(), sent.body, sent.url, sent.raw)
        retry_headers = {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
        now = int(self.now())
        return await self.transmit(copy, secret=app.signing_secret, timestamp=now, more_headers=retry_headers)

    async def transmit(
        self, exchange: Exchange, *, secret: str, timestamp: int, more_headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Post the exchange's raw body and record the answer in the exchange."""
        if self._session is None:
            raise RuntimeError("the sandbox is not started")
        headers = signed_headers(exchange.raw, secret=secret, timestamp=timestamp)
        kind = "application/json" if exchange.kind == "event" else "application/x-www-form-urlencoded"
        headers |= {"Content-Type": kind, **(more_headers or {})}
        self.traffic.append(exchange)
        self.workspace.touch()
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.timeout):
                async with self._session.post(exchange.url, data=exchange.raw, headers=headers) as response:
                    exchange.answer = _read(await response.text(), response.content_type)
                    exchange.status = response.status
                    exchange.headers = {
                        name: response.headers[name] for name in _EVALUATED_HEADERS if name in response.headers
                    }
        except TimeoutError:
            exchange.answer = "operation_timeout"
        except aiohttp.ClientError as error:
            exchange.answer = f"dispatch_failed: {type(error).__name__}"
        exchange.seconds = asyncio.get_running_loop().time() - started
        self.workspace.touch()
        return exchange


def signed_headers(body: bytes, *, secret: str, timestamp: int) -> dict[str, str]:
    """Return the headers of Slack's request signature, version 0: /authentication/verifying-requests-from-slack.

    `timestamp` is in Unix seconds.
    """
    base = b"v0:" + str(timestamp).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


def _read(text: str, content_type: str) -> object:
    if content_type != "application/json":
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
