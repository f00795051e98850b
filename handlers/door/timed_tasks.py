"""Work of a request that has so much time and no more."""

import asyncio
from typing import Any


class TimedTasks:
    """Tasks on which a request waits for a limited time. They are referenced until they end: asyncio alone would lose them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def ended(self, task: asyncio.Task[Any], seconds: float) -> bool:
        """Return whether the task finished within `seconds`; otherwise cancel it. A cancelled task rolls back."""
        self._tasks.add(task)
        task.add_done_callback(self._discard)
        try:
            done, _ = await asyncio.wait({task}, timeout=seconds)
        finally:
            task.cancel()
        return bool(done)

    def _discard(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved: the caller has handled it, so asyncio need not report it
