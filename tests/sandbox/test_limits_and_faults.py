"""Rate limits, and faults on demand."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.conftest import World


async def limited(call: Awaitable[Any]) -> int:
    """Return the seconds of Retry-After of a rate-limited call."""
    with pytest.raises(SlackApiError) as refused:
        await call
    answer = refused.value.response
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    return int(answer.headers["Retry-After"])


async def post(world: World, channel: str = "C0DESK") -> Any:
    return await world.client.chat_postMessage(channel=channel, text="x")


async def test_a_channel_takes_a_short_burst_and_then_one_message_a_second(world: World) -> None:
    for _ in range(world.sandbox.limits.post_burst):
        await post(world)
    assert await limited(post(world)) == 1
    await post(world, "U0LI")
    world.clock.forward(1)
    await post(world)
    assert await limited(post(world)) == 1


async def test_calls_are_refused_until_retry_after_has_passed(world: World) -> None:
    world.sandbox.limits.tiers[4] = 1
    await world.client.users_info(user="U0LI")
    assert await limited(world.client.users_info(user="U0LI")) == 60
    world.clock.forward(59)
    assert await limited(world.client.users_info(user="U0LI")) == 1
    world.clock.forward(1)
    await world.client.users_info(user="U0LI")


@pytest.mark.parametrize(
    ("tier", "method", "calls"), [(2, "users.list", 20), (3, "chat.update", 50), (4, "users.info", 100)]
)
async def test_a_method_has_the_allowance_of_its_tier(world: World, tier: int, method: str, calls: int) -> None:
    limits = world.sandbox.limits
    assert limits.tiers[tier] == calls
    assert [limits.take(method, "") for _ in range(calls)] == [None] * calls
    assert limits.take(method, "") is not None
    assert limits.take("conversations.members", "") is None


async def test_posts_are_limited_across_all_channels_of_a_workspace(world: World) -> None:
    world.sandbox.limits.posts_per_workspace = 2
    await post(world, "C0DESK")
    await post(world, "U0LI")
    assert await limited(post(world, "U0WANG")) == 30


async def test_limits_can_be_switched_off(world: World) -> None:
    world.sandbox.limits.enabled = False
    for _ in range(20):
        await post(world)
    assert len(world.sandbox.messages(world.desk)) == 20


async def test_a_server_error_stores_nothing(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "500", times=2)
    for _ in range(2):
        with pytest.raises(SlackApiError) as refused:
            await post(world)
        assert refused.value.response.status_code == 500
    assert world.sandbox.messages(world.desk) == []
    await post(world)


async def test_a_planned_rate_limit_returns_its_retry_after(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "429", retry_after=17)
    assert await limited(post(world)) == 17


async def test_a_planned_error_is_slacks_answer(world: World) -> None:
    posted = await post(world)
    world.sandbox.faults.next("chat.update", "error:edit_window_closed")
    with pytest.raises(SlackApiError, match="edit_window_closed"):
        await world.client.chat_update(channel="C0DESK", ts=posted["ts"], text="y")
    assert world.sandbox.violations == []


async def test_a_lost_answer_leaves_the_message_posted(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "lost_answer")
    with pytest.raises(aiohttp.ClientError):
        await post(world)
    assert len(world.sandbox.messages(world.desk)) == 1
    assert world.sandbox.traffic.api_calls("chat.postMessage")[0].status is None


async def test_a_timeout_stores_nothing_and_never_answers(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "timeout")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(post(world), 0.05)
    assert world.sandbox.messages(world.desk) == []


async def test_a_slow_answer_arrives_after_its_delay(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "slow", delay=0.05)
    started = asyncio.get_running_loop().time()
    await post(world)
    assert asyncio.get_running_loop().time() - started >= 0.05


async def test_a_fault_can_be_limited_to_one_channel(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "500", channel="C0DESK")
    await post(world, "U0LI")
    with pytest.raises(SlackApiError):
        await post(world)


async def test_a_response_url_can_fail_too(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call")
    world.sandbox.faults.next("response_url", "500")
    url = world.app.payloads[0]["response_url"]
    for status in (500, 200):
        async with world.http.post(url, json={"text": "x"}) as response:
            assert response.status == status


async def test_an_unknown_fault_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="unknown kind of fault"):
        world.sandbox.faults.next("chat.postMessage", "502")


async def test_stopping_releases_calls_that_wait(world: World) -> None:
    world.sandbox.faults.next("chat.postMessage", "timeout")
    waiting = asyncio.create_task(post(world))
    await world.sandbox.wait_for(lambda: world.sandbox.traffic.api_calls("chat.postMessage"))
    world.sandbox.faults.clear()
    with pytest.raises(SlackApiError):
        await waiting
