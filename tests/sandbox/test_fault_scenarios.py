"""Fault scenarios, switched on from the page."""

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.fault_scenarios import SLOW_SECONDS, FaultScenarios
from tests.sandbox.conftest import World


async def test_every_second_call_is_rate_limited_until_the_scenario_is_switched_off(world: World) -> None:
    assert await world.post("/ui/fault-scenarios", on=["429"]) == {"ok": True, "on": ["429"]}
    assert (await world.get("/ui/state", user="U0LI"))["fault_scenarios"] == ["429"]
    with pytest.raises(SlackApiError) as refused:
        await world.client.auth_test()
    assert (refused.value.response.status_code, refused.value.response.headers["Retry-After"]) == (429, "2")
    await world.client.auth_test()
    await world.post("/ui/fault-scenarios", on=[])
    for _ in range(4):
        await world.client.auth_test()
    assert await world.get("/ui/fault-scenarios") == {"known": ["slow", "429", "500", "lost_answer"], "on": []}


def test_failing_scenarios_take_turns_and_slow_delays_every_call() -> None:
    scenarios = FaultScenarios()
    scenarios.switch(["lost_answer", "500", "slow"])
    assert [scenarios.next_kind() for _ in range(6)] == ["500", "slow", "lost_answer", "slow", "500", "slow"]
    assert scenarios.delay == SLOW_SECONDS
    scenarios.switch([])
    assert (scenarios.next_kind(), scenarios.delay) == (None, 0)


async def test_an_unknown_scenario_is_refused(world: World) -> None:
    answer = await world.post("/ui/fault-scenarios", on=["rain"])
    assert answer["error"].startswith("unknown scenario: rain")
