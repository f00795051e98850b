"""Two lenders in one database, with equal loan numbers, names and phones: their systems, files and webhooks.

What one's bring reaches the other nowhere. Now is Wednesday 2026-11-25 10:00 in Shanghai.
"""

from typing import Any

import pytest

from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from desk.telephony.records import SETTLE
from desk.webhooks import endpoints
from storage.tables import Call, Loan, Payment, PhoneCall
from tests.builders import make_loan
from tests.webhook_receiver import receiving
from tests.wire.api_client import program
from tests.wire.office_day import Slack
from tests.wire.sending_tables import press, row, send, table
from tests.wire.several import rows_of

pytestmark = pytest.mark.usefixtures("no_stranger")


@pytest.fixture
async def lenders(lenders: dict[str, Slack]) -> tuple[Slack, Slack]:
    """Two lenders, each with A-1 of an agent with the extension 2001."""
    east, west = lenders.values()
    for slack in (east, west):
        await slack.change(slack.agent, extension="2001")
        await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    for _ in range(2):  # what a worker does for each on its first day
        await east.later(minutes=1)
    return east, west


async def count(slack: Slack, of: Any) -> int:
    return sum(each.workspace_id == slack.workspace.id for each in await slack.rows(of))


async def test_a_reported_call_is_of_the_lender_whose_token_reports_it(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    before = await rows_of(west)
    called = {
        "source": "dialler", "key": "7", "direction": "out", "number": "13800135678", "agent_extension": "2001",
        "started": "2026-11-25T09:50:00+08:00", "ended": "2026-11-25T09:51:00+08:00", "result": "no_answer",
    }  # fmt: skip
    async with program(east) as ours:
        assert (await ours.post("/calls", called)).body["effect"] == "new"
    await east.later(seconds=SETTLE.total_seconds())
    assert (await count(east, Call), await count(east, PhoneCall)) == (1, 1)
    assert await rows_of(west) == before
    async with program(west) as theirs:  # its own call of the same name is another one
        assert (await theirs.post("/calls", called)).body["effect"] == "new"
    await west.later(seconds=SETTLE.total_seconds())
    assert [await count(each, Call) for each in lenders] == [1, 1]


async def test_events_of_one_are_applied_to_its_loans_alone(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    before = await rows_of(west)
    paid = [
        {
            "type": "payment",
            "id": f"p-{n}",
            "loan": "A-1",
            "amount": "10.00",
            "paid_on": "2026-11-24",
            "reference": f"{n}",
        }
        for n in range(3)
    ]
    async with program(east) as ours:
        batch = await ours.post("/event-batches", {"events": paid})
        assert batch.status == 202
    await east.deliver()
    assert await count(east, Payment) == 3
    assert await rows_of(west) == before
    async with program(west) as theirs:
        assert (await theirs.get(f"/event-batches/{batch.body['batch']}")).status == 404
        assert (await theirs.get("/events/p-1")).status == 404
        assert (await theirs.post("/events", paid[0])).body["effect"] == "new"  # the same name is another event
    assert [await count(each, Payment) for each in lenders] == [3, 1]


async def test_a_file_is_imported_where_it_was_sent(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    before = await rows_of(west)
    await send(east, east.manager, table(row(1), row(2)))
    await press(east, east.manager, "Import")
    assert await count(east, Loan) == 2
    assert await rows_of(west) == before


async def test_webhooks_hear_of_their_own_lender_alone(lenders: tuple[Slack, Slack]) -> None:
    east, west = lenders
    async with receiving() as receiver:
        async with east.office.desk(east.workspace) as desk:
            await endpoints.add(desk, receiver.url, ["*"])
        for slack in lenders:
            assert slack.served is not None
            client = WebhookClient(Allowed.read("127.0.0.0/8"), slack.clock)
            slack.served.webhooks = WebhookRounds(slack.office, slack.workspace, client)
        for slack in (west, east):
            await slack.command(slack.agent, "/loan-note A-1 prefers mornings")
        await east.deliver()
        assert [(each.type, each.data["workspace"]) for each in receiver.received] == [("note.added", "T0EAST")]
        for slack in lenders:
            assert slack.served is not None
            await slack.served.webhooks.close()
