"""The worker's round."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot import steps, worker
from bot.worker import Worker, do_chores
from desk.core.transaction import Desk, Office
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.queries.core.due_rows import waiting
from storage.tables import Workspace
from tests.clocks import FrozenClock


class Nothing:
    """A part of the work that never has anything to do."""

    async def round(self) -> None:
        pass


def idle_worker(office: Office, workspace: Workspace, **parts: Any) -> Worker:
    """Return a worker that has nothing to do but its chores and these parts."""
    idle = dict.fromkeys(("homes", "look", "heads", "erased"), Nothing()) | {"rings": None, "stamps": None}
    served: Any = SimpleNamespace(office=office, workspace=workspace, **idle | parts)
    return Worker(served)


async def test_a_round_without_a_database_is_no_round(
    workspace: Workspace, cipher: Cipher, clock: FrozenClock, tmp_path: Path
) -> None:
    away = Database(f"postgresql://nobody@/nothing?host={tmp_path}")

    assert not await do_chores(Office(database=away, cipher=cipher, clock=clock), workspace)

    await away.close()


async def test_one_chore_that_fails_holds_up_no_other(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    async def stumble(_desk: Desk) -> None:
        raise RuntimeError("a row that cannot be read")

    async def work(_desk: Desk) -> None:
        done.append("work")

    monkeypatch.setattr(worker, "CHORES", (stumble, work))

    assert await do_chores(office, workspace)
    assert done == ["work"]


async def test_chores_that_wait_for_an_instant_begin_nothing_while_none_has_come(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await do_chores(office, workspace)
    begun: list[Workspace] = []
    desk = Office.desk

    def begin(self: Office, of: Workspace) -> Any:
        begun.append(of)
        return desk(self, of)

    monkeypatch.setattr(Office, "desk", begin)
    assert await do_chores(office, workspace)

    waits = [chore for chore, rows in worker.ROWS.items() if rows.name in waiting()]
    assert len(waits) >= 7
    assert len(begun) == len(worker.CHORES) - len(waits)


async def test_a_stop_finishes_the_step_that_is_at_work(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, let_go, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def work(_desk: Desk) -> None:
        begun.set()
        await let_go.wait()
        done.append("work")

    monkeypatch.setattr(worker, "CHORES", (work,))
    monkeypatch.setattr(steps, "FINISH_SECONDS", 60)
    running = idle_worker(office, workspace)
    await running.start()
    await begun.wait()
    stopping = asyncio.create_task(running.stop())
    for _ in range(10):
        await asyncio.sleep(0)
    assert not stopping.done()
    let_go.set()
    await stopping
    assert done == ["work"]


async def test_a_stop_breaks_a_step_off_that_takes_long(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, broken_off = asyncio.Event(), asyncio.Event()

    class Look:
        async def round(self) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                broken_off.set()

    monkeypatch.setattr(worker, "CHORES", ())
    monkeypatch.setattr(steps, "FINISH_SECONDS", 0)
    running = idle_worker(office, workspace, look=Look())
    await running.start()
    await begun.wait()
    await running.stop()
    assert broken_off.is_set()


async def test_a_time_stamp_that_fails_or_takes_long_holds_no_round_up(
    office: Office, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CHORES", ())
    monkeypatch.setattr(worker, "TICK_SECONDS", 0)
    asked, headed, answered = asyncio.Event(), asyncio.Event(), asyncio.Event()

    class Stamps:
        rounds = 0

        async def round(self) -> None:
            self.rounds += 1
            if self.rounds == 1:
                raise OSError("the file cannot be written")
            asked.set()
            await answered.wait()

    class Heads:
        async def round(self) -> None:
            if asked.is_set():
                headed.set()

    stamping = Stamps()
    running = idle_worker(office, workspace, stamps=stamping, heads=Heads())
    await running.start()
    await headed.wait()  # while the second answer does not come
    await running.stop()
    assert stamping.rounds == 2
