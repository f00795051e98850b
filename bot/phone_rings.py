"""Ask the phone system to ring: the request that the settings describe, sent once, with a short time limit."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
import structlog

from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.telephony.ringing import Failure, RingToDo, record_ring, take_rings
from storage.queries.telephony import phone_rings
from storage.tables import Workspace

log = structlog.get_logger()

RING_SECONDS = 5.0
"""Time limit of the request, after which it is not known whether the phone rings."""

PLACES = ("{extension}", "{number}", "{digits}", "{token}")
"""What is put into the address and the body: the member's extension, the number in E.164 and without its plus, and a token of
ours that comes back with the record of the call, if the phone system keeps it."""


@dataclass(frozen=True, slots=True)
class RingRequest:
    """The request of the settings: `url` and the strings of `body` (JSON, None: without) have PLACES."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: Any

    def url_for(self, ring: RingToDo) -> str:
        """Return the address for a ring, each value percent-encoded."""
        return _filled(self.url, {place: quote(value, safe="") for place, value in _values(ring).items()})

    def body_for(self, ring: RingToDo) -> Any:
        """Return the JSON for a ring."""
        return _filled_in(self.body, _values(ring))


def read_request(url: str, method: str, headers: str, body: str) -> RingRequest | None:
    """Return the request of the settings, None without an address. Raises ValueError: headers or body are no JSON objects."""
    if not url:
        return None
    known = _object(headers) if headers else {}
    given = _object(body) if body else None
    if not any(place in url + body for place in ("{number}", "{digits}")) or "{extension}" not in url + body:
        raise ValueError("address or body need {extension}, and {number} or {digits}")
    return RingRequest(url, method.upper(), {str(name): str(value) for name, value in known.items()}, given)


class RingCaller:
    """Does the rings that members asked for, in rounds."""

    def __init__(
        self, office: Office, workspace: Workspace, session: aiohttp.ClientSession, request: RingRequest
    ) -> None:
        self._office, self._workspace, self._session, self._request = office, workspace, session, request

    async def round(self) -> None:
        """Do the rings that wait."""
        async with self._office.database.reading() as session:
            if not await phone_rings.any_due(session, self._workspace.id, self._office.clock.now()):
                return
        async with self._office.desk(self._workspace) as desk:
            rings = await take_rings(desk)
        await asyncio.gather(*(self._do(ring) for ring in rings))  # a slow answer makes no other phone ring late

    async def _do(self, ring: RingToDo) -> None:
        failure = await self._ask(ring)
        async with self._office.desk(self._workspace) as desk:
            await record_ring(desk, ring.id, failure)

    async def _ask(self, ring: RingToDo) -> Failure | None:
        body = self._request.body_for(ring)
        try:
            async with self._session.request(
                self._request.method,
                self._request.url_for(ring),
                json=body,
                headers=self._request.headers,
                timeout=aiohttp.ClientTimeout(total=RING_SECONDS),
                allow_redirects=False,
            ) as answer:
                status = answer.status
        except aiohttp.ClientConnectorError:
            log.warning("ring_failed", ring=str(ring.id), why="unreachable")
            return "unreachable"
        except (aiohttp.ClientError, TimeoutError):
            log.warning("ring_failed", ring=str(ring.id), why="lost")
            return "lost"
        if 200 <= status < 300:
            return None
        log.warning("ring_failed", ring=str(ring.id), why="refused", status=status)
        return "refused"


def _values(ring: RingToDo) -> dict[str, str]:
    return dict(zip(PLACES, (ring.extension, ring.number, ring.number.lstrip("+"), ring.token), strict=True))


def _filled(text: str, values: Mapping[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, value)
    return text


def _filled_in(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _filled(value, values)
    if isinstance(value, dict):
        return {name: _filled_in(each, values) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled_in(each, values) for each in value]
    return value


def _object(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("write a JSON object")
    return found
