"""Tests wait for what happens, not for time to pass."""

import asyncio

import pytest

from tests.sandbox.conftest import World


async def test_waiting_ends_when_the_message_comes(world: World) -> None:
    waiting = asyncio.create_task(world.sandbox.wait_for(lambda: world.sandbox.messages(world.desk)))
    await world.client.chat_postMessage(channel="C0DESK", text="Due")
    assert [one.text for one in await waiting] == ["Due"]


async def test_waiting_ends_at_once_for_what_is_there(world: World) -> None:
    assert await world.sandbox.wait_for(lambda: "yes", timeout=0.01) == "yes"


async def test_waiting_hears_of_calls_that_change_nothing(world: World) -> None:
    waiting = asyncio.create_task(world.sandbox.wait_for(lambda: world.sandbox.traffic.calls("users.info")))
    await world.client.users_info(user="U0LI")
    assert (await waiting)[0].status in (None, 200)


async def test_waiting_gives_up(world: World) -> None:
    with pytest.raises(TimeoutError):
        await world.sandbox.wait_for(lambda: False, timeout=0.01)
