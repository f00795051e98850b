"""The clock that the page sets forward."""

from datetime import UTC, datetime

import pytest

from sandbox.clock import MAX_AHEAD, ClockRefusedError, MovableClock
from tests.sandbox.conftest import Clock, World


def test_a_clock_that_was_set_continues_from_there() -> None:
    real = Clock()
    clock = MovableClock(real)
    clock.set(real() + 3600)
    real.forward(5)
    assert clock.time() == real() + 3600


@pytest.mark.parametrize(("ahead", "why"), [(-1, "clock_only_forward"), (MAX_AHEAD + 1, "clock_too_far")])
def test_the_clock_is_set_neither_back_nor_more_than_a_year_ahead(ahead: float, why: str) -> None:
    clock = MovableClock(Clock())
    with pytest.raises(ClockRefusedError, match=why):
        clock.set(clock.time() + ahead)


async def test_a_workspace_on_real_time_refuses_to_set_the_clock(world: World) -> None:
    assert (await world.get("/ui/state", user="U0LI"))["clock"]["movable"] is False
    instant = datetime.now(UTC).isoformat()
    assert await world.post("/ui/clock", set=instant) == {"ok": False, "error": "clock_not_movable"}
