"""Socket Mode: receive Slack's envelopes over WebSockets that the desk opens, for a desk that Slack cannot reach.

A broken connection is replaced, never revived: each has its own HTTP session, which ends with it. We do not use the SDK's
client, because it closes the old connection before it opens the new one, revives broken ones, and drops work in flight
at a stop.
"""

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, WSMsgType
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.dispatching import Dispatcher, UnknownTeamError
from desk.core.dataclass import dataclass
from handlers.door.payloads import MalformedError
from handlers.door.retry_after import read_retry_after

log = structlog.get_logger()

_REMEMBERED = 1000

_LIFETIME = 3600.0
"""Lifetime of a connection in seconds where Slack does not say, and the longest that is believed."""

_REASONS = frozenset(
    {
        "closed",
        "silent",
        "old",
        "warning",
        "refresh_requested",
        "link_disabled",
        "too_many_websockets",
        "connected",
        "refused",
    }
)
"""What a connection's end is counted as in the metrics; anything else is `other`."""


@dataclass(frozen=True, slots=True)
class SocketTimeouts:
    """Times in seconds. A connection is replaced when nothing arrives for `silence`, not even the answer to a ping every
    `ping`, or after the lifetime that Slack gives it plus `overtime`. It is closed `overlap` after the new one is open."""

    hello: float = 10.0
    ping: float = 5.0
    silence: float = 15.0
    overtime: float = 60.0
    overlap: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    stop: float = 10.0


