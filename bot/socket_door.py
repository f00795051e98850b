"""Socket Mode: Slack's envelopes over WebSockets that the desk opens, for a desk that Slack cannot reach.

A connection is made anew and never revived: each has an HTTP session of its own, which ends with it. The SDK's client is not
used, because it closes the old connection before it opens the new one, revives what broke, and lets go of work that
nobody waits for at a stop.
"""

import asyncio
import contextlib
import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from aiohttp import ClientWebSocketResponse, WSMsgType
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

log = structlog.get_logger()

_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. A connection is replaced when nothing was heard for `silence`, pings every `ping` included, or after the
    time that Slack gives it and `overtime`. The one before it is closed `farewell` after its successor stands."""

    hello: float = 10.0
    ping: float = 5.0
    silence: float = 15.0
    overtime: float = 60.0
    farewell: float = 10.0
    first_pause: float = 0.5
    longest_pause: float = 30.0
    stop: float = 10.0


class NotConnectedError(Exception):
    """Slack gave no connection; the message says why. `pause` is how long Slack wants to be left alone."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class SocketDoor:
    """Keeps a connection for as long as the program runs, and has the Bolt application answer what comes in.

    Every envelope is acknowledged once, after the work it asks for is committed. One that comes again has the same
    effect and the same answer; when its first answer is still being made, it waits for that one. `apology` is the answer
    to a command that failed unforeseen; a press or a form that did is left unacknowledged, so that Slack says so.
    `heard` is told of each connection, and why it was replaced.
    """

    def __init__(
        self,
        app: AsyncApp,
        client: AsyncWebClient,
        app_token: str,
        *,
        apology: str,
        patience: Patience | None = None,
        heard: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._app = app
        self._client = client
        self._app_token = app_token
        self._apology = apology
        self._patience = patience or Patience()
        self._heard = heard
        self._present: Connection | None = None
        self._leaving: set[asyncio.Task[None]] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._answers: OrderedDict[str, asyncio.Task[dict[str, Any] | None]] = OrderedDict()
        self._keeping: asyncio.Task[None] | None = None
        self._connected = asyncio.Event()
        self._stopping = False

    @property
    def connected(self) -> bool:
        """Whether Slack can reach the desk now."""
        return self._present is not None and self._present.open

    async def start(self) -> None:
        """Begins to connect, and goes on for ever."""
        self._keeping = asyncio.create_task(self._keep_connected(), name="socket-door")

    async def wait_connected(self) -> None:
        """Until the first connection stands."""
        await self._connected.wait()

    async def stop(self) -> None:
        """Takes no more envelopes, answers those at work, and closes. Slack gives the rest to another process."""
        self._stopping = True
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._working:
            await asyncio.wait(self._working, timeout=self._patience.stop)
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        if self._present is not None:
            await self._present.close()

    async def _keep_connected(self) -> None:
        pause = 0.0
        while True:
            await asyncio.sleep(pause)
            connection = Connection(self._client, self._app_token, self._patience, self._take)
            try:
                await connection.open_up()
            except NotConnectedError as error:
                pause = max(error.pause, min(self._patience.longest_pause, max(self._patience.first_pause, pause * 2)))
                self._heard("refused")
                log.warning("socket_not_connected", why=str(error), pause_seconds=pause)
                continue
            pause = 0.0
            self._say_farewell(self._present)
            self._present = connection
            self._connected.set()
            self._heard("connected")
            why = await connection.until_over()
            self._heard(why)
            log.info("socket_to_be_replaced", why=why)
            if why not in _STILL_OPEN:
                await connection.close()
                pause = self._patience.longest_pause if why == "link_disabled" else 0.0

    def _say_farewell(self, old: "Connection | None") -> None:
        if old is None:
            return

        async def close_in_a_while() -> None:
            try:
                async with asyncio.timeout(self._patience.farewell):
                    await old.until_closed()
            except TimeoutError:
                pass
            finally:
                await old.close()

        task = asyncio.create_task(close_in_a_while())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _take(self, connection: "Connection", envelope: dict[str, Any]) -> None:
        if self._stopping:
            return
        task = asyncio.create_task(self._serve(connection, envelope))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _serve(self, connection: "Connection", envelope: dict[str, Any]) -> None:
        envelope_id = envelope["envelope_id"]
        answer = self._answers.get(envelope_id)
        if answer is None:
            answer = self._answers[envelope_id] = asyncio.create_task(self._work(envelope))
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        made = await answer
        if made is None:
            self._answers.pop(envelope_id, None)
            return
        acknowledgement = json.dumps({"envelope_id": envelope_id} | made)
        # Only over the connection that brought it: what a closed one leaves, Slack sends again over another.
        if not await connection.send(acknowledgement):
            log.warning("envelope_not_acknowledged", type=envelope.get("type"))

    async def _work(self, envelope: dict[str, Any]) -> dict[str, Any] | None:
        headers: dict[str, Any] = {}
        answers = envelope.get("accepts_response_payload")
        sorry = {"payload": {"text": self._apology}} if envelope.get("type") == "slash_commands" else None
        if attempt := envelope.get("retry_attempt"):
            headers = {"x-slack-retry-num": [str(attempt)], "x-slack-retry-reason": [envelope.get("retry_reason", "")]}
        try:
            response = await self._app.async_dispatch(
                AsyncBoltRequest(mode="socket_mode", body=envelope["payload"], headers=headers)
            )
        except Exception:  # whatever goes wrong with one envelope, the next one is served
            log.exception("envelope_failed", type=envelope.get("type"))
            return sorry
        if response.status != 200:
            log.error("envelope_not_served", type=envelope.get("type"), status=response.status)
            return sorry
        return {"payload": _payload(response.body)} if answers and response.body else {}


_STILL_OPEN = ("warning", "refresh_requested", "old")
"""Why a connection is replaced that still works until it is closed."""


class Connection:
    """One WebSocket, from its opening to its end. `take` is given each envelope."""

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        patience: Patience,
        take: Callable[["Connection", dict[str, Any]], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._patience = patience
        self._take = take
        self._session: aiohttp.ClientSession | None = None
        self._socket: ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()

    @property
    def open(self) -> bool:
        return self._socket is not None and not self._socket.closed and not self._closed.is_set()

    async def open_up(self) -> None:
        """Connects and waits for Slack's hello. Raises NotConnectedError."""
        try:
            async with asyncio.timeout(self._patience.hello):
                self._session = aiohttp.ClientSession()
                answer = await self._client.apps_connections_open(app_token=self._app_token)
                socket = self._socket = await self._session.ws_connect(str(answer["url"]), autoping=False)
                hello = json.loads(await socket.receive_str())
            if hello.get("type") != "hello":
                raise NotConnectedError(str(hello.get("reason") or hello.get("type")))
        except BaseException as error:
            await self.close()
            raise _explained(error) from None
        lifetime = float(hello.get("debug_info", {}).get("approximate_connection_time") or 3600)
        self._tasks = [
            asyncio.create_task(self._listen(socket)),
            asyncio.create_task(self._ping(socket)),
            asyncio.create_task(self._grow_old(lifetime + self._patience.overtime)),
        ]

    async def until_over(self) -> str:
        """Waits until it is to be replaced. Gives why: Slack's word, or `closed`, `silent`, `old`."""
        return await asyncio.shield(self._over)

    async def until_closed(self) -> None:
        """Waits until nothing can come any more."""
        await self._closed.wait()

    async def send(self, text: str) -> bool:
        """False when it cannot be sent over this connection any more."""
        if self._socket is None or not self.open:
            return False
        try:
            await self._socket.send_str(text)
        except (ConnectionError, aiohttp.ClientError):
            return False
        return True

    async def close(self) -> None:
        """Ends it, and its session."""
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
                async with asyncio.timeout(self._patience.silence):
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
            why = "closed"
        finally:
            self._end(why)

    def _read(self, text: str) -> None:
        message = json.loads(text)
        if message.get("type") == "disconnect":
            self._replace(str(message.get("reason")))
        elif "envelope_id" in message:
            self._take(self, message)

    async def _ping(self, socket: ClientWebSocketResponse) -> None:
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            while not socket.closed:
                await asyncio.sleep(self._patience.ping)
                await socket.ping()

    async def _grow_old(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._replace("old")

    def _replace(self, why: str) -> None:
        if not self._over.done():
            self._over.set_result(why)

    def _end(self, why: str) -> None:
        self._replace(why)
        self._closed.set()


def _explained(error: BaseException) -> BaseException:
    if isinstance(error, NotConnectedError) or not isinstance(error, Exception):
        return error
    if isinstance(error, SlackApiError):
        answer: Any = error.response
        body = getattr(answer, "data", None)
        why = body.get("error") if isinstance(body, dict) else "not_readable"
        return NotConnectedError(str(why), float(answer.headers.get("Retry-After", 0)))
    return NotConnectedError(type(error).__name__)


def _payload(body: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {"text": body}
    return answer if isinstance(answer, dict) else {"text": body}
