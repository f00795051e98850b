"""Socket Mode: the app connects to the workspace, which sends envelopes over any of the connections.

Follows Slack's page /apis/events-api/using-socket-mode. On demand it also plays what users of Socket Mode report:
connections that are dropped, refreshed or go silent, and acknowledgements that are lost.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from sandbox.api.call import ApiError
from sandbox.manifest import Installation
from sandbox.model import Json
from sandbox.traffic import Exchange, ExchangeKind, Traffic, Violation
from sandbox.workspace import Workspace

MAX_CONNECTIONS = 10
APPROXIMATE_SECONDS = 3600
SCHEME = "socket:"
"""The `url` of an exchange over a socket is this and the envelope's id."""

_TYPES: dict[str, str] = {"command": "slash_commands", "event": "events_api"}
_ANSWERED_EMPTY = ("event", "action", "closing")


@dataclass(eq=False, slots=True)
class Connection:
    """A WebSocket of the app. A `silent` one stays open but neither answers nor sends.

    `waiting` holds the unacknowledged envelopes sent over it, by id, oldest first.
    """

    number: int
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    silent: bool = False
    waiting: dict[str, list[asyncio.Future[Any]]] = field(default_factory=dict[str, "list[asyncio.Future[Any]]"])

    def drop(self) -> None:
        """Abort the connection without closing it properly."""
        if self.transport is not None:
            self.transport.abort()


class DroppedError(Exception):
    """The connection broke before the envelope was acknowledged."""


