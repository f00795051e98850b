"""A worker that sends webhooks is killed at each step: no event is lost, and a repeat has the id of the first."""

import signal
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from desk.core.transaction import Office
from desk.webhooks import endpoints
from storage.queries.messages.sending import LEASE
from storage.tables import WebhookEvent, Workspace
from tests.bot.delivery.killed_worker import FastClock, ended
from tests.bot.webhooks import killed_worker
from tests.bot.webhooks.killed_worker import STEPS
from tests.builders import make_loan
from tests.clocks import FrozenClock
from tests.webhook_receiver import Receiver, receiving


@pytest.fixture
async def receiver(office: Office, workspace: Workspace) -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        async with office.desk(workspace) as desk:
            await endpoints.add(desk, receiver.url, ["*"])
        yield receiver


async def test_killed_at_each_step_of_a_delivery(
    office: Office, workspace: Workspace, clock: FrozenClock, database_url: str, receiver: Receiver
) -> None:
    for number, step in enumerate(STEPS):
        await make_loan(office, workspace, f"A-{number}")
        process = killed_worker.begin(database_url, FastClock(clock.now()), executor_id=f"worker-{number}", step=step)
        assert await ended(process) == -signal.SIGKILL, step
        clock.advance(seconds=2 * LEASE.total_seconds())
    client = WebhookClient(Allowed.read("127.0.0.0/8"), clock)
    await WebhookRounds(office, workspace, client).deliver_pending()
    await client.close()

    async with office.database.reading() as session:
        events = (await session.exec(select(WebhookEvent))).all()
    sent = Counter(each.id for each in receiver.received)
    assert sent.keys() == {str(event.id) for event in events}
    assert len(events) == len(STEPS)
    # Only what was sent and not recorded is sent again: by those that died after the request, or while they recorded it.
    assert len(receiver.received) - len(events) == sum(
        step in ("after post", "before record", "after record") for step in STEPS
    )
    assert list(dict.fromkeys(each.data["loan"]["number"] for each in receiver.received)) == [
        f"A-{number}" for number in range(len(STEPS))
    ]


async def test_an_act_that_is_rolled_back_is_no_event(office: Office, workspace: Workspace, receiver: Receiver) -> None:
    loan = await make_loan(office, workspace, "A-1")

    async def fail() -> None:
        async with office.desk(workspace) as desk:
            (await desk.session.get_one(type(loan), loan.id)).stage = "signed"
            await desk.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with office.database.reading() as session:
        assert [event.type for event in (await session.exec(select(WebhookEvent))).all()] == ["loan.created"]
