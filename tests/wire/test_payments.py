"""Payments by form on a loan with a schedule. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date
from decimal import Decimal

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack
from tests.wire.repaying import (
    DECEMBER,
    NOVEMBER,
    OCTOBER,
    card,
    disbursed,
    follow_ups,
    page_of,
    pay,
    payments,
    says,
)
from tests.wire.repaying import (
    with_instalments as loan,
)

__all__ = ["loan"]

pytestmark = pytest.mark.every_example


async def test_a_part_payment_by_form_covers_the_oldest_instalment(slack: Slack, loan: Loan) -> None:
    form = await pay(slack, "600")
    assert "CN¥600.00 of Wed 25 Nov 2026: payment recorded." in form.text
    assert f"Next instalment: CN¥400.00 left of CN¥1,000.00, due {OCTOBER}" in await card(slack)
    assert "46 days past due (M2, by the schedule): CN¥1,400.00 in 2 instalments" in await card(slack)
    await pay(slack, "400", "2026-11-24")
    assert "15 days past due (M1, by the schedule): CN¥1,000.00 in 1 instalment" in await card(slack)


async def test_one_payment_covers_several_instalments_and_the_first_cents_of_the_next(slack: Slack, loan: Loan) -> None:
    form = await pay(slack, "2000.01")
    assert f"The instalment due {OCTOBER} counts as paid." in form.text
    assert f"The instalment due {NOVEMBER} counts as paid." in form.text
    assert f"Next instalment: CN¥999.99 left of CN¥1,000.00, due {DECEMBER}" in form.text
    assert not any("past due" in line for line in await card(slack))
    found = await follow_ups(slack)
    assert (found["overdue/1"], found["repayment/2"]) == ("done", "open")


async def test_the_last_payment_leaves_nothing_to_ask_for(slack: Slack, loan: Loan) -> None:
    await pay(slack, "4000")
    assert "All instalments are paid." in await card(slack)
    assert await follow_ups(slack) == {"overdue/1": "done"}
    assert "All instalments of A-1 are paid already." in await says(slack, "paid")


@pytest.mark.parametrize(
    ("amount", "day", "label", "refusal"),
    [
        ("4000.01", "2026-11-25", "Amount", "That is more than what is left to pay on A-1: 4000.00 CNY."),
        ("-500", "2026-11-25", "Amount", "isn't an amount"),
        ("0", "2026-11-25", "Amount", "isn't an amount"),
        ("$500", "2026-11-25", "Amount", "The amounts of A-1 are in CNY."),
        ("500", "2026-11-26", "Paid on", "Thu 26 Nov 2026 is in the future"),
    ],
)
async def test_payments_that_cannot_be(
    slack: Slack, loan: Loan, amount: str, day: str, label: str, refusal: str
) -> None:
    form = await pay(slack, amount, day)
    assert refusal in form.errors[label]
    assert await payments(slack) == []


async def test_the_same_payment_twice_is_asked_about_by_name(slack: Slack, loan: Loan) -> None:
    await pay(slack, "500")
    form = await pay(slack, "500")
    assert "500.00 CNY on Wed 25 Nov 2026 is recorded on A-1 already, by" in form.errors["The same once more"]
    await form.fill("The same once more", "This is another payment, although one like it is recorded")
    await form.submit()
    assert await payments(slack) == [Decimal("500.00"), Decimal("500.00")]


async def test_before_the_loan_is_paid_out_nothing_can_have_been_repaid(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed")
    page = await slack.in_card(slack.agent, "Open", "Payments")
    assert "Record a payment" not in str(page.view)
    await page.press("Enter the lender's schedule")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Instalments", "2026-12-10 1000")
    await form.submit()
    assert "A-1 isn't paid out yet, so nothing can have been repaid." in await says(slack, "paid")
    assert await payments(slack) == []


async def test_a_reversed_payment_is_unpaid_again(slack: Slack, loan: Loan) -> None:
    await pay(slack, "1000")
    page = await page_of(slack, slack.agent)
    await page.press("Reverse CN¥1,000.00, Wed 25 Nov")
    assert "CN¥1,000.00 of Wed 25 Nov 2026: reversed." in page.text
    assert f"Next instalment: CN¥1,000.00, due {OCTOBER}" in page.text
    assert "by form · <@UAGENT> · reversed" in page.text
    await page.press("Timeline")
    assert "payment of CN¥1,000.00 on Wed 25 Nov 2026 reversed" in page.text
    await slack.sandbox.modal_of("UAGENT").press("Payments")


async def test_a_reversed_payment_is_called_about_at_once_and_undo_takes_the_call_back(
    slack: Slack, loan: Loan
) -> None:
    assert (await follow_ups(slack))["overdue/1"] == "open"
    await pay(slack, "2000")
    assert (await follow_ups(slack))["overdue/1"] == "done"
    slack.clock.advance(minutes=2)
    page = await page_of(slack, slack.agent)
    await page.press("Reverse CN¥2,000.00, Wed 25 Nov")
    now = await follow_ups(slack)
    assert now["overdue/1"] == "cancelled", "nobody made that call"
    assert [key for key, state in now.items() if key.startswith("overdue") and state == "open"]
    await slack.sandbox.modal_of("UAGENT").press("Undo")
    now = await follow_ups(slack)
    assert now["overdue/1"] == "done"
    assert not [key for key, state in now.items() if key.startswith("overdue") and state == "open"]


async def test_undo_takes_a_payment_and_what_it_ended_back(slack: Slack, loan: Loan) -> None:
    form = await pay(slack, "1000")
    assert (await follow_ups(slack))["overdue/1"] == "done"
    await form.press("Undo")
    assert await payments(slack) == []
    assert (await follow_ups(slack))["overdue/1"] == "open"
    assert f"Next instalment: CN¥1,000.00, due {OCTOBER}" in await card(slack)


async def test_only_a_manager_reverses_what_another_recorded(slack: Slack, loan: Loan) -> None:
    await pay(slack, "1000", who=slack.manager)
    assert "Reverse CN¥1,000.00" not in str((await page_of(slack, slack.agent)).view)
    assert "Reverse CN¥1,000.00" in str((await page_of(slack, slack.manager)).view)


async def test_who_holds_the_calls_that_a_payment_ends_is_told(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.collector, purpose="overdue", due_on=date(2026, 11, 26), number=9)
    await pay(slack, "2000")
    await slack.deliver()
    told = slack.texts(slack.collector)[-1]
    assert "Collector: a payment was recorded. You need not call about it." in told
    assert "王小明" not in told


async def test_the_list_of_arrears_has_loans_past_due_by_their_schedule(slack: Slack, loan: Loan) -> None:
    listed = await slack.command(slack.agent, "/loan-due arrears")
    assert "A-1 王小明 · phone ending 5678 · unpaid since Sat 10 Oct" in listed.text
    await pay(slack, "2000")
    assert (await slack.command(slack.agent, "/loan-due arrears")).text.startswith("In arrears · 0")


async def test_a_loan_without_a_schedule_is_as_before(slack: Slack) -> None:
    await disbursed(slack, due_day=10, unpaid_since=date(2026, 11, 10))
    lines = await card(slack)
    assert "Unpaid since Tue 10 Nov 2026" in lines
    assert "15 days past due (M1, by the lender's data)" in lines
    pressed = (await slack.command(slack.agent, "/loan A-1")).message
    assert pressed is not None
    await slack.press(slack.agent, pressed, "Payments")
    assert "Record a payment" not in str(slack.sandbox.modal_of("UAGENT").view)
    assert f"The instalment due {NOVEMBER} counts as paid." in await says(slack, "paid")
    assert await payments(slack) == []
