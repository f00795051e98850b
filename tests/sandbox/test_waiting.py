"""`wait_for`, with which tests wait for changes instead of time."""

import asyncio

import pytest

from tests.sandbox.conftest import World


async def test_wait_for_returns_when_the_message_arrives(world: World) -> None:
    waiting = asyncio.create_task(world.sandbox.wait_for(lambda: world.sandbox.messages(world.desk)))
    await world.client.chat_postMessage(channel="C0DESK", text="Due")
    assert [one.text for one in await waiting] == ["Due"]


async def test_wait_for_returns_at_once_if_the_predicate_is_already_true(world: World) -> None:
    assert await world.sandbox.wait_for(lambda: "yes", timeout=0.01) == "yes"


async def test_wait_for_notices_api_calls_that_change_nothing(world: World) -> None:
    waiting = asyncio.create_task(world.sandbox.wait_for(lambda: world.sandbox.traffic.api_calls("users.info")))
    await world.client.users_info(user="U0LI")
    assert (await waiting)[0].status in (None, 200)


async def test_wait_for_raises_after_its_timeout(world: World) -> None:
    with pytest.raises(TimeoutError):
        await world.sandbox.wait_for(lambda: False, timeout=0.01)
