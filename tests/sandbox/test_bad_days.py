"""Slack's bad days, switched on from the page."""

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.bad_days import SLOW_SECONDS, BadDays
from tests.sandbox.conftest import World


async def test_one_call_in_two_is_refused_until_it_is_switched_off(world: World) -> None:
    assert await world.post("/ui/bad-days", on=["429"]) == {"ok": True, "on": ["429"]}
    assert (await world.get("/ui/state", user="U0LI"))["bad_days"] == ["429"]
    with pytest.raises(SlackApiError) as refused:
        await world.client.auth_test()
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "2")
    await world.client.auth_test()
    await world.post("/ui/bad-days", on=[])
    for _ in range(4):
        await world.client.auth_test()
    assert await world.get("/ui/bad-days") == {"known": ["slow", "429", "500", "lost_answer"], "on": []}


def test_several_take_turns_and_a_slow_slack_delays_all() -> None:
    days = BadDays()
    days.switch(["lost_answer", "500", "slow"])
    assert [days.befall() for _ in range(6)] == ["500", "slow", "lost_answer", "slow", "500", "slow"]
    assert days.delay == SLOW_SECONDS
    days.switch([])
    assert (days.befall(), days.delay) == (None, 0)


async def test_an_unknown_trouble_is_refused(world: World) -> None:
    answer = await world.post("/ui/bad-days", on=["rain"])
    assert answer["error"].startswith("unknown trouble: rain")
