"""Go on holding what a worker has taken, while it works on it."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

import structlog

from storage.engine.trouble import log_fields

log = structlog.get_logger()


@contextlib.asynccontextmanager
async def renewing(
    renew: Callable[[], Awaitable[None]], *, every: float, lost: type[Exception]
) -> AsyncGenerator[None]:
    """Call `renew` every so many seconds meanwhile, until it raises `lost`: who works hears of that with their next step. What
    else it raises, of a database that is away for a moment, is logged, and it is called again."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(every)
            try:
                await renew()
            except lost:
                return
            except Exception as error:  # the next one may be in time
                log.warning("hold_not_renewed", **log_fields(error))

    task = asyncio.create_task(go_on(), name="holding what is worked on")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
