"""Payments, promises and pauses on a loan with a schedule. Now is Wednesday 25 November 2026, 10:00."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest
from sqlmodel import col, select

from storage.tables import FollowUp, Loan, Payment, Promise
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons
from tests.wire.repaying import disbursed, form_of, give_schedule, page_of, pay

pytestmark = pytest.mark.every_example

OCTOBER, NOVEMBER, DECEMBER = "Sat 10 Oct 2026", "Tue 10 Nov 2026", "Thu 10 Dec 2026"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent: four instalments of 1,000.00, two of which have fallen due, nothing paid."""
    loan = await disbursed(slack)
    await give_schedule(slack)
    return loan


async def card(slack: Slack) -> list[str]:
    return (await slack.command(slack.agent, "/loan A-1")).text.splitlines()


async def says(slack: Slack, line: str) -> str:
    return (await slack.command(slack.agent, f"/loan-call A-1 {line}")).text


async def follow_ups(slack: Slack) -> dict[str, str]:
    """Return the state of each follow-up, by purpose and number."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return {f"{row.purpose}/{row.number}": row.state for row in rows}


async def payments(slack: Slack) -> list[Decimal]:
    async with slack.office.database.reading() as session:
        found = (await session.exec(select(Payment).order_by(col(Payment.at), col(Payment.id)))).all()
    return [row.amount for row in found if row.reversed_at is None and row.undone_at is None]


async def promises(slack: Slack) -> list[tuple[Decimal | None, date, str]]:
    async with slack.office.database.reading() as session:
        found: Sequence[Promise] = (await session.exec(select(Promise).order_by(col(Promise.at)))).all()
    return [(row.amount, row.due_on, row.state) for row in found if row.undone_at is None]


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


async def test_paid_in_a_call_is_the_whole_instalment(slack: Slack, loan: Loan) -> None:
    answer = await says(slack, "paid")
    assert f"The instalment due {OCTOBER} counts as paid." in answer
    assert "Payment recorded: CN¥1,000.00" in answer
    assert "15 days past due: CN¥1,000.00" in answer
    assert await payments(slack) == [Decimal("1000.00")]


async def test_paid_with_the_amount_that_is_due_needs_no_question(slack: Slack, loan: Loan) -> None:
    answer = await says(slack, "paid 2000")
    assert f"The instalment due {OCTOBER} counts as paid." in answer
    assert f"The instalment due {NOVEMBER} counts as paid." in answer
    assert "whole instalment or part" not in answer


@pytest.mark.parametrize(
    ("pressed", "paid", "following"),
    [
        ("Whole instalment", "1000.00", f"Next instalment: CN¥1,000.00, due {NOVEMBER}"),
        ("Part of it", "700.00", f"Next instalment: CN¥300.00 left of CN¥1,000.00, due {OCTOBER}"),
    ],
)
async def test_paid_with_another_amount_asks(slack: Slack, loan: Loan, pressed: str, paid: str, following: str) -> None:
    asked = (await slack.command(slack.agent, "/loan-call A-1 paid 700 > fri")).message
    assert asked is not None
    assert buttons(asked)[:2] == ["Whole instalment", "Part of it"]
    assert await payments(slack) == []
    await slack.press(slack.agent, asked, pressed)
    assert await payments(slack) == [Decimal(paid)]
    assert following in await card(slack)


async def test_more_than_is_left_to_pay_is_refused_before_anything_is_logged(slack: Slack, loan: Loan) -> None:
    for line in ("paid 4000.01", "part paid 5000 > fri", "已还款 9999元"):
        assert "That is more than what is left to pay on A-1: 4000.00 CNY." in await says(slack, line)
    assert await payments(slack) == []
    assert "No calls logged yet." in await card(slack)


async def test_a_call_before_the_loan_is_paid_out_records_no_repayment(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved")
    await slack.in_chinese(slack.agent)
    for line in ("paid", "paid 500", "part paid 500 > fri", "已还款 500元"):
        assert "A-1还未放款，不会有还款。" in await says(slack, line)
    assert "尚无通话记录。" in await card(slack)


async def test_a_part_payment_in_a_call_promises_the_rest(slack: Slack, loan: Loan) -> None:
    answer = await says(slack, "part paid 700 > fri")
    assert f"Next instalment: CN¥300.00 left of CN¥1,000.00, due {OCTOBER}" in answer
    assert await promises(slack) == [(Decimal("300.00"), date(2026, 11, 27), "open")]
    assert "Promised CN¥300.00 for Fri 27 Nov 2026 · promise: open" in await card(slack)


async def test_a_call_about_a_payment_that_is_recorded_already_is_asked_about(slack: Slack, loan: Loan) -> None:
    await pay(slack, "1000", who=slack.manager)
    answer = await says(slack, "paid")
    assert "is recorded on A-1 already, by <@UMANAGER>" in answer
    assert await payments(slack) == [Decimal("1000.00")]


async def test_undo_of_a_call_takes_its_payment_back(slack: Slack, loan: Loan) -> None:
    logged = (await slack.command(slack.agent, "/loan-call A-1 paid")).message
    assert logged is not None
    await slack.press(slack.agent, logged, "Undo")
    assert await payments(slack) == []
    assert f"Next instalment: CN¥1,000.00, due {OCTOBER}" in await card(slack)


async def test_who_holds_the_calls_that_a_payment_ends_is_told(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.collector, purpose="overdue", due_on=date(2026, 11, 26), number=9)
    await pay(slack, "2000")
    await slack.deliver()
    told = slack.texts(slack.collector)[-1]
    assert "Collector: a payment was recorded. You need not call about it." in told
    assert "王小明" not in told


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


async def test_the_list_of_arrears_has_loans_past_due_by_their_schedule(slack: Slack, loan: Loan) -> None:
    listed = await slack.command(slack.agent, "/loan-due arrears")
    assert "A-1 王小明 · phone ending 5678 · unpaid since Sat 10 Oct" in listed.text
    await pay(slack, "2000")
    assert (await slack.command(slack.agent, "/loan-due arrears")).text.startswith("In arrears · 0")


async def test_a_pause_stops_the_calls_and_the_days(slack: Slack, loan: Loan) -> None:
    assert await follow_ups(slack) == {"overdue/1": "open"}
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "hardship")
    await form.fill("From", "2026-11-20")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "失业 <3 个月")
    await form.submit()
    assert "1 planned call was cancelled." in form.text
    assert await follow_ups(slack) == {"overdue/1": "cancelled", "repayment/2": "open"}
    assert "Paused until Sun 20 Dec 2026: hardship" in await card(slack)
    assert "41 days past due (M2, by the schedule): CN¥2,000.00 in 2 instalments" in await card(slack)
    assert "A-1" not in (await slack.command(slack.agent, "/loan-due arrears")).text
    page = await page_of(slack, slack.agent)
    assert "失业 <3 个月" in page.text
    await page.press("End the pause")
    assert "The pause is over. Instalments are asked for again." in page.text
    assert "46 days past due" not in page.text
    assert (await follow_ups(slack))["repayment/2"] == "cancelled"


async def test_a_pause_that_has_not_begun_is_cancelled_on_the_card(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "holiday")
    await form.fill("From", "2026-12-01")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "agreed")
    await form.submit()
    page = await page_of(slack, slack.agent)
    await page.press("Cancel the pause from Tue 1 Dec")
    assert "Cancel the pause" not in (await page_of(slack, slack.agent)).text

    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "extension")
    await form.fill("Until before", "2026-12-15")
    await form.fill("Reason", "agreed otherwise")
    await form.submit()
    assert form.errors == {}
    await slack.at("2026-12-15 09:00")
    assert "Paused" not in await card(slack)


async def test_undo_of_a_pause_plans_what_it_cancelled_again(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "extension")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "agreed")
    await form.submit()
    await form.press("Undo")
    assert await follow_ups(slack) == {"overdue/1": "open", "repayment/2": "undone"}
    assert not any("Paused" in line for line in await card(slack))


@pytest.mark.parametrize(
    ("fields", "label", "refusal"),
    [
        ({"Until before": "2026-11-25"}, "Until before", "must end after it begins"),
        ({"From": "2026-10-01", "Until before": "2026-11-01"}, "Until before", "has passed"),
        ({"Until before": "2028-11-26"}, "Until before", "at most 366 days"),
        ({"Reason": "  "}, "Reason", "Why are the instalments paused?"),
    ],
)
async def test_pauses_that_cannot_be(
    slack: Slack, loan: Loan, fields: dict[str, str], label: str, refusal: str
) -> None:
    form = await form_of(slack, slack.agent, "Pause the instalments")
    for name, value in ({"Kind": "hardship", "Until before": "2026-12-20", "Reason": "ill"} | fields).items():
        await form.fill(name, value)
    await form.submit()
    assert refusal in form.errors[label]


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


@pytest.mark.parametrize(
    ("locale", "says"),
    [
        ("en-US", "the instalments are paused. You need not call about them."),
        ("zh-CN", "还款已暂停，不用再就此致电。"),
    ],
)
async def test_who_holds_the_calls_that_a_pause_cancels_is_told(
    slack: Slack, loan: Loan, locale: str, says: str
) -> None:
    await slack.change(slack.collector, locale=locale)
    form = await form_of(slack, slack.agent, "Pause the instalments")
    await form.fill("Kind", "hardship")
    await form.fill("Until before", "2026-12-20")
    await form.fill("Reason", "失业")
    await form.submit()
    await slack.deliver()
    (told,) = [text for text in slack.texts(slack.collector) if says in text]
    assert "王小明" not in told
    await form.press("Undo")
    await slack.deliver()
    assert not any(says in text for text in slack.texts(slack.collector))
