"""Delivery without an engine: for the tests, the tour, and whoever wants to see it done now."""

from typing import Protocol

from bot.delivery.sender import Result, Sender
from storage.queries.messages import sending

_AT_ONCE = 500


class Engine(Protocol):
    """What keeps delivering for as long as the program runs."""

    async def start(self) -> None:
        """Begins."""
        ...

    async def stop(self) -> None:
        """Finishes what is under way, and ends."""
        ...


class Courier:
    """Delivers in the present process, one notice after the other."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def deliver_owed(self) -> int:
        """Makes one attempt at everything that is owed now, urgent first, then the oldest. Gives how many it made."""
        office, workspace = self._sender.office, self._sender.workspace
        async with office.database.reading() as session:
            owed = await sending.owed(session, workspace.id, office.clock.now(), _AT_ONCE)
        results = [await self._sender.attempt(one.notice_id) for one in owed]
        return sum(result is not Result.NOTHING_OWED for result in results)
