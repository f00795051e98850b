"""What becomes of deliveries: tried again with growing pauses, in order, set aside in the end, replayed. A bad receiver holds up
nobody."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.commands import webhooks as command
from storage.tables import Loan, Member, Notice, WebhookAttempt
from storage.upkeep.erasing import erase
from tests.builders import make_loan
from tests.webhook_receiver import Receiver, receiving
from tests.wire.office_day import Slack
from tests.wire.plans import fill, scans
from tests.wire.test_statements import executed
from tests.wire.webhook_office import Webhooks


@pytest.fixture
async def webhooks(slack: Slack, database_url: str) -> AsyncIterator[Webhooks]:
    await loan(slack, "A-1")
    await loan(slack, "A-2")
    webhooks = Webhooks(slack, database_url)
    yield webhooks
    await webhooks.rounds.close()


async def loan(slack: Slack, number: str) -> Loan:
    return await make_loan(slack.office, slack.workspace, number, owner=slack.agent)


async def plan(slack: Slack, number: str = "A-1") -> None:
    """Do something that is an event."""
    await slack.command(slack.agent, f"/loan-follow {number} fri 10:00 signing")


async def test_a_failing_receiver_is_tried_again_after_growing_pauses_and_gets_everything_in_order(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.planned", "follow_up.done")
    receiver.plays = ["silent", "closes", 503]
    await plan(slack)
    await slack.command(slack.agent, "/loan-follow A-1/1 done")
    hasty = webhooks.another(seconds=0.5)  # gives up who is silent
    await hasty.deliver_pending()
    await hasty.close()
    for pause in (4, 1, 299, 1, 29 * 60):
        slack.clock.advance(seconds=pause)
        await webhooks.rounds.deliver_pending()
    assert len(receiver.received) == 3
    assert len({each.id for each in receiver.received}) == 1  # the second event waits for the first
    slack.clock.advance(minutes=1)
    await webhooks.rounds.deliver_pending()
    assert receiver.types == ["follow_up.planned"] * 4 + ["follow_up.done"]
    first, second = await webhooks.deliveries()
    assert (first.state, first.attempts, second.state, second.attempts) == ("delivered", 4, "delivered", 1)
    tried = [(row.status, row.error) for row in await slack.rows(WebhookAttempt)]
    assert tried == [(None, "timeout"), (None, "no_answer"), (503, None), (200, None), (200, None)]


async def test_a_receiver_that_asks_to_be_left_alone_is(slack: Slack, webhooks: Webhooks, receiver: Receiver) -> None:
    await webhooks.add(receiver)
    receiver.plays, receiver.headers = [429], {"Retry-After": "3600"}
    await plan(slack)
    await webhooks.rounds.deliver_pending()
    slack.clock.advance(minutes=59)
    assert await webhooks.rounds.deliver_pending() == 0
    slack.clock.advance(minutes=1)
    assert await webhooks.rounds.deliver_pending() == 1
    assert (await webhooks.endpoint()).failures == 0


async def test_an_event_that_is_refused_holds_up_only_what_follows_about_its_loan(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.*")
    receiver.plays = [422]
    await plan(slack, "A-1")
    await plan(slack, "A-2")
    await slack.command(slack.agent, "/loan-follow A-1/1 done")
    await webhooks.rounds.deliver_pending()
    assert [each.data["loan"]["number"] for each in receiver.received] == ["A-1", "A-2"]
    slack.clock.advance(seconds=5)
    await webhooks.rounds.deliver_pending()
    assert [(each.data["loan"]["number"], each.type) for each in receiver.received[2:]] == [
        ("A-1", "follow_up.planned"),
        ("A-1", "follow_up.done"),
    ]


async def test_an_event_that_breaks_the_receiver_lets_others_pass_after_some_attempts(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver, "follow_up.*")
    receiver.plays = [500, 500, 500, 500]
    await plan(slack, "A-1")
    await plan(slack, "A-2")
    for pause in (0, 5, 300, 1800):
        slack.clock.advance(seconds=pause)
        await webhooks.rounds.deliver_pending()
    assert [each.data["loan"]["number"] for each in receiver.received] == ["A-1"] * 4 + ["A-2"]


async def test_after_three_days_it_is_set_aside_and_after_five_the_admins_hear_and_replay_brings_it(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    endpoint_id, _ = await webhooks.add(receiver)
    receiver.usually = "closes"
    begun = slack.clock.now()
    await plan(slack)
    while slack.clock.now() < begun + timedelta(days=3, hours=12):
        await webhooks.rounds.deliver_pending()
        slack.clock.advance(hours=1)
    (delivery,) = await webhooks.deliveries()
    assert delivery.state == "set_aside"
    assert 9 <= delivery.attempts <= 11
    assert len(receiver.received) == delivery.attempts
    await plan(slack, "A-2")
    while slack.clock.now() < begun + timedelta(days=6):
        await webhooks.rounds.deliver_pending()
        slack.clock.advance(hours=1)
    endpoint = await webhooks.endpoint()
    assert (endpoint.disabled_why, endpoint.last_error) == ("failing", "no_answer")
    assert {each.state for each in await webhooks.deliveries()} == {"set_aside"}
    told = [row for row in await slack.rows(Notice) if row.kind == "webhook_disabled"]
    assert [row.to_id for row in told] == [slack.admin.id]
    await slack.deliver()
    assert any("Webhooks to 127.0.0.1 have stopped" in text for text in slack.texts(slack.admin))
    await slack.command(slack.agent, "/loan-follow A-2/1 done")
    await webhooks.rounds.deliver_pending()

    said = await webhooks.run("replay", since=begun, endpoint_id=endpoint_id)
    assert f"`loandesk webhooks enable {endpoint_id}` comes first" in said
    await webhooks.run("change", endpoint_id, command.enable)
    receiver.usually, before = 200, [each.id for each in receiver.received]
    receiver.received.clear()
    assert await webhooks.run("replay", since=begun, endpoint_id=endpoint_id) == "To be sent again: 3.\n"
    await webhooks.rounds.deliver_pending()
    assert receiver.types == ["follow_up.planned", "follow_up.planned", "follow_up.done"]
    assert receiver.received[0].id == before[0]  # by which the receiver knows it again


async def test_the_home_of_an_admin_names_an_endpoint_that_fails_until_it_takes_something(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    endpoint_id, _ = await webhooks.add(receiver)
    receiver.usually = 503
    await plan(slack)
    await webhooks.rounds.deliver_pending()
    words = "Webhooks to 127.0.0.1 have been failing since Wed 25 Nov 10:00, last with http_503."
    assert words in await home(slack, slack.admin)
    assert "Webhooks" not in await home(slack, slack.manager)
    await slack.change(slack.admin, locale="zh-CN")
    assert "向 127.0.0.1 推送 Webhook 一直失败" in await home(slack, slack.admin)
    await slack.change(slack.admin, locale="en-US")
    receiver.usually = 200
    slack.clock.advance(hours=1)
    await webhooks.rounds.deliver_pending()
    assert "Webhooks" not in await home(slack, slack.admin)
    receiver.usually = 410
    await plan(slack, "A-2")
    await webhooks.rounds.deliver_pending()
    assert "Webhooks to 127.0.0.1 have been stopped since Wed 25 Nov 11:00" in await home(slack, slack.admin)
    await webhooks.run("change", endpoint_id, command.enable)
    await webhooks.run("change", endpoint_id, command.disable)
    assert "Webhooks" not in await home(slack, slack.admin)  # the operator knows


async def home(slack: Slack, who: Member) -> str:
    await slack.sandbox.open_home(who.slack_user_id)
    return slack.sandbox.home_of(who.slack_user_id).text


@pytest.mark.parametrize("play", ["closes", 422])
async def test_an_endpoint_that_seldom_gets_something_is_not_disabled_for_a_failure_of_last_week(
    slack: Slack, webhooks: Webhooks, receiver: Receiver, play: int | str
) -> None:
    await webhooks.add(receiver)
    receiver.usually = play
    await plan(slack)
    for _ in range(4 * 24):
        await webhooks.rounds.deliver_pending()
        slack.clock.advance(hours=1)
    assert [each.state for each in await webhooks.deliveries()] == ["set_aside"]
    slack.clock.advance(days=6)
    receiver.plays, receiver.usually = [503], 200
    await plan(slack, "A-2")
    await webhooks.rounds.deliver_pending()
    assert (await webhooks.endpoint()).disabled_at is None
    slack.clock.advance(minutes=6)
    await webhooks.rounds.deliver_pending()
    assert [each.state for each in await webhooks.deliveries()] == ["set_aside", "delivered"]


async def test_a_pause_that_a_wrong_clock_set_is_not_waited_for(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver)
    receiver.plays = [503]
    await plan(slack)
    slack.clock.advance(days=30)
    await webhooks.rounds.deliver_pending()
    slack.clock.advance(days=-30)
    await webhooks.rounds.deliver_pending()
    assert [each.state for each in await webhooks.deliveries()] == ["delivered"]


async def test_a_receiver_that_says_it_is_gone_gets_nothing_more(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver)
    receiver.plays = [410]
    await plan(slack)
    await plan(slack, "A-2")
    await webhooks.rounds.deliver_pending()
    assert len(receiver.received) == 1
    assert (await webhooks.endpoint()).disabled_why == "gone"
    await slack.deliver()
    assert any("it says that the address is gone" in text for text in slack.texts(slack.admin))


@pytest.mark.parametrize(
    "play", ["silent", "endless", "closes", "lying_length", "long_header", "garbage", "redirect", 500]
)
async def test_a_bad_receiver_holds_up_neither_another_one_nor_slack(
    slack: Slack, webhooks: Webhooks, receiver: Receiver, play: int | str
) -> None:
    async with receiving(usually=play) as bad:
        await webhooks.add(bad)
        await webhooks.add(receiver)
        await plan(slack)
        patient = webhooks.another(seconds=3600)
        begun = await patient.look()
        runs = [asyncio.create_task(patient.run(each.channel, each.number)) for each in begun]
        async with asyncio.timeout(60):
            await receiver.came.wait()
            await bad.came.wait()
        await slack.service.sender.deliver_pending()
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        await patient.close()
        assert len(bad.received) == 1


async def test_a_round_that_another_process_has_taken_over_sends_nothing_more(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver)
    await plan(slack)
    (begun,) = await webhooks.rounds.look()
    slack.clock.advance(seconds=31)
    other = webhooks.another()
    assert await other.deliver_pending() == 1
    assert await webhooks.rounds.run(begun.channel, begun.number) == 0
    assert len(receiver.received) == 1
    await other.close()


async def test_what_was_sent_and_not_recorded_is_sent_again_under_its_id(
    slack: Slack, webhooks: Webhooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.webhooks import rounds

    await webhooks.add(receiver)
    await plan(slack)

    async def dies(*_: object) -> bool:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(rounds.sending, "record", dies)
        await webhooks.rounds.deliver_pending()
    slack.clock.advance(seconds=31)
    await webhooks.rounds.deliver_pending()
    assert len(receiver.received) == 2
    assert len({each.id for each in receiver.received}) == 1


async def test_the_demo_is_told_to_nobody(slack: Slack, webhooks: Webhooks, receiver: Receiver) -> None:
    await webhooks.add(receiver)
    shown = await make_loan(slack.office, slack.workspace, "D-1", owner=slack.agent, demo_at=slack.clock.now())
    assert shown.demo_at
    await webhooks.rounds.deliver_pending()
    assert receiver.received == []


async def test_a_loan_that_is_deleted_in_the_transaction_that_changes_it_is_no_event(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver)
    row = await loan(slack, "A-3")
    await plan(slack, "A-3")
    await webhooks.rounds.look()
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        (await desk.session.get_one(Loan, row.id)).stage = "signed"
        await desk.session.flush()
        await erase(desk.session, "loan", [row.id])
    await webhooks.rounds.deliver_pending()
    assert receiver.received == []  # what was pending about it went with it


async def test_a_look_and_a_delivery_read_no_growing_table_in_full(
    slack: Slack, webhooks: Webhooks, receiver: Receiver
) -> None:
    await webhooks.add(receiver)
    receiver.plays = [422, 500]
    for number in ("A-1", "A-2", "A-1"):
        await plan(slack, number)
    with executed(slack) as statements:
        for _ in range(3):
            await webhooks.rounds.deliver_pending()
            slack.clock.advance(minutes=10)
    asked = dict(statements)
    await fill(slack.office.database)
    assert len(asked) > 10
    found = await scans(slack.office.database, asked)
    found = [each for each in found if " webhook_endpoint" not in each.partition(": ")[0]]  # there are twenty at most
    assert not found, "\n".join(found)