@dataclass(slots=True)
class Sockets:
    """The app's connections. `timeout` is how many seconds an envelope waits for its acknowledgement.

    `lost_acknowledgements` is how many of the next ones are lost: their connection breaks just before they arrive.
    `greetings` are sent as they are in the place of the next hellos, one per connection.
    """

    workspace: Workspace
    traffic: Traffic
    violations: list[Violation]
    installed: Callable[[], Installation | None]
    timeout: float = 3.0
    approximate_seconds: float = APPROXIMATE_SECONDS
    lost_acknowledgements: int = 0
    greetings: list[str | bytes] = field(default_factory=list[str | bytes])
    connections: list[Connection] = field(default_factory=list[Connection])
    opened: int = 0
    base_url: str = ""
    _tickets: set[str] = field(default_factory=set[str])
    _turns: Any = field(default_factory=count)
    _background: set[asyncio.Task[None]] = field(default_factory=set["asyncio.Task[None]"])

    def connections_open(self, token: str | None) -> Json:
        """Answer `apps.connections.open` with a URL for one connection."""
        app = self.installed()
        if token is None:
            raise ApiError("not_authed")
        if app is None or app.revoked or not app.app_token or token != app.app_token:
            raise ApiError("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
        if not app.socket_mode:
            raise ApiError("socket_mode_not_enabled")
        ticket = secrets.token_hex(16)
        self._tickets.add(ticket)
        return {"url": f"{self.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={app.app_id}"}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Handle `GET /link/`: serve a connection until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self.opened += 1
        connection = Connection(self.opened, socket, request.transport)
        if len(self.connections) >= MAX_CONNECTIONS:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.connections.append(connection)
        try:
            await _send_raw(socket, self.greetings.pop(0) if self.greetings else json.dumps(self._hello()))
            self.workspace.touch()
            await self._listen(connection)
        except ConnectionError:
            pass
        finally:
            self.connections.remove(connection)
            for future in chain.from_iterable(connection.waiting.values()):
                if not future.done():
                    future.set_exception(DroppedError())
            self.workspace.touch()
        return socket

    async def send(self, kind: ExchangeKind, name: str, body: Json) -> Exchange:
        """Send an envelope. The exchange has status 200 if it was acknowledged in time, else None."""
        return await self._transmit(Exchange(kind, name, self.workspace.now(), body, f"{SCHEME}{uuid4()}"))

    async def resend(self, sent: Exchange) -> Exchange:
        """Send the same envelope again, as Slack does when its acknowledgement is lost."""
        return await self._transmit(Exchange(sent.kind, sent.name, self.workspace.now(), sent.body, sent.url))

    async def send_raw(self, frame: str | bytes) -> None:
        """Send a text or binary frame as it is over every connection."""
        for connection in list(self.connections):
            await _send_raw(connection.socket, frame)

    async def disconnect(self, reason: str = "refresh_requested", *, after: float | None = None) -> None:
        """Ask the app to replace every connection. Close them after `after` seconds; None leaves that to the app."""
        for connection in list(self.connections):
            await connection.socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            if after is not None:
                self._in_background(_close_after(after, connection))

    def drop(self) -> None:
        """Drop every connection."""
        for connection in list(self.connections):
            connection.drop()

    def silence(self) -> None:
        """Make the present connections stop sending and reading, but keep them open."""
        for connection in self.connections:
            connection.silent = True

    async def close(self) -> None:
        """Close every connection."""
        for task in list(self._background):
            task.cancel()
        for connection in list(self.connections):
            await connection.socket.close()

    def _hello(self) -> Json:
        app = self.installed()
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "sandbox", "approximate_connection_time": self.approximate_seconds},
            "connection_info": {"app_id": app.app_id if app else ""},
        }

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if connection.silent:
                continue
            if message.type is WSMsgType.PING:
                await connection.socket.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                self._acknowledge(connection, _read(message.data))
                self.workspace.touch()

    def _acknowledge(self, connection: Connection, answer: Json) -> None:
        envelope_id = str(answer.get("envelope_id"))
        waiting = connection.waiting.get(envelope_id)
        if not waiting:
            self.violations.append(Violation("socket", "acknowledged_twice_or_unknown", (), answer))
        elif self.lost_acknowledgements > 0:
            self.lost_acknowledgements -= 1
            connection.drop()
        elif not (future := waiting.pop(0)).done():
            future.set_result(answer.get("payload"))

    async def _transmit(self, exchange: Exchange, *, attempt: int = 0, redelivers: bool = True) -> Exchange:
        self.traffic.append(exchange)
        self.workspace.touch()
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(self.timeout):
                while exchange.status is None:
                    connection = await self._next_connection()
                    try:
                        exchange.answer = await self._send_over(connection, exchange, attempt) or ""
                        exchange.status = 200
                    except DroppedError:
                        attempt += 1
        except TimeoutError:
            exchange.answer = "operation_timeout"
            if redelivers and exchange.kind != "event":  # events have their own retries
                self._in_background(self._redeliver(exchange))
        exchange.seconds = loop.time() - started
        self.workspace.touch()
        return exchange

    async def _redeliver(self, unanswered: Exchange) -> None:
        copy = Exchange(unanswered.kind, unanswered.name, self.workspace.now(), unanswered.body, unanswered.url)
        await self._transmit(copy, attempt=1, redelivers=False)

    async def _next_connection(self) -> Connection:
        """Return the next connection in turn; wait for one if there is none."""
        ready = await self.workspace.wait_for(
            lambda: [one for one in self.connections if not one.socket.closed], self.timeout
        )
        return ready[next(self._turns) % len(ready)]

    async def _send_over(self, connection: Connection, exchange: Exchange, attempt: int) -> object:
        envelope_id = exchange.url.removeprefix(SCHEME)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connection.waiting.setdefault(envelope_id, []).append(future)
        accepts = exchange.kind not in _ANSWERED_EMPTY
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": _TYPES.get(exchange.kind, "interactive"),
            "accepts_response_payload": accepts,
            "payload": exchange.body,
        }
        if exchange.kind == "event":
            envelope |= {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        try:
            if not connection.silent:
                await connection.socket.send_json(envelope)
            payload = await future
        except ConnectionError:
            raise DroppedError from None
        if payload is not None and not accepts:
            self.violations.append(Violation("socket", "payload_not_accepted", (), {"payload": payload}))
        return payload

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _close_after(seconds: float, connection: Connection) -> None:
    await asyncio.sleep(seconds)
    await connection.socket.close()


def _read(text: str) -> Json:
    try:
        answer = json.loads(text)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


async def _send_raw(socket: web.WebSocketResponse, frame: str | bytes) -> None:
    await (socket.send_str(frame) if isinstance(frame, str) else socket.send_bytes(frame))
