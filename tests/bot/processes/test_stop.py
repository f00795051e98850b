"""A stop ends within the time that is set, whatever does not answer, and the next process finishes what it cut off."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from storage.queries.messages.sending import LEASE
from tests.bot.processes.test_life import PATIENCE, Lender, lender
from tests.servers import Wire
from tests.wire.conftest import sandbox

__all__ = ["lender", "sandbox"]

LIMIT = 2.0


@pytest.fixture
def socket(postgres_url: str) -> Path:
    """Where the server of this test's database listens."""
    (found,) = Path(str(make_url(postgres_url).query["host"])).glob(".s.PGSQL.*[0-9]")
    return found


@pytest.fixture
async def wire(socket: Path) -> AsyncIterator[Wire]:
    """Lies between a process and the database of this test."""
    async with Wire(socket).laid() as wire:
        yield wire


async def test_one_that_waits_for_slack_is_cut_short_and_the_message_arrives_once(lender: Lender) -> None:
    lender.sandbox.faults.next("chat.postMessage", "timeout", channel="CDESK")
    one = await lender.worker(stop_seconds=LIMIT)
    await lender.remind(1)
    await lender.sandbox.wait_for(lambda: not lender.sandbox.faults.pending, timeout=PATIENCE)

    assert await one.stop() == 1
    assert "stop_cut_short" in one.said()

    lender.processes.clock.set(lender.processes.clock.now() + LEASE)
    other = await lender.worker()
    await lender.sandbox.wait_for(lender.reminded, timeout=PATIENCE)
    await lender.nothing_owed()
    assert await other.stop() == 0
    assert lender.reminded() == ["L-1"]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_one_whose_database_is_silent_is_cut_short(lender: Lender, wire: Wire, postgres_url: str) -> None:
    through = make_url(postgres_url).set(host="127.0.0.1", port=wire.port, query={})
    address = SecretStr(through.render_as_string(hide_password=False))
    one = await lender.worker(stop_seconds=LIMIT, database_url=address)
    wire.fault = "dead"

    assert await one.stop() == 1
    assert "stop_cut_short" in one.said()
