"""Send what each endpoint is owed, in order, one round at a time. A receiver holds up nobody but itself."""

import asyncio

import structlog

from bot import monitoring
from bot.delivery.held_rounds import HeldRounds, OpenRound, announce
from bot.webhooks.client import WebhookClient
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.webhooks import endpoints, sending
from desk.webhooks.sending import Outgoing
from storage.engine.trouble import log_fields
from storage.queries.messages.rounds import Round
from storage.queries.webhooks import deliveries
from storage.tables import Workspace

log = structlog.get_logger()

_SPREADS = 10
"""Most batches of new events in one look."""


@dataclass(frozen=True, slots=True)
class WebhookPace:
    """A round waits `linger_seconds` for more before it ends, and takes at most `longest_seconds`. `rounds` are at most open at
    once in a process, each of another endpoint."""

    linger_seconds: float = 5.0
    longest_seconds: float = 300.0
    rounds: int = 100


class WebhookRounds:
    """The rounds of webhooks of one process. `look` writes the deliveries of new events and begins rounds, `run` works on one."""

    def __init__(
        self, office: Office, workspace: Workspace, client: WebhookClient, pace: WebhookPace | None = None
    ) -> None:
        self._office = office
        self._workspace = workspace
        self._client = client
        self._pace = pace or WebhookPace()
        self._held = HeldRounds(office, workspace, self._pace.rounds, asyncio.Semaphore(4))
        self._stopping = asyncio.Event()

    async def look(self) -> list[Round]:
        """Write the deliveries of new events, and begin a round for each endpoint that is owed something.

        A workspace without an endpoint costs nothing.
        """
        if not self._workspace.webhooks:
            return []
        office, now = self._office, self._office.clock.now()
        await self._spread()
        async with office.database.reading() as session:
            found = await deliveries.owed(session, self._workspace.id, now)
        names = {deliveries.channel_of(each.endpoint_id): each.held for each in found}
        announce(one for one in self._held.every() if one.channel in names)
        await self._held.renew(now)
        room = max(0, self._pace.rounds - len(self._held))
        idle = [name for name, held in names.items() if not held and name not in self._held]
        return await self._held.begin(idle[:room], now)

    async def run(self, channel: str, number: int) -> int:
        """Send what the endpoint is owed until nothing is, it fails, or the round is over. Return the attempts made."""
        return await self._run(channel, number, self._pace.linger_seconds)

    async def _run(self, channel: str, number: int, linger_seconds: float) -> int:
        mine = await self._held.enter(channel, number)
        if mine is None:
            return 0
        try:
            attempts = await self._send(mine, linger_seconds)
        finally:
            self._held.leave(mine)
        await self._held.end(mine, None)
        return attempts

    def stop(self) -> None:
        """Have the open rounds finish the request they are at, and end."""
        self._stopping.set()
        announce(self._held.every())

    async def deliver_pending(self) -> int:
        """Send what every endpoint is owed now, without the engine. Return the attempts made."""
        attempts = 0
        for begun in await self.look():
            attempts += await self._run(begun.channel, begun.number, linger_seconds=0.0)
        return attempts

    async def close(self) -> None:
        """Close the connections to receivers."""
        await self._client.close()

    async def _spread(self) -> None:
        async with self._office.database.reading() as session:
            if not await deliveries.has_unspread(session, self._workspace.id):
                return
        for _ in range(_SPREADS):
            async with self._office.desk(self._workspace) as desk:
                if not await sending.spread(desk):
                    return

    async def _send(self, mine: OpenRound, linger_seconds: float) -> int:
        clock, loop = self._office.clock, asyncio.get_running_loop()
        ends_at, attempts = loop.time() + self._pace.longest_seconds, 0
        while mine.is_held(clock.now()) and loop.time() < ends_at and not self._stopping.is_set():
            mine.news.clear()
            try:
                next_one = await self._next(mine)
            except Exception as error:  # the database is away, or we made a mistake: a later round tries again
                log.error("webhook_not_made", channel=mine.channel, **log_fields(error))
                break
            if next_one is None:
                if not await mine.hears_of_more(linger_seconds):
                    break
                continue
            attempts += 1
            if not await self._attempt(next_one):
                break
        return attempts

    async def _next(self, mine: OpenRound) -> Outgoing | None:
        endpoint_id = deliveries.endpoint_of(mine.channel)
        async with self._office.reading_desk(self._workspace) as desk:
            row = await endpoints.find(desk, endpoint_id)
            if row is None:
                return None
            if not row.personal:
                return await sending.next_outgoing(desk, endpoint_id)
        async with self._office.desk(self._workspace) as desk:  # what it discloses is recorded
            return await sending.next_outgoing(desk, endpoint_id)

    async def _attempt(self, sent: Outgoing) -> bool:
        """Send one, and record what came of it. Return whether the next one may follow at once.

        A process that dies between the two leaves the delivery pending: it is sent again, under the same id.
        """
        answer = await self._client.post(sent)
        monitoring.WEBHOOKS.labels(answer.meaning).inc()
        if answer.meaning != "delivered":
            log.warning("webhook_failed", endpoint=str(sent.endpoint_id), webhook_id=sent.webhook_id, error=answer.code)
        try:
            async with self._office.desk(self._workspace) as desk:
                return await sending.record(desk, sent, answer)
        except Exception as error:
            log.error("webhook_not_recorded", endpoint=str(sent.endpoint_id), **log_fields(error))
            return False
