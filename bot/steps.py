"""Steps that a stop does not break off in the middle."""

import asyncio
from collections.abc import Coroutine
from dataclasses import field
from typing import Any

from desk.core.dataclass import dataclass

FINISH_SECONDS = 5.0
"""How long a stop waits for the step that is at work. Most take milliseconds; one that asks Slack much goes on there later."""


@dataclass(slots=True)
class Steps:
    """Does one step after the other in a task that a stop cancels: it then waits for the one that is at work."""

    _at_work: asyncio.Task[Any] | None = field(default=None)

    async def do(self, step: Coroutine[Any, Any, object]) -> None:
        """Do a step. It goes on when the caller is cancelled."""
        self._at_work = asyncio.create_task(step, name="step")
        await asyncio.shield(self._at_work)

    async def finish(self) -> None:
        """Wait for the step at work, and break it off if it takes long. What it raises, its task has logged or nobody needs."""
        if self._at_work is None:
            return
        await asyncio.wait([self._at_work], timeout=FINISH_SECONDS)
        self._at_work.cancel()
        await asyncio.gather(self._at_work, return_exceptions=True)
