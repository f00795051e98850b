"""Start, stop and release: nothing accepted or pending is lost, nothing is sent twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlmodel import select

from bot.commands.serving import Command
from bot.service import Service, open_service
from bot.settings import Settings
from desk.messages.kinds import REMINDER
from desk.messages.notices import queue_notice
from sandbox.server import Sandbox
from storage.queries.messages import backlogs
from storage.tables import Member, Process
from tests.bot.processes.conftest import Processes, Running
from tests.builders import make_follow_up, make_loan, make_member
from tests.clocks import FrozenClock
from tests.conftest import UNHURRIED
from tests.servers import until_a_query_waits_for_a_lock
from tests.wire.conftest import install, sandbox, settings_for

__all__ = ["sandbox"]

REMINDERS = 30
PATIENCE = 120.0


@dataclass
class Lender:
    """A sandbox and a database with an agent; the test starts the processes."""

    sandbox: Sandbox
    service: Service
    settings: Settings
    agent: Member
    processes: Processes

    async def remind(self, count: int) -> set[str]:
        """Let that many follow-ups fall due, each in its own minute and message, and return their loans' numbers."""
        numbers = {f"L-{number}" for number in range(1, count + 1)}
        office, workspace = self.service.office, self.service.workspace
        for number in sorted(numbers):
            loan = await make_loan(office, workspace, number, owner=self.agent)
            now = office.clock.now()
            # Announced as it is made: a worker that runs already would announce it a second time.
            follow_up = await make_follow_up(office, loan, self.agent, due_at=now, remind_at=None, announced_for=now)
            async with office.desk(workspace) as desk:
                facts = {"for": desk.now.isoformat()}
                await queue_notice(
                    desk,
                    kind=REMINDER,
                    key=number,
                    to=self.agent,
                    about_loan_id=loan.id,
                    items=[follow_up],
                    facts=facts,
                )
        return numbers

    def reminded(self) -> list[str]:
        """Return the loans that the agent was reminded of, one for each message."""
        texts = [message.text for message in self.sandbox.messages("CDESK")]
        return [word for text in texts for word in text.replace("·", " ").split() if word.startswith("L-")]

    async def nothing_owed(self) -> None:
        """Wait until the desk has recorded what Slack shows, a moment after it is shown."""
        async with asyncio.timeout(PATIENCE):
            while await self._owed():  # noqa: ASYNC110  (another process writes to the database)
                await asyncio.sleep(0.02)

    async def _owed(self) -> int:
        async with self.service.office.database.reading() as session:
            return (await backlogs.waiting(session, [self.service.workspace.id]))[0]

    async def worker(self, name: str = "one", **settings: object) -> Running:
        """Return the process that sends reminders. `settings`: those in which it differs."""
        return await self.processes.start(self.settings.model_copy(update=settings), self.command, name)

    @property
    def command(self) -> Command:
        """Return the command that starts the process that sends reminders."""
        return "serve" if self.settings.on_sqlite else "worker"


@pytest.fixture
async def lender(
    sandbox: Sandbox, database_url: str, clock: FrozenClock, processes: Processes
) -> AsyncIterator[Lender]:
    install(sandbox, "http://127.0.0.1:9")
    sandbox.limits.enabled = False
    sandbox.delivery.timeout = PATIENCE
    settings = settings_for(sandbox, database_url, stop_seconds=UNHURRIED)
    service = await open_service(settings, clock)
    processes.clock.set(clock.now())
    agent = await make_member(
        service.office, service.workspace, "UAGENT", roles="agent", name="Agent", reminder_channel_id="CDESK"
    )
    yield Lender(sandbox, service, settings, agent, processes)
    await processes.end_all()
    await service.close()


