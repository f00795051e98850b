"""The rounds that a process holds: entered, kept while it works on them, and ended."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime, timedelta

from bot.delivery.gathered import Gathered
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from storage.queries.messages import rounds
from storage.queries.messages.rounds import Round, RoundKey
from storage.queries.messages.sending import LEASE
from storage.tables import Workspace


@dataclass(slots=True)
class OpenRound:
    """A round that this process works on until `lease_until`. `news` is set when its channel is owed something."""

    channel: str
    number: int
    lease_until: datetime
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def is_held(self, now: datetime) -> bool:
        """Return whether no other process works on the channel."""
        return now < self.lease_until <= now + 2 * LEASE  # a clock may be set back

    async def hears_of_more(self, seconds: float) -> bool:
        """Wait for news of the channel. Return whether there were any."""
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return False
        return True


class HeldRounds:
    """The open rounds of one process, by channel. Those that begin or end at the same time, `together` at most, share a
    transaction; `requests` is taken meanwhile."""

    def __init__(self, office: Office, workspace: Workspace, together: int, requests: asyncio.Semaphore) -> None:
        self._office = office
        self._workspace = workspace
        self._requests = requests
        self._open: dict[str, OpenRound] = {}
        self._entries = Gathered(self._enter, together)
        self._ends = Gathered(self._end, together)
        self._renewed_at: datetime | None = None

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, channel: str) -> bool:
        return channel in self._open

    def every(self) -> list[OpenRound]:
        """Return the open rounds."""
        return list(self._open.values())

    async def begin(self, channels: Sequence[str], now: datetime) -> list[Round]:
        """Begin a round in each of these channels in which no process holds one. Each is to be entered."""
        if not channels:
            return []
        async with self._office.database.transaction() as session:
            return await rounds.begin(session, self._workspace.id, channels, now)

    async def enter(self, channel: str, number: int) -> OpenRound | None:
        """Return the round, None if it is over. It is to be left."""
        if (lease_until := await self._entries((channel, number))) is None:
            return None
        mine = self._open[channel] = OpenRound(channel, number, lease_until)
        return mine

    def leave(self, mine: OpenRound) -> None:
        """Work on the round no more."""
        if self._open.get(mine.channel) is mine:
            del self._open[mine.channel]

    async def end(self, mine: OpenRound, wait_until: datetime | None) -> None:
        """Record that the round is over, and until when the channel must wait."""
        await self._ends(((mine.channel, mine.number), wait_until))

    async def renew(self, now: datetime) -> None:
        """Extend the leases now and then, and wake those that were lost."""
        if not self._open or (self._renewed_at and timedelta(0) <= now - self._renewed_at < LEASE / 3):
            return
        held = {(one.channel, one.number): one for one in self._open.values()}
        async with self._office.database.transaction() as session:
            kept = await rounds.renew(session, self._workspace.id, list(held), now)
        for key, one in held.items():
            one.lease_until = now + LEASE if key in kept else now
        announce(one for key, one in held.items() if key not in kept)
        self._renewed_at = now

    async def _enter(self, begun: Sequence[RoundKey]) -> list[datetime | None]:
        """Return the end of each round's lease, or None when the round is over."""
        async with self._requests, self._office.database.transaction() as session:
            now = self._office.clock.now()
            entered = await rounds.enter(session, self._workspace.id, begun, now)
        return [now + LEASE if key in entered else None for key in begun]

    async def _end(self, ended: Sequence[tuple[RoundKey, datetime | None]]) -> list[None]:
        by_wait: dict[datetime | None, list[RoundKey]] = defaultdict(list)
        for key, wait_until in ended:
            by_wait[wait_until].append(key)
        async with self._requests, self._office.database.transaction() as session:
            for wait_until, keys in by_wait.items():
                await rounds.end(session, self._workspace.id, keys, wait_until=wait_until)
        return [None] * len(ended)


def announce(to: Iterable[OpenRound]) -> None:
    """Wake these rounds."""
    for one in to:
        one.news.set()
