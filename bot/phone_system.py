"""The door by which the lender's phone system reports calls, `POST /phone/<system>`.

A report is answered as soon as its rows are durable, within 700 ms: Alibaba asks for that. The worker applies it. Without an
answer a system sends it again, and the same report twice is one call.
"""

import asyncio
from collections.abc import Iterator, Mapping
from io import StringIO
from urllib.parse import parse_qsl

import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.phone_keys import PhoneKeys
from bot.phone_place import PHONE
from bot.phone_records import keep_records
from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.core.transaction import Office
from desk.rules.call_records import Reading
from desk.telephony.adapters import asterisk, freeswitch, twilio, zoom
from desk.telephony.adapters.mapped import ADAPTED, System, read_mapped_csv, read_mapped_json
from desk.telephony.adapters.values import PayloadError
from handlers.api.limits import RateLimits
from handlers.api.requests import invite_body
from storage.engine.trouble import log_fields
from storage.tables import Workspace

log = structlog.get_logger()

LARGEST_BODY = 1024 * 1024

ANSWER_SECONDS = 0.65
"""After how long a report is left to be sent again: Alibaba waits 700 ms for its answer."""

LIST_SECONDS = 30.0
"""The same for a CSV, which has many calls, and whose sender waits."""

_BODY_SECONDS = 10.0
_CSV = "text/csv"
_FAILED_PER_SECOND, _FAILED_WINDOW = 5, 20
_OK = '{"code":0,"msg":"OK","ErrCode":"0"}'
"""The answer that Alibaba and Tencent ask for; the others read only the status."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was sent to the door of a system: the body, its type, and the fields of a form with those of the address."""

    body: bytes
    content_type: str
    fields: tuple[tuple[str, str], ...]
    query: tuple[tuple[str, str], ...]


class _RefusedError(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


class PhoneDoor:
    """Takes what the phone system reports for a workspace: `systems` are those that files describe, `keys` what reports are
    known by."""

    def __init__(
        self, office: Office, workspace: Workspace, site: Site, *, keys: PhoneKeys, systems: Mapping[str, System]
    ) -> None:
        self._office, self._workspace, self._site = office, workspace, site
        self._keys, self._systems = keys, systems
        self._failures = RateLimits(_FAILED_PER_SECOND, window=_FAILED_WINDOW)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a report: 200 once it is durable, 4xx for what will never be taken, 503 for what is to be sent again."""
        system = request.path.removeprefix(PHONE)
        try:
            sent = await self._take(request, system)
            answer = zoom.answer_to_check(self._keys.zoom_token, sent.body) if system == zoom.SOURCE else None
            if answer is not None and self._keys.signs(system):
                return web.Response(text=answer, content_type="application/json")
            reading = self._read(sent, system)
            await self._keep(reading, LIST_SECONDS if sent.content_type.startswith(_CSV) else ANSWER_SECONDS)
        except _RefusedError as refused:
            log.warning("phone_refused", system=system[:32], status=refused.status, why=refused.why)
            response = web.Response(status=refused.status)
            response.force_close()
            return response
        for each in reading.refused:
            log.warning("phone_record_refused", system=system, at=each.at, why=each.why)
        return web.Response(text=_OK, content_type="application/json")

    async def _take(self, request: web.BaseRequest, system: str) -> Report:
        """Return what was sent, once it is known from whom."""
        known = self._systems.get(system)
        if known is None and system not in ADAPTED:
            raise _RefusedError(404, "unknown_system")
        if request.method != "POST":
            raise _RefusedError(405, "method")
        if not self._keys.signs(system):
            self._refuse(request, self._keys.fault_of_secret(request.headers))
        sent = await _sent(request)
        if self._keys.signs(system):
            path, now = request.rel_url.raw_path_qs, self._office.clock.now()
            fault = self._keys.fault_of_signature(system, request.headers, path, sent.body, sent.fields, now)
            self._refuse(request, fault)
        return sent

    def _read(self, sent: Report, system: str) -> Reading:
        try:
            match system:
                case asterisk.SOURCE:
                    return asterisk.read_asterisk_csv(_lines(sent), self._site)
                case freeswitch.SOURCE if sent.content_type.startswith(_CSV):
                    return freeswitch.read_freeswitch_csv(_lines(sent), self._site)
                case freeswitch.SOURCE:
                    return freeswitch.read_freeswitch_post(sent.body, sent.content_type, self._site)
                case twilio.SOURCE:
                    fields = dict(sent.query) | dict(sent.fields)
                    return twilio.read_twilio_callback(fields, self._site, self._office.clock.now())
                case _ if self._systems[system].said.format == "csv":
                    return read_mapped_csv(self._systems[system], _lines(sent), self._site)
                case _:
                    return read_mapped_json(self._systems[system], sent.body, self._site)
        except PayloadError as error:
            raise _RefusedError(400, str(error)) from None

    async def _keep(self, reading: Reading, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await keep_records(self._office, self._workspace, reading.records, self._site)
        except Exception as error:  # the system sends it again, and what was kept is one call all the same
            log.error("phone_report_not_kept", **log_fields(error))
            raise _RefusedError(503, "not_kept") from None

    def _refuse(self, request: web.BaseRequest, fault: str) -> None:
        """Refuse a request that has a fault."""
        if fault:
            raise _RefusedError(401 if self._failures.take(request.remote).allowed else 429, fault)


def _lines(sent: Report) -> Iterator[str]:
    """Return the lines of a CSV. Raises PayloadError (`not_text`), and refuses what is sent as something else."""
    if not sent.content_type.startswith(_CSV):
        raise _RefusedError(415, "no_csv")
    try:
        return iter(StringIO(sent.body.decode("utf-8-sig"), newline=""))
    except UnicodeDecodeError:
        raise PayloadError("not_text") from None


async def _sent(request: web.BaseRequest) -> Report:
    if (request.content_length or 0) > LARGEST_BODY:
        raise _RefusedError(413, "too_large")
    content = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            await invite_body(request)
            async for part in request.content.iter_any():
                content += part
                if len(content) > LARGEST_BODY:
                    raise _RefusedError(413, "too_large")
    except TimeoutError:
        raise _RefusedError(408, "slow_body") from None
    except (web.RequestPayloadError, HttpProcessingError, ClientError, ConnectionError):
        raise _RefusedError(400, "broken_body") from None
    kind, body = request.headers.get("Content-Type", "").lower(), bytes(content)
    fields: list[tuple[str, str]] = []
    if kind.startswith("application/x-www-form-urlencoded"):
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise _RefusedError(400, "broken_form") from None
    return Report(body, kind, tuple(fields), tuple(request.rel_url.query.items()))
