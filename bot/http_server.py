"""The HTTP server: take Slack's signed requests, hand them to the Bolt application, and waste nothing on others.

Nothing of a request is read before its signature is verified on the bytes as they came.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError
from slack_bolt.response import BoltResponse

from bot.dispatching import Dispatcher, UnknownTeamError
from bot.file_page import FILES
from bot.file_pages import FilePages
from bot.install_page import PATHS, InstallPage
from bot.monitoring import alive
from bot.phone_place import PHONE
from desk.core.dataclass import dataclass
from handlers.api.late import LateApi
from handlers.api.routes import BASE
from handlers.door.payloads import MalformedError, read_payload
from handlers.door.signatures import is_current, is_signed

if TYPE_CHECKING:
    from bot.phone_system import PhoneDoor

log = structlog.get_logger()

LARGEST_BODY = 1024 * 1024
"""The largest body in bytes. A form with 250 KB of Chinese is three times as large when it is encoded."""

_PASSED_ON = ("x-slack-retry-num", "x-slack-retry-reason")
"""Headers for Bolt. Others would be orders to it: `x-slack-bolt-lazy-only` has it call another listener."""


@dataclass(frozen=True, slots=True)
class HttpTimeouts:
    """Times in seconds: for all headers of a request, for its body, and for a connection without a request.

    `idle` is longer than a proxy keeps unused connections, which otherwise sends a request into one that is being closed.
    """

    headers: float = 10.0
    body: float = 10.0
    idle: float = 75.0
    lingering: float = 2.0
    """For what still arrives of a body that was refused."""


class SlackServer:
    """Answers `POST /slack/events`, `GET /healthz`, and the paths of `file_pages`, `install_page`, `api` and `phone`.

    `now` is the clock of the signatures.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        signing_secret: str,
        timeouts: HttpTimeouts | None = None,
        file_pages: FilePages | None = None,
        install_page: InstallPage | None = None,
        api: LateApi | None = None,
        phone: "PhoneDoor | None" = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._dispatcher = dispatcher
        self._secret = signing_secret
        self._timeouts = timeouts or HttpTimeouts()
        self._file_pages = file_pages
        self._install_page = install_page
        self._api = api
        self._phone = phone
        self._now = now
        self._in_progress = 0
        self.idle = asyncio.Event()
        """Set while no request is being answered."""
        self.idle.set()

    def runner(self, finish_seconds: float) -> web.ServerRunner:
        """Return the server, to be started. A stop waits `finish_seconds` for requests in progress."""
        return web.ServerRunner(_Server(self._serve, self._timeouts), shutdown_timeout=finish_seconds)

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, _Connection)
        connection.request_begins()
        self._in_progress += 1
        self.idle.clear()
        try:
            match request.path, request.method:
                case "/slack/events", "POST":
                    return _response(await self._dispatcher.dispatch(*await self._read(request)))
                case "/healthz", "GET" | "HEAD":
                    return await alive(request)
                case "/slack/events" | "/healthz", _:
                    return web.Response(status=405)
                case path, _ if self._file_pages is not None and path.startswith(FILES):
                    return await self._file_pages.serve(request)
                case path, _ if self._install_page is not None and path in PATHS:
                    return await self._install_page.serve(request)
                case path, _ if self._api is not None and (path == BASE or path.startswith(f"{BASE}/")):
                    return await self._api.serve(request)
                case path, _ if self._phone is not None and path.startswith(PHONE):
                    return await self._phone.serve(request)
                case _:
                    return web.Response(status=404)
        except _RefusedError as refused:
            return _refuse(refused.status, refused.why)
        except MalformedError as malformed:
            return _refuse(400, str(malformed))
        except UnknownTeamError:
            return _refuse(401, "another_team")
        finally:
            self._in_progress -= 1
            if not self._in_progress:
                self.idle.set()
            connection.request_ends()

    async def _read(self, request: web.BaseRequest) -> tuple[Any, Mapping[str, str]]:
        """Return the payload of a verified request of Slack, and the headers that go with it. Raise _RefusedError and
        MalformedError."""
        timestamp, signature = _only(request, "X-Slack-Request-Timestamp"), _only(request, "X-Slack-Signature")
        if not signature or not is_current(timestamp, self._now()):
            raise _RefusedError(401, "unsigned" if not signature else "old_or_no_timestamp")
        raw = await self._body(request)
        if not is_signed(self._secret, raw, timestamp, signature, self._now()):
            raise _RefusedError(401, "wrong_signature")
        payload = read_payload(raw, request.headers.get("Content-Type", ""))
        return payload, {name: request.headers[name] for name in _PASSED_ON if name in request.headers}

    async def _body(self, request: web.BaseRequest) -> bytes:
        if (request.content_length or 0) > LARGEST_BODY:
            raise _RefusedError(413, "too_large")
        try:
            async with asyncio.timeout(self._timeouts.body):
                return await request.read()
        except TimeoutError:
            raise _RefusedError(408, "slow_body") from None
        except web.HTTPRequestEntityTooLarge:
            raise _RefusedError(413, "too_large") from None
        except (web.RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
            raise _RefusedError(400, "broken_body") from None


class _RefusedError(Exception):
    """A request that is not served. `why` is a code for the log."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def _refuse(status: int, why: str) -> web.Response:
    log.warning("request_refused", status=status, why=why)
    response = web.Response(status=status)
    response.force_close()
    return response


def _response(answer: BoltResponse) -> web.Response:
    """Return the answer with its status, type and text, which is all that the desk's answers have."""
    kind = answer.first_headers()["content-type"].partition(";")[0]
    return web.Response(status=answer.status, text=answer.body, content_type=kind)


def _only(request: web.BaseRequest, header: str) -> str:
    """Return the value of a header, or the empty text if it is missing or repeated."""
    values = request.headers.getall(header, [])
    return values[0] if len(values) == 1 else ""


class _Server(web.Server):
    """aiohttp's server with a time limit for headers, which aiohttp has only for idle connections."""

    def __init__(
        self, serve: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], timeouts: HttpTimeouts
    ) -> None:
        super().__init__(serve)
        self._timeouts = timeouts

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._timeouts)


