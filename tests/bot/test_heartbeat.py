"""A process claims its name in the database, also from one that is slow to answer."""

from typing import Any

import pytest

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
