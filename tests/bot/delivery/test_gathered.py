"""Simultaneous calls are done together: one that fails or is given up leaves the others as they are."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.delivery.gathered import Gathered


class Work:
    """Doubles numbers, when it is let. `together` has what was done at once; `refused` and `away` are what it raises for."""

    def __init__(self) -> None:
        self.together: list[list[int]] = []
        self.let = asyncio.Event()
        self.let.set()
        self.refused: int | None = None
        self.away = False

    async def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.together.append(list(numbers))
        await self.let.wait()
        if self.away:
            raise ConnectionError
        if self.refused in numbers:
            raise ValueError(self.refused)
        return [2 * number for number in numbers]


async def begun(doubled: Gathered[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    """Return calls that have begun, the first of them alone if none was in progress."""

    async def call(number: int) -> int:
        return await doubled(number)

    calls = [asyncio.create_task(call(number)) for number in numbers]
    for _ in range(3):
        await asyncio.sleep(0)
    return calls


async def test_calls_that_come_meanwhile_are_done_together_so_many_at_once() -> None:
    work = Work()
    doubled = Gathered(work, most=3)
    work.let.clear()

    calls = [*await begun(doubled, 1), *await begun(doubled, 2, 3, 4, 5)]
    work.let.set()

    assert await asyncio.gather(*calls) == [2, 4, 6, 8, 10]
    assert work.together == [[1], [2, 3, 4], [5]]
    assert await doubled(6) == 12


async def test_one_that_fails_fails_no_other() -> None:
    work = Work()
    work.refused = 2

    results = await asyncio.gather(*await begun(Gathered(work, most=3), 1, 2, 3), return_exceptions=True)

    assert [results[0], results[2]] == [2, 6]
    assert isinstance(results[1], ValueError)
    assert work.together == [[1, 2, 3], [1], [2], [3]]


async def test_an_outage_fails_all_of_them_and_is_not_asked_again() -> None:
    work = Work()
    work.away = True
    doubled = Gathered(work, most=3)

    results = await asyncio.gather(*await begun(doubled, 1, 2, 3), return_exceptions=True)
    work.away = False

    assert [type(result) for result in results] == [ConnectionError] * 3
    assert work.together == [[1, 2, 3]]
    assert await doubled(4) == 8


async def test_a_call_that_is_given_up_leaves_the_others_and_is_done_all_the_same() -> None:
    work = Work()
    doubled = Gathered(work, most=3)
    work.let.clear()
    first, second, third, fourth = [*await begun(doubled, 1, 2), *await begun(doubled, 3, 4)]

    second.cancel()
    third.cancel()
    await asyncio.sleep(0)
    work.let.set()

    assert await asyncio.gather(first, fourth) == [2, 8]
    assert work.together == [[1, 2], [3, 4]]
    for given_up in (second, third):
        with pytest.raises(asyncio.CancelledError):
            await given_up


async def test_no_call_waits_for_ever_when_the_work_is_cancelled() -> None:
    work = Work()
    doubled = Gathered(work, most=2)
    work.let.clear()
    before = asyncio.all_tasks()
    calls = await begun(doubled, 1, 2, 3)

    for task in asyncio.all_tasks() - before - {*calls}:
        task.cancel()
    async with asyncio.timeout(60):
        results = await asyncio.gather(*calls, return_exceptions=True)
    work.let.set()

    assert [type(result) for result in results] == [asyncio.CancelledError] * 3
    assert await doubled(4) == 8