class _Connection(web.RequestHandler):
    __slots__ = ("_deadline", "_headers_seconds", "_serving")

    def __init__(self, server: web.Server, timeouts: HttpTimeouts) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=timeouts.idle,
            lingering_time=timeouts.lingering,
            access_log=None,  # pyright: ignore[reportArgumentType]
            auto_decompress=False,  # a signature is of the bytes as they came
            logger=_ShortLogger("loandesk.http"),
        )
        self._headers_seconds = timeouts.headers
        self._deadline: asyncio.TimerHandle | None = None
        self._serving = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._serving and self._deadline is None:
            self._expect_headers()
        super().data_received(data)

    def request_begins(self) -> None:
        """Note that all headers of a request are there."""
        self._serving = True
        self._cancel_deadline()

    def request_ends(self) -> None:
        """Note that the request was served: the next data begin another one."""
        self._serving = False

    def _expect_headers(self) -> None:
        self._deadline = asyncio.get_running_loop().call_later(self._headers_seconds, self._give_up)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._serving and self.transport is not None:
            log.warning("request_refused", status=408, why="slow_headers")
            self.force_close()


class _ShortLogger(logging.Logger):
    """Logs a request that is no HTTP in one line, without the traceback that aiohttp adds to it."""

    def exception(self, msg: object, *args: object, **more: Any) -> None:
        error = more.get("exc_info")
        if isinstance(error, HttpProcessingError):
            log.warning("request_refused", status=400, why="not_http")
        else:
            log.error("mishap", exc_info=error)

    debug = exception
    """aiohttp's level for a first request without a method, as of a browser that tries HTTPS."""
