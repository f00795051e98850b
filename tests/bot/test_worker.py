"""The worker's round."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot import worker
from bot.worker import Worker, do_chores
from desk.core.transaction import Desk, Office
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.queries.core.due_rows import waiting
from storage.tables import Workspace
from tests.clocks import FrozenClock


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

    class Nothing:
        async def round(self) -> None:
            pass

        async def start(self) -> None:
            pass

        async def stop(self) -> None:
            pass

    rest: Any = Nothing()
    stamping: Any = Stamps()
    heading: Any = Heads()
    running = Worker(office, workspace, rest, rest, rest, rest, heading, rest, rest, rest, rest, stamping)
    await running.start()
    await headed.wait()  # while the second answer does not come
    await running.stop()
    assert stamping.rounds == 2
