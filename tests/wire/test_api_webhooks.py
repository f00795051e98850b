"""A program reads the log of webhook deliveries, to prove that nothing was lost."""

from tests.builders import make_loan
from tests.webhook_receiver import Receiver
from tests.wire.api_client import program
from tests.wire.office_day import Slack
from tests.wire.webhook_office import Webhooks


async def test_a_program_reads_what_was_delivered_and_what_was_not(
    slack: Slack, database_url: str, receiver: Receiver
) -> None:
    webhooks = Webhooks(slack, database_url)
    endpoint_id, _ = await webhooks.add(receiver, "loan.created")
    receiver.plays = [200, 422]
    for number in ("A-1", "A-2", "A-3"):
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent)
    await webhooks.rounds.deliver_pending()

    async with program(slack, scopes=("webhooks:read",)) as prover:
        first = (await prover.get("/webhooks/deliveries?limit=2")).body
        rest = (await prover.get(f"/webhooks/deliveries?limit=2&cursor={first['next']}")).body
        failed = (await prover.get(f"/webhooks/deliveries?status=failed&endpoint={endpoint_id}")).body
        wrong = await prover.get("/webhooks/deliveries?status=lost")
    async with program(slack, "other", scopes=("loans:read",)) as other:
        refused = await other.get("/webhooks/deliveries")

    every = [*first["deliveries"], *rest["deliveries"]]
    assert [each["webhook_id"] for each in every] == [each.id for each in reversed(receiver.received)]
    assert [(each["state"], each["last_status"], each["attempts"]) for each in every] == [
        ("delivered", 200, 1),
        ("pending", 422, 1),
        ("delivered", 200, 1),
    ]
    assert {each["endpoint"] for each in every} == {str(endpoint_id)}
    assert rest["next"] is None
    assert [each["webhook_id"] for each in failed["deliveries"]] == [receiver.received[1].id]
    assert wrong.status == 400
    assert refused.status == 403
    await webhooks.rounds.close()
