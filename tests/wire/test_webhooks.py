"""What members do reaches the lender's systems: as events of webhooks, in order, signed, with ids and codes only."""

import asyncio
from pathlib import Path
from typing import Any

from bot.commands import webhooks as command
from desk.follow_ups.contact_states import restrict
from storage.tables import AuditEntry, FollowUp, Payment, WebhookEvent
from tests.bot.delivery.conftest import FAST
from tests.builders import make_follow_up, make_loan
from tests.imports import bring_money, bring_rows
from tests.webhook_receiver import Received, Receiver
from tests.wire.office_day import Slack, given
from tests.wire.test_statements import executed
from tests.wire.webhook_office import Webhooks

ROOT = Path(__file__).parents[2]


def is_signed(received: Received, secret: str) -> bool:
    """Verify as the example in the documentation does."""
    example = (ROOT / "docs" / "webhooks.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    found: dict[str, Any] = {}
    exec(example, found)
    at = int(received.headers["webhook-timestamp"])
    return found["is_from_the_desk"](received.headers, received.body, secret, now=lambda: at + 299)


async def test_a_call_reaches_the_receiver_with_codes_and_ids_and_signed(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    _, secret = await webhooks.add(receiver)
    loan = await make_loan(
        slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明", phone="+8613900001111"
    )
    await slack.command(slack.agent, "/loan-call A-1 promise 1234567 tomorrow he is a teacher")
    await webhooks.rounds.deliver_pending()

    assert receiver.types == ["loan.created", "call.logged", "follow_up.planned", "promise.made"]
    call = receiver.received[1]
    assert call.path == "/hooks"
    assert call.headers["content-type"] == "application/json"
    assert is_signed(call, secret)
    assert abs(int(call.headers["webhook-timestamp"]) - slack.clock.now().timestamp()) < 2
    assert call.said["timestamp"] == slack.clock.now().isoformat().replace("+00:00", "Z")
    assert call.data["loan"] == {"id": str(loan.id), "number": "A-1"}
    assert call.data["by"] == call.data["caller_id"] == str(slack.agent.id)
    assert call.data["members"] == {str(slack.agent.id): "UAGENT"}
    assert call.data["outcome"] == "promised"
    bodies = b"".join(each.body for each in receiver.received).decode()
    assert not any(hidden in bodies for hidden in ("王", "1390000", "teacher", "1234567", "amount"))


async def test_nothing_is_sent_twice_and_nothing_that_the_endpoint_does_not_want(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.*")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 signing")
    await slack.command(slack.agent, "/loan-note A-1 prefers calls after 18:00")
    await slack.command(slack.agent, "/loan-call A-1 no answer")
    for _ in range(2):
        await webhooks.rounds.deliver_pending()
    assert set(receiver.types) <= {"follow_up.planned", "follow_up.moved", "follow_up.done"}
    assert len({each.id for each in receiver.received}) == len(receiver.received) > 0
    assert {row.type for row in await slack.rows(WebhookEvent)} == set(receiver.types)  # others are not even written


async def test_a_desk_without_an_endpoint_writes_no_event(slack: Slack, webhooks: Webhooks) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 signing")
    assert await slack.rows(WebhookEvent) == []


async def test_an_undo_is_an_event_of_its_own_that_says_what_it_takes_back(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "call.logged", "follow_up.done")
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now(), purpose="signing")
    answer = given((await slack.command(slack.agent, "/loan-call A-1/1 reached called back")).message)
    await slack.press(slack.agent, answer, "Undo")
    await webhooks.rounds.deliver_pending()
    told = {(each.type, each.data.get("undoes")): each.data["id"] for each in receiver.received}
    assert told.keys() == {
        ("call.logged", None),
        ("follow_up.done", None),
        ("call.undone", "call.logged"),
        ("follow_up.undone", "follow_up.done"),
    }
    assert told["call.logged", None] == told["call.undone", "call.logged"]


async def test_what_the_worker_finds_is_told_too(slack: Slack, webhooks: Webhooks, receiver: Receiver) -> None:
    await webhooks.add(receiver, "follow_up.late", "escalation.*")
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 today 11:00 signing")
    await slack.later(hours=1)
    await slack.later(hours=5)
    await webhooks.rounds.deliver_pending()
    assert receiver.types == ["follow_up.late", "escalation.opened"]
    assert receiver.received[0].data["by"] is None
    await slack.command(slack.agent, "/loan-follow A-1/1 done")
    await webhooks.rounds.deliver_pending()
    assert receiver.types[2:] == ["escalation.resolved"]
    assert receiver.received[2].data["settled"] is True
    assert receiver.received[2].data["loan"]["id"] == str(loan.id)


async def test_personal_data_goes_only_where_it_is_asked_for_and_is_recorded(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "promise.made", personal=True)
    loan = await make_loan(
        slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明", phone="+8613900001111"
    )
    await slack.command(slack.agent, "/loan-call A-1 promise 500 tomorrow he is a teacher")
    await webhooks.rounds.deliver_pending()
    (promise,) = receiver.received
    assert promise.data["personal"] == {"name": "王小明", "phone": "+8613900001111", "amount": "500.00"}
    (entry,) = [row for row in await slack.rows(AuditEntry) if row.act == "webhook_disclosed"]
    assert (entry.loan_id, str(entry.subject_id), entry.details) == (loan.id, promise.id, {"event": "promise.made"})


async def test_personal_data_of_a_borrower_who_asked_that_it_is_not_used_goes_nowhere(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.planned", personal=True)
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        await restrict(desk, [loan])
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 signing")
    await webhooks.rounds.deliver_pending()
    assert [each.data["personal"] for each in receiver.received] == [None]
    assert not [row for row in await slack.rows(AuditEntry) if row.act == "webhook_disclosed"]


async def test_two_secrets_sign_for_a_day_after_a_rotation(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    endpoint_id, old = await webhooks.add(receiver)
    printed = await webhooks.run("change", endpoint_id, command.rotate)
    new = printed.split("only now: ")[1].split()[0]
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 signing")
    await webhooks.rounds.deliver_pending()
    assert is_signed(receiver.received[-1], old)
    assert is_signed(receiver.received[-1], new)
    slack.clock.advance(hours=24)
    await slack.command(slack.agent, "/loan-follow A-1/1 done")
    await webhooks.rounds.deliver_pending()
    assert not is_signed(receiver.received[-1], old)
    assert is_signed(receiver.received[-1], new)


async def test_what_a_file_brings_is_told_too(slack: Slack, webhooks: Webhooks, receiver: Receiver) -> None:
    await webhooks.add(receiver)
    header = "number,name,phone,stage,owner"
    rows = [f"A-{n},王小明,1380000000{n},disbursed,UAGENT" for n in range(3)]
    await bring_rows(slack.office, slack.workspace, *rows, header=header)
    await webhooks.rounds.deliver_pending()
    assert receiver.types.count("loan.created") == 3
    assert {each.data["loan"]["number"] for each in receiver.received} == {"A-0", "A-1", "A-2"}
    planned = [each for each in receiver.received if each.type == "follow_up.planned"]
    assert {each.data["id"] for each in planned} == {str(row.id) for row in await slack.rows(FollowUp)}

    receiver.received.clear()
    money = "number,payment date,amount,currency,reference"
    schedule = ("loan number,due date,amount due", "A-1,2026-11-10,1000.00", "A-1,2026-12-10,1000.00")
    await bring_money(slack.office, slack.workspace, *schedule)
    await bring_money(slack.office, slack.workspace, money, "A-1,2026-11-24,1000.00,CNY,R2")
    await webhooks.rounds.deliver_pending()
    (payment,) = [each for each in receiver.received if each.type == "payment.recorded"]
    (row,) = await slack.rows(Payment)
    assert (payment.data["id"], payment.data["reference"], payment.data["source"]) == (str(row.id), "R2", "import")
    assert b"1000.00" not in payment.body


async def test_many_events_of_one_transaction_are_all_told(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "loan.created")
    rows = [f"A-{n},王小明,138{n:08},disbursed,UAGENT" for n in range(120)]
    await bring_rows(slack.office, slack.workspace, *rows)
    await webhooks.rounds.deliver_pending()
    assert receiver.types == ["loan.created"] * 120
    assert len({each.data["loan"]["number"] for each in receiver.received}) == 120


async def test_an_event_costs_a_command_one_statement_and_none_without_an_endpoint(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    for number in ("A-1", "A-2", "A-3"):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent)

    async def cost(number: str) -> int:
        with executed(slack) as statements:
            await slack.command(slack.agent, f"/loan-call {number} no answer")
        return len(statements)

    await cost("A-1")
    without = await cost("A-2")
    await webhooks.add(receiver)
    assert await cost("A-3") == without + 1


async def test_the_worker_of_a_running_desk_sends_events_by_itself(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.planned")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.service.work(pace=FAST)
    await slack.command(slack.agent, "/loan-follow A-1 fri 10:00 signing")
    async with asyncio.timeout(60):
        await receiver.came.wait()
    await slack.service.finish()
    assert receiver.types == ["follow_up.planned"]