async def test_a_release_while_reminders_are_queued_loses_none(lender: Lender) -> None:
    numbers = await lender.remind(REMINDERS)
    lender.sandbox.faults.next("chat.postMessage", "slow", times=4, delay=0.0)
    lender.sandbox.faults.next(
        "chat.postMessage", "slow", times=REMINDERS, delay=3.0
    )  # so the stop comes in the middle
    old = await lender.worker()
    await lender.sandbox.wait_for(lambda: len(lender.reminded()) > 2, timeout=PATIENCE)
    assert await old.stop() == 0
    before = len(lender.reminded())
    assert before < REMINDERS, "the stop came too late to be in the middle"
    lender.sandbox.faults.clear()

    new = await lender.worker()
    await lender.sandbox.wait_for(lambda: len(lender.reminded()) >= REMINDERS, timeout=PATIENCE)

    assert await new.stop() == 0
    assert sorted(lender.reminded()) == sorted(numbers)


async def test_a_stop_answers_the_command_at_work(lender: Lender) -> None:
    web = await lender.processes.start(lender.settings, "serve", "one")
    install(lender.sandbox, f"http://127.0.0.1:{web.port}")
    before = len(lender.sandbox.traffic.api_calls("users.info"))
    lender.sandbox.faults.next("users.info", "slow", delay=0.5)
    typed = asyncio.create_task(lender.sandbox.command("UADMIN", "CDESK", "/loan-team add @other agent #desk East"))
    await lender.sandbox.wait_for(
        lambda: len(lender.sandbox.traffic.api_calls("users.info")) > before, timeout=PATIENCE
    )

    assert await web.stop() == 0

    reply = await typed
    assert (reply.status, reply.error) == (200, "")
    assert "UOTHER" in reply.text or "Other" in reply.text


async def test_a_name_that_lives_is_refused_and_one_that_died_is_taken_over(lender: Lender) -> None:
    first = await lender.worker()
    second = await lender.processes.start(lender.settings, lender.command, "one", ready=None)
    assert await second.ended() == 2
    assert "is running" in second.said()

    await first.stop(signal.SIGKILL)
    third = await lender.worker()

    assert await third.stop() == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)  # on SQLite it may freeze with the file's lock
async def test_one_that_froze_and_was_taken_for_dead_ends_when_it_wakes(lender: Lender) -> None:
    frozen = await lender.worker()
    await a_beat(lender)
    frozen.send(signal.SIGSTOP)
    other = await lender.worker()

    frozen.send(signal.SIGCONT)

    assert await frozen.ended() == 1
    assert "stop_cut_short" not in frozen.said(), frozen.said()
    assert await other.stop() == 0


async def a_beat(lender: Lender) -> None:
    """Wait for the end of a beat: it holds a lock that the next process of this name waits for, until a beat is given up."""
    database = lender.service.office.database
    async with database.transaction() as session:
        await session.exec(select(Process).with_for_update())
        await until_a_query_waits_for_a_lock(database)
    async with database.transaction() as session:
        await session.exec(select(Process).with_for_update())


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_one_that_froze_in_the_middle_of_a_write_holds_nobody_up_for_long(lender: Lender) -> None:
    frozen = await lender.worker()
    async with lender.service.office.database.transaction() as session:
        await session.exec(select(Process).with_for_update())
        await until_a_query_waits_for_a_lock(lender.service.office.database)
        frozen.send(signal.SIGSTOP)
    other = await lender.worker()

    frozen.send(signal.SIGCONT)

    assert await frozen.ended() == 1
    assert "stop_cut_short" not in frozen.said(), frozen.said()
    assert await other.stop() == 0


async def test_ready_says_what_is_wrong(lender: Lender) -> None:
    running = await lender.worker()
    report = await running.until("/readyz", 200)
    assert (report["database"], report["migrations"], report["worker"], report["backlog"]) == ("ok",) * 4
    await lender.sandbox.wait_for(lambda: lender.sandbox.messages(lender.sandbox.dm("UADMIN")), timeout=PATIENCE)
    await lender.nothing_owed()
    lender.sandbox.faults.next("chat.postMessage", "500", times=100)
    await lender.remind(1)

    lender.processes.clock.set(lender.processes.clock.now() + timedelta(minutes=6))
    report = await running.until("/readyz", 503)

    assert report["database"] == "ok"
    assert "1 messages are pending" in report["backlog"]
