"""Do together what several tasks ask for at the same time, so that they share a transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from storage.engine.trouble import is_outage

A = TypeVar("A")
R = TypeVar("R")


class Gathered(Generic[A, R]):
    """An asynchronous function of one argument that does the work of its simultaneous calls together, `most` at once.

    `work` gets the arguments and returns the results in their order. Calls that come while it works are done together next.
    If it fails, each call is done alone, so that one cannot fail the others; an outage of the database concerns them all. What
    a cancelled call asked for is done all the same: it may be the record of a message that was sent. If the work is cancelled, so
    are all calls.
    """

    def __init__(self, work: Callable[[Sequence[A]], Awaitable[Sequence[R]]], most: int) -> None:
        self._work = work
        self._most = most
        self._calls: list[tuple[A, asyncio.Future[R]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, argument: A) -> R:
        """Return the result of the work for this argument, or raise what it raised."""
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._calls.append((argument, result))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        some: list[tuple[A, asyncio.Future[R]]] = []
        try:
            while self._calls:
                some, self._calls = self._calls[: self._most], self._calls[self._most :]
                await self._do(some)
        finally:
            self._task = None
            for _, result in (*some, *self._calls):
                result.cancel()  # unless it is done, as all are if this was not cancelled
            self._calls = []

    async def _do(self, calls: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([argument for argument, _ in calls])
        except Exception as error:
            if len(calls) > 1 and not is_outage(error):
                for call in calls:
                    await self._do([call])
                return
            for _, result in calls:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), value in zip(calls, results, strict=True):
            if not result.done():
                result.set_result(value)
