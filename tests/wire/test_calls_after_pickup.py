"""The satisfaction call comes a week after the pickup, whenever the desk hears of it. Now is Wednesday 10:00."""

from storage.tables import FollowUp
from tests.builders import make_loan
from tests.wire.appointments import booked
from tests.wire.office_day import Slack
from tests.wire.test_changed_rules import change, work


async def a_loan(slack: Slack, stage: str = "signed") -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage=stage)


async def feedback(slack: Slack) -> str:
    """Return the day and the state of the satisfaction call."""
    (row,) = [row for row in await slack.rows(FollowUp) if row.purpose == "feedback"]
    return f"{row.due_on:%m-%d} {row.state}"


async def test_it_moves_from_the_payout_to_a_pickup_that_is_kept_later_and_undo_brings_it_back(slack: Slack) -> None:
    await a_loan(slack)
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    assert await feedback(slack) == "12-02 open"
    form = await booked(slack, "fri 15:00", "pickup")
    assert await feedback(slack) == "12-02 open"
    await slack.at("2026-11-27 16:00")
    await form.press("Took place")
    assert "Next: feedback Fri 4 Dec 2026" in form.text
    assert (
        "By rule: a satisfaction call 7 days after the pickup, or after the payout while no pickup is known"
        in form.text
    )
    assert "It was planned for Wed 2 Dec 2026" in form.text
    assert await feedback(slack) == "12-04 open"
    await form.press("Undo")
    assert await feedback(slack) == "12-02 open"


async def test_it_counts_from_a_pickup_before_the_payout_unless_that_is_taken_back(slack: Slack) -> None:
    await a_loan(slack)
    form = await booked(slack, "fri 15:00", "pickup")
    await slack.at("2026-11-30 10:00")
    await form.press("Took place")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    assert await feedback(slack) == "12-04 open"
    await change(slack, "satisfaction", Days="10")
    await work(slack)
    assert await feedback(slack) == "12-07 open"
    await form.press("Undo")
    assert await feedback(slack) == "12-10 open"


async def test_a_call_before_the_payout_only_arranged_the_pickup(slack: Slack) -> None:
    await a_loan(slack)
    await slack.command(slack.agent, "/loan-follow A-1 15:00 pickup")
    await slack.command(slack.agent, "/loan-call A-1 reached pickup at the dealer's")
    await slack.at("2026-11-30 10:00")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    assert await feedback(slack) == "12-07 open"
    await slack.command(slack.agent, "/loan-call A-1 reached pickup yesterday")
    assert await feedback(slack) == "12-07 open"


async def test_the_rule_that_is_switched_on_plans_for_a_pickup_long_after_the_payout(slack: Slack) -> None:
    await a_loan(slack)
    await change(slack, "satisfaction", This_rule_is="off")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await slack.at("2027-01-13 10:00")
    await slack.command(slack.agent, "/loan-call A-1 reached pickup")
    await change(slack, "satisfaction", This_rule_is="on")
    await work(slack)
    await slack.deliver()
    assert await feedback(slack) == "01-20 open"


async def test_an_appointment_moves_no_call_that_counts_from_a_payout_while_the_rule_was_off(slack: Slack) -> None:
    await a_loan(slack)
    await change(slack, "satisfaction", This_rule_is="off")
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await slack.at("2026-11-27 10:00")
    await change(slack, "satisfaction", This_rule_is="on")
    await work(slack)
    await slack.deliver()
    form = await booked(slack, "mon 15:00", "pickup")
    assert "feedback" not in form.text
    assert await feedback(slack) == "12-02 open"


async def test_a_call_about_the_pickup_that_reaches_the_borrower_or_is_finished_moves_it(slack: Slack) -> None:
    await a_loan(slack)
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await slack.command(slack.agent, "/loan-follow A-1 27 nov 15:00 pickup")
    await slack.at("2026-11-27 15:00")
    await slack.command(slack.agent, "/loan-call A-1/3 no answer")
    assert await feedback(slack) == "12-02 open"
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-call A-1/3 已接通")
    assert "提车 7 天后回访满意度（未登记提车的，从放款起算）" in reply.text
    assert await feedback(slack) == "12-04 open"
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "撤销")
    assert await feedback(slack) == "12-02 open"
    await slack.command(slack.agent, "/loan-follow A-1/3 done")
    assert await feedback(slack) == "12-04 open"


async def test_what_a_person_placed_stays(slack: Slack) -> None:
    await a_loan(slack)
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    await slack.command(slack.agent, "/loan-follow A-1/2 move 2026-12-08")
    form = await booked(slack, "fri 15:00", "pickup")
    await slack.at("2026-11-27 16:00")
    await form.press("Took place")
    assert "feedback" not in form.text
    assert await feedback(slack) == "12-08 open"


async def test_a_call_that_was_tried_stays_where_its_next_attempt_is(slack: Slack) -> None:
    await a_loan(slack)
    await slack.command(slack.agent, "/loan-stage A-1 disbursed")
    form = await booked(slack, "fri 15:00", "pickup")
    await slack.at("2026-12-02 17:50")
    await slack.command(slack.agent, "/loan-call A-1/2 no answer")
    assert await feedback(slack) == "12-03 open"
    await form.press("Took place")
    assert "feedback" not in form.text
    assert await feedback(slack) == "12-03 open"
