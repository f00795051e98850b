"""Promises on a loan with a schedule: kept, partly kept, broken. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date
from decimal import Decimal

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up
from tests.wire.office_day import Slack
from tests.wire.repaying import (
    card,
    disbursed,
    follow_ups,
    page_of,
    pay,
    promises,
    says,
)
from tests.wire.repaying import (
    with_instalments as loan,
)

__all__ = ["loan"]

pytestmark = pytest.mark.every_example


@pytest.mark.parametrize(
    ("paid", "state"),
    [("1000", "kept"), ("950", "kept"), ("949.99", "partly_kept"), ("", "broken")],
)
async def test_a_promise_is_kept_partly_kept_or_broken(slack: Slack, loan: Loan, paid: str, state: str) -> None:
    await says(slack, "promised 1000 fri")
    assert await promises(slack) == [(Decimal("1000.00"), date(2026, 11, 27), "open")]
    await slack.at("2026-11-30 10:00")
    if paid:
        await pay(slack, paid, "2026-11-30")
    await slack.at("2026-12-01 10:00")
    assert [each[2] for each in await promises(slack)] == [state]
    words = {"kept": "promise: kept", "partly_kept": "promise: partly kept", "broken": "promise: broken"}
    assert f"Promised CN¥1,000.00 for Fri 27 Nov 2026 · {words[state]}" in await card(slack)


async def test_patience_ends_three_days_after_the_promised_day(slack: Slack, loan: Loan) -> None:
    await says(slack, "promised 1000 fri")
    await slack.at("2026-11-30 23:59")
    assert [each[2] for each in await promises(slack)] == ["open"]
    await slack.at("2026-12-01 00:01")
    assert [each[2] for each in await promises(slack)] == ["broken"]
    await pay(slack, "1000", "2026-12-01")
    assert [each[2] for each in await promises(slack)] == ["broken"]


async def test_a_new_promise_before_the_day_replaces_the_old_one(slack: Slack, loan: Loan) -> None:
    await says(slack, "promised 1000 fri")
    slack.clock.advance(minutes=5)
    await says(slack, "promised 800 30 nov")
    assert [each[2] for each in await promises(slack)] == ["replaced", "open"]
    page = await page_of(slack, slack.agent)
    assert "Promises: 0 kept, 0 not kept" in page.text


async def test_a_kept_promise_ends_its_call_and_a_reversed_payment_opens_the_promise_again(
    slack: Slack, loan: Loan
) -> None:
    await says(slack, "promised 800 fri")
    await pay(slack, "800")
    assert (await follow_ups(slack))["promise/2"] == "done"
    page = await page_of(slack, slack.agent)
    await page.press("Reverse CN¥800.00, Wed 25 Nov")
    assert [each[2] for each in await promises(slack)] == ["open"]


async def test_a_payment_leaves_the_call_about_a_promise_that_it_does_not_keep(slack: Slack, loan: Loan) -> None:
    await says(slack, "promised 1000 fri")
    await slack.at("2026-11-28 10:00")
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", due_on=date(2026, 11, 30), number=9)
    await slack.command(slack.agent, "/loan-call A-1/9 promised 800 2 dec")
    await pay(slack, "800", "2026-11-28")
    assert [each[2] for each in await promises(slack)] == ["open", "kept"]
    states = await follow_ups(slack)
    assert (states["promise/2"], states["promise/10"]) == ("open", "done")


async def test_a_part_payment_ends_the_call_about_a_promise_of_any_amount(slack: Slack, loan: Loan) -> None:
    await says(slack, "promised fri")
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", due_on=date(2026, 11, 25), number=9)
    await slack.command(slack.agent, "/loan-call A-1/9 part paid 700 > 4 dec")
    assert await promises(slack) == [
        (None, date(2026, 11, 27), "kept"),
        (Decimal("300.00"), date(2026, 12, 4), "open"),
    ]
    states = await follow_ups(slack)
    assert (states["promise/2"], states["promise/10"]) == ("done", "open")


async def test_a_promise_that_a_reversal_breaks_counts_among_those_that_escalate(slack: Slack, loan: Loan) -> None:
    await says(slack, "promised 1000 fri")
    await slack.at("2026-12-01 10:00")
    await says(slack, "promised 800 wed")
    await pay(slack, "800", "2026-12-01")
    await slack.at("2026-12-07 10:00")
    assert [each[2] for each in await promises(slack)] == ["broken", "kept"]
    page = await page_of(slack, slack.manager)
    await page.press("Reverse CN¥800.00, Tue 1 Dec")
    assert [each[2] for each in await promises(slack)] == ["broken", "broken"]
    await slack.deliver()
    assert [text for text in slack.texts(slack.manager_channel) if "承诺两次未兑现" in text]


async def test_a_promise_without_a_schedule_is_kept_by_a_call_and_broken_by_time(slack: Slack) -> None:
    await disbursed(slack, due_day=10, unpaid_since=date(2026, 11, 10))
    await says(slack, "promised 1000 fri")
    slack.clock.advance(minutes=5)
    await says(slack, "paid")
    assert [each[2] for each in await promises(slack)] == ["kept"]
    slack.clock.advance(minutes=5)
    await says(slack, "promised 1000 fri")
    await slack.at("2026-12-01 10:00")
    assert [each[2] for each in await promises(slack)] == ["kept", "broken"]