class NotConnectedError(Exception):
    """Slack gave no connection; the message says why. `pause` is how long Slack asks us to wait."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class SocketMode:
    """Keep a connection open while the program runs, and have the Bolt application answer each envelope.

    An envelope is acknowledged once, after its work is committed. A repeated one has no further effect, waits for the first
    answer and gets the same. `apology` is the answer to a command that fails unexpectedly; a press or form that does is not
    acknowledged, so that Slack shows an error. `on_event` is called with `connected`, `refused` or why a connection ends.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        client: AsyncWebClient,
        app_token: str,
        *,
        apology: str,
        timeouts: SocketTimeouts | None = None,
        on_event: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._dispatcher = dispatcher
        self._client = client
        self._app_token = app_token
        self._apology = apology
        self._timeouts = timeouts or SocketTimeouts()
        self._on_event = on_event
        self._current: Connection | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._answers: OrderedDict[str, asyncio.Task[dict[str, Any] | None]] = OrderedDict()
        self._connecting: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._stopping = False

    @property
    def connected(self) -> bool:
        """Whether Slack can reach the desk now."""
        return self._current is not None and self._current.open

    async def start(self) -> None:
        """Start connecting, and stay connected until `stop`."""
        self._connecting = asyncio.create_task(self._keep_connected(), name="socket-mode")

    async def wait_connected(self) -> None:
        """Wait until the first connection is open."""
        await self._connected.wait()

    async def stop(self) -> None:
        """Accept no more envelopes, answer those in progress, and close. Slack gives the rest to another process."""
        self._stopping = True
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._working:
            await asyncio.wait(self._working, timeout=self._timeouts.stop)
        for task in self._closing:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        if self._current is not None:
            await self._current.close()

    async def _keep_connected(self) -> None:
        pause = 0.0
        while True:
            await asyncio.sleep(pause)
            connection = Connection(self._client, self._app_token, self._timeouts, self._take)
            try:
                await connection.connect()
            except NotConnectedError as error:
                pause = max(error.pause, min(self._timeouts.longest_pause, max(self._timeouts.first_pause, pause * 2)))
                self._on_event("refused")
                log.warning("socket_not_connected", why=str(error)[:60], pause_seconds=pause)
                continue
            pause = 0.0
            self._close_later(self._current)
            self._current = connection
            self._connected.set()
            self._on_event("connected")
            why = await connection.wait_replaced()
            why = why if why in _REASONS else "other"
            self._on_event(why)
            log.info("socket_to_be_replaced", why=why)
            if why not in _STILL_OPEN:
                await connection.close()
                pause = self._timeouts.longest_pause if why == "link_disabled" else 0.0

    def _close_later(self, old: "Connection | None") -> None:
        if old is None:
            return

        async def close_after_overlap() -> None:
            try:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._timeouts.overlap):
                        await old.wait_closed()
            finally:
                await old.close()

        task = asyncio.create_task(close_after_overlap())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _take(self, connection: "Connection", envelope: dict[str, Any]) -> None:
        if self._stopping:
            return
        task = asyncio.create_task(self._serve(connection, envelope))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, connection: "Connection", envelope: dict[str, Any]) -> None:
        envelope_id: str = envelope["envelope_id"]
        answer = self._answers.get(envelope_id)
        if answer is None:
            answer = self._answers[envelope_id] = asyncio.create_task(self._work(envelope))
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        acknowledged = await answer
        if acknowledged is None:
            self._answers.pop(envelope_id, None)
            return
        # Only over the connection that delivered it: Slack repeats over another what a closed one left unacknowledged.
        if not await connection.send(json.dumps({"envelope_id": envelope_id} | acknowledged)):
            log.warning("envelope_not_acknowledged", type=envelope.get("type"))

    async def _work(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        headers: dict[str, Any] = {}
        answers = envelope.get("accepts_response_payload")
        sorry = {"payload": {"text": self._apology}} if envelope.get("type") == "slash_commands" else None
        if attempt := envelope.get("retry_attempt"):
            reason = str(envelope.get("retry_reason", ""))
            headers = {"x-slack-retry-num": [str(attempt)], "x-slack-retry-reason": [reason]}
        try:
            response = await self._dispatcher.dispatch(envelope.get("payload"), headers)
        except (MalformedError, UnknownTeamError) as refused:
            # Acknowledged all the same: Slack would send it again.
            log.warning("request_refused", why=str(refused) or "another_team")
            return {}
        except Exception:  # one envelope that fails must not stop the next
            log.exception("envelope_failed", type=envelope.get("type"))
            return sorry
        if response.status != 200:
            log.error("envelope_not_served", type=envelope.get("type"), status=response.status)
            return sorry
        return {"payload": _payload(response.body)} if answers and response.body else {}


_STILL_OPEN = ("warning", "refresh_requested", "old")
"""Reasons for replacing a connection that works until it is closed."""


class Connection:
    """One WebSocket. `take` is called with each envelope."""

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        timeouts: SocketTimeouts,
        take: Callable[["Connection", dict[str, Any]], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._timeouts = timeouts
        self._take = take
        self._session: aiohttp.ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()

    @property
    def open(self) -> bool:
        return self._socket is not None and not self._socket.closed and not self._closed.is_set()

    async def connect(self) -> None:
        """Connect and wait for Slack's hello. Raise NotConnectedError."""
        try:
            async with asyncio.timeout(self._timeouts.hello):
                self._session = aiohttp.ClientSession()
                answer = await self._client.apps_connections_open(app_token=self._app_token)
                socket = self._socket = await self._session.ws_connect(str(answer["url"]), autoping=False)
                lifetime = _lifetime(json.loads(await socket.receive_str()))
        except BaseException as error:
            await self.close()
            raise _not_connected_error(error) from None
        self._tasks = [
            asyncio.create_task(self._listen(socket)),
            asyncio.create_task(self._ping(socket)),
            asyncio.create_task(self._expire(lifetime + self._timeouts.overtime)),
        ]

    async def wait_replaced(self) -> str:
        """Wait until the connection must be replaced, and return why: Slack's reason, or `closed`, `silent`, `old`."""
        return await asyncio.shield(self._over)

    async def wait_closed(self) -> None:
        """Wait until nothing more can arrive."""
        await self._closed.wait()

    async def send(self, text: str) -> bool:
        """Send a text. Return False when this connection can no longer send."""
        if self._socket is None or not self.open:
            return False
        try:
            await self._socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def close(self) -> None:
        """Close the connection and its session."""
        self._end("closed")
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if self._socket is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1):
                    await self._socket.close()
        if self._session is not None:
            await self._session.close()

    async def _listen(self, socket: ClientWebSocketResponse) -> None:
        why = "closed"
        try:
            while True:
                async with asyncio.timeout(self._timeouts.silence):
                    message = await socket.receive()
                if message.type is WSMsgType.PING:
                    await socket.pong(message.data)
                elif message.type is WSMsgType.TEXT:
                    self._read(message.data)
                elif message.type is not WSMsgType.PONG:
                    return
        except TimeoutError:
            why = "silent"
        except (ConnectionError, aiohttp.ClientError):
            pass
        finally:
            self._end(why)

    def _read(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        match message:
            case {"type": "disconnect", **more}:
                self._replace(str(more.get("reason")))
            case {"envelope_id": str()}:
                self._take(self, message)
            case {"type": str()}:
                pass  # an announcement that concerns no request
            case _:
                log.warning("frame_not_read")

    async def _ping(self, socket: ClientWebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            while not socket.closed:
                await asyncio.sleep(self._timeouts.ping)
                await socket.ping()

    async def _expire(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._replace("old")

    def _replace(self, why: str) -> None:
        if not self._over.done():
            self._over.set_result(why)

    def _end(self, why: str) -> None:
        self._replace(why)
        self._closed.set()


def _not_connected_error(error: BaseException) -> BaseException:
    if isinstance(error, NotConnectedError) or not isinstance(error, Exception):
        return error
    if isinstance(error, SlackApiError):
        answer: Any = error.response
        body = getattr(answer, "data", None)
        why = body.get("error") if isinstance(body, dict) else "not_readable"
        return NotConnectedError(str(why), read_retry_after(answer.headers, default=0.0))
    return NotConnectedError(type(error).__name__)


def _lifetime(hello: Any) -> float:
    """Return how many seconds Slack gives the connection. Raise NotConnectedError when this is no greeting."""
    if not isinstance(hello, dict):
        raise NotConnectedError("no_greeting")
    if hello.get("type") != "hello":
        raise NotConnectedError(str(hello.get("reason") or hello.get("type")))
    debug_info = hello.get("debug_info")
    seconds = debug_info.get("approximate_connection_time") if isinstance(debug_info, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < _LIFETIME:
        return _LIFETIME
    return float(seconds)


def _payload(body: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {"text": body}
    return answer if isinstance(answer, dict) else {"text": body}
