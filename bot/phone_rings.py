"""Ask the phone system to ring: the request that the settings describe, sent once, with a short time limit."""

import asyncio

import aiohttp
import structlog

from bot.ring_requests import RingRequest
from desk.core.transaction import Office
from desk.telephony.ringing import Failure, RingToDo, record_ring, take_rings
from storage.queries.telephony import phone_rings
from storage.tables import Workspace

log = structlog.get_logger()

RING_SECONDS = 5.0
"""Time limit of the request, after which it is not known whether the phone rings."""


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
