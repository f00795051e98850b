"""What a worker has taken is held while it works on it."""

import asyncio

from bot.holding import renewing


class LostError(Exception):
    """Another has it."""


async def test_a_renewal_that_fails_does_not_end_the_others() -> None:
    tried: list[str] = []
    renewed = asyncio.Event()

    async def renew() -> None:
        tried.append("again")
        if len(tried) == 1:
            raise ConnectionError("the database is away")
        renewed.set()

    async with renewing(renew, every=0, lost=LostError), asyncio.timeout(60):
        await renewed.wait()


async def test_what_is_lost_is_renewed_no_more() -> None:
    tried: list[str] = []

    async def renew() -> None:
        tried.append("again")
        raise LostError

    async with renewing(renew, every=0, lost=LostError):
        for _ in range(10):
            await asyncio.sleep(0)
    assert tried == ["again"]
