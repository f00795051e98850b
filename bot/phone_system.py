"""The lender's phone system: where it is, by the settings, and the door by which it reports calls, `POST /phone/<system>`.

A report is answered as soon as its rows are durable, within 700 ms: Alibaba asks for that. The worker applies it. Without an
answer a system sends it again, and the same report twice is one call.
"""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import aiohttp
import structlog
from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.phone_recordings import PhoneRecordings
from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.core.transaction import Office
from desk.rules.call_records import Reading
from desk.telephony.adapters import freeswitch, mapped, twilio
from desk.telephony.adapters.values import PayloadError
from desk.telephony.records import take_records
from handlers.api.limits import RateLimits
from handlers.api.requests import invite_body
from storage.engine.trouble import log_fields
from storage.tables import Workspace

if TYPE_CHECKING:
    from bot.settings import Settings

log = structlog.get_logger()

PHONE = "/phone/"
"""The beginning of the paths."""

LARGEST_BODY = 1024 * 1024

ANSWER_SECONDS = 0.65
"""After how long a report is left to be sent again: Alibaba waits 700 ms for its answer."""

_BODY_SECONDS = 10.0
_FAILED_PER_SECOND, _FAILED_WINDOW = 5, 20
_OK = '{"code":0,"msg":"OK","ErrCode":"0"}'
"""The answer that Alibaba and Tencent ask for; the others read only the status."""


def site_of(settings: "Settings", workspace: Workspace) -> Site:
    """Return where the phone system is."""
    prefixes = tuple(each.strip() for each in settings.phone_prefixes.split(",") if each.strip())
    region = settings.phone_country or workspace.country or "CN"
    return Site(ZoneInfo(settings.phone_zone or workspace.zone), region, prefixes)


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
    """Takes what the phone system reports for a workspace: `secret` is what a system shows by Basic or Bearer, `twilio_token`
    what Twilio signs with, over `public_url`. Without either the door does not exist."""

    def __init__(
        self, office: Office, workspace: Workspace, site: Site, *, secret: str, twilio_token: str, public_url: str
    ) -> None:
        self._office, self._workspace, self._site = office, workspace, site
        self._secret, self._twilio_token, self._public_url = secret.encode(), twilio_token, public_url
        self._failures = RateLimits(_FAILED_PER_SECOND, window=_FAILED_WINDOW)

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a report: 200 once it is durable, 4xx for what will never be taken, 503 for what is to be sent again."""
        system = request.path.removeprefix(PHONE)
        try:
            reading = await self._read(request, system)
            await self._keep(reading)
        except _RefusedError as refused:
            log.warning("phone_refused", system=system[:32], status=refused.status, why=refused.why)
            response = web.Response(status=refused.status)
            response.force_close()
            return response
        for each in reading.refused:
            log.warning("phone_record_refused", system=system, at=each.at, why=each.why)
        return web.Response(text=_OK, content_type="application/json")

    async def _read(self, request: web.BaseRequest, system: str) -> Reading:
        readers: Mapping[str, Callable[[Report], Reading]] = {
            freeswitch.SOURCE: lambda sent: freeswitch.read_freeswitch_post(sent.body, sent.content_type, self._site),
            twilio.SOURCE: self._read_twilio,
        }
        known = mapped.systems().get(system)
        reader = readers.get(system)
        if reader is None and (known is None or known.said.format != "json"):
            raise _RefusedError(404, "unknown_system")
        if request.method != "POST":
            raise _RefusedError(405, "method")
        if system != twilio.SOURCE:
            self._require_secret(request)
        sent = await _sent(request)
        if system == twilio.SOURCE:
            self._require_signature(request, sent)
        try:
            return reader(sent) if reader else mapped.read_mapped_json(mapped.systems()[system], sent.body, self._site)
        except PayloadError as error:
            raise _RefusedError(400, str(error)) from None

    def _read_twilio(self, sent: Report) -> Reading:
        fields = dict(sent.query) | dict(sent.fields)
        return twilio.read_twilio_callback(fields, self._site, self._office.clock.now())

    async def _keep(self, reading: Reading) -> None:
        if not reading.records:
            return
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._office.desk(self._workspace) as desk:
                await take_records(desk, reading.records, self._site)
        except Exception as error:  # the system sends it again, and what was kept is one call all the same
            log.error("phone_report_not_kept", **log_fields(error))
            raise _RefusedError(503, "not_kept") from None

    def _require_secret(self, request: web.BaseRequest) -> None:
        given = _secret_in(request.headers.getall("Authorization", []))
        if self._secret and given is not None and hmac.compare_digest(given, self._secret):
            return
        self._refuse(request, "secret_wrong" if given is not None else "secret_missing")

    def _require_signature(self, request: web.BaseRequest, sent: Report) -> None:
        given = request.headers.getall("X-Twilio-Signature", [])
        url = f"{self._public_url}{request.rel_url.raw_path_qs}"
        if "X-Twilio-Webhooks-Signature-Settings" in request.headers:
            self._refuse(request, "other_signature")  # by a key that the desk has not
        signed = len(given) == 1 and bool(self._twilio_token and self._public_url)
        if not signed or not twilio.is_signed_by_twilio(self._twilio_token, url, sent.fields, given[0]):
            self._refuse(request, "signature_wrong" if given else "signature_missing")

    def _refuse(self, request: web.BaseRequest, why: str) -> None:
        allowed = self._failures.take(request.remote).allowed
        raise _RefusedError(401 if allowed else 429, why)


def phone_door(settings: "Settings", office: Office, workspace: Workspace) -> PhoneDoor | None:
    """Return the door by which the phone system reports calls, None where no secret is set."""
    secret, token = settings.phone_secret.get_secret_value(), settings.twilio_auth_token.get_secret_value()
    if not secret and not token:
        return None
    site = site_of(settings, workspace)
    return PhoneDoor(office, workspace, site, secret=secret, twilio_token=token, public_url=settings.public_url)


def phone_recordings(settings: "Settings", session: aiohttp.ClientSession) -> PhoneRecordings:
    """Return where the phone system keeps recordings."""
    hosts = frozenset(each.strip().casefold() for each in settings.phone_recording_hosts.split(",") if each.strip())
    folder = Path(settings.phone_recordings) if settings.phone_recordings else None
    return PhoneRecordings(folder, hosts, session)


def _secret_in(given: list[str]) -> bytes | None:
    """Return the password of Basic or the token of Bearer in an Authorization header; None without one, or with several."""
    if len(given) != 1:
        return None
    scheme, _, value = given[0].partition(" ")
    if scheme.casefold() == "bearer":
        return value.strip().encode()
    if scheme.casefold() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return None


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
