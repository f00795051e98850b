"""A process claims its name in the database, also from one that is slow to answer, and beats until it is told to stop."""

import asyncio
from typing import Any

import pytest

from bot import heartbeat as heartbeat_module
from bot.heartbeat import Heartbeat, Identity
from desk.core.transaction import Office
from storage.tables import Workspace
from storage.upkeep import processes

pytestmark = pytest.mark.every_example


@pytest.mark.parametrize(("timeouts", "starts"), [(0, True), (2, True), (3, False)])
async def test_a_slow_database_is_asked_again(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, timeouts: int, starts: bool
) -> None:
    claim, asked = processes.claim, 0

    async def claim_late(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        holder = await claim(*given)
        if asked <= timeouts:
            raise TimeoutError
        return holder

    monkeypatch.setattr(processes, "claim", claim_late)
    heartbeat = Heartbeat(office, workspace, Identity("worker", "one"), seconds=0.01)

    if starts:
        await heartbeat.start()
        await heartbeat.stop()
    else:
        with pytest.raises(TimeoutError):
            await heartbeat.start()

    assert asked == timeouts + starts


async def hang(*_given: Any) -> bool:
    """Wait for a connection that never comes to its end."""
    return await asyncio.get_running_loop().create_future()


async def be_cancelled(*_given: Any) -> bool:
    """Wait for what a driver cancels."""
    raise asyncio.CancelledError


@pytest.mark.parametrize("strange", [hang, be_cancelled])
async def test_one_that_lost_its_name_hears_of_it_after_a_beat_that_came_to_nothing(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, strange: Any
) -> None:
    heartbeat = Heartbeat(office, workspace, Identity("worker", "one"), seconds=0.01)
    beat, tried = processes.beat, 0

    async def beat_strangely_at_first(*given: Any) -> bool:
        nonlocal tried
        tried += 1
        return await (strange if tried == 1 else beat)(*given)

    monkeypatch.setattr(heartbeat_module, "_LONGEST_BEAT", 0.5)
    monkeypatch.setattr(processes, "beat", beat_strangely_at_first)
    await heartbeat.start()
    async with office.database.transaction() as session:
        await processes.leave(session, heartbeat._incarnation)  # pyright: ignore[reportPrivateUsage]
    async with asyncio.timeout(60):
        await heartbeat.overtaken.wait()
    await heartbeat.stop()
    assert tried > 1
