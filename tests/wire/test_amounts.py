"""Amounts typed behind a promise or a payment: recorded, shown, and no instalment counts as paid before the caller says so."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from sandbox.model import Message
from storage.tables import Call, FollowUp, Loan
from tests.builders import make_loan_in_arrears
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1, disbursed, in arrears since 10 November: an overdue call today, and a reminder of the same instalment."""
    purposes = ["overdue", "repayment"]
    return await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, purposes=purposes)


async def follow_ups(slack: Slack) -> dict[int, FollowUp]:
    async with slack.office.database.reading() as session:
        return {row.number: row for row in (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()}


async def only_call(slack: Slack) -> Call:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Call))).one()


async def paid_through(slack: Slack) -> Any:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Loan))).one().paid_through


async def answer(slack: Slack, line: str) -> Message:
    reply = await slack.command(slack.agent, line)
    assert reply.message is not None
    return reply.message


async def test_a_payment_with_an_amount_ends_nothing_before_the_caller_says_what_it_covers(
    slack: Slack, loan: Loan
) -> None:
    asked = await answer(slack, "/loan-call A-1 已还款 3000")

    assert "paid CN¥3,000.00, logged at 10:00." in asked.text
    assert "Is that the whole instalment or part of it? Nothing is closed until you say." in asked.text
    assert buttons(asked)[:2] == ["Whole instalment", "Part of it"]
    assert {row.state for row in (await follow_ups(slack)).values()} == {"open"}
    assert (await only_call(slack)).amount == Decimal("3000.00")
    assert await paid_through(slack) == date(2026, 10, 10)


async def test_the_whole_instalment_is_settled_by_a_press(slack: Slack, loan: Loan) -> None:
    asked = await answer(slack, "/loan-call A-1 paid 3,000元")
    pressed = await slack.press(slack.agent, asked, "Whole instalment")

    assert "The instalment due Tue 10 Nov 2026 counts as paid." in shown(pressed).text
    rows = await follow_ups(slack)
    assert [rows[1].state, rows[2].state] == ["done", "done"]
    assert await paid_through(slack) == date(2026, 11, 10)

    undone = await slack.press(slack.agent, shown(pressed), "Undo")
    assert "Undone on A-1: what a payment covers." in shown(undone).text
    assert {row.state for number, row in (await follow_ups(slack)).items() if number < 3} == {"open"}
    assert (await only_call(slack)).share == "asked"


async def test_of_a_part_the_day_of_the_rest_is_asked_and_the_instalment_stays_unpaid(slack: Slack, loan: Loan) -> None:
    asked = await answer(slack, "/loan-call A-1 paid 3000 salary comes late")
    await slack.press(slack.agent, asked, "Part of it")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("The rest will be paid", "fri")
    await form.submit()

    assert "part paid CN¥3,000.00, logged at 10:00." in form.text
    assert "The instalment stays unpaid." in form.text
    assert "promise to pay Fri 27 Nov 2026" in form.text
    rows = await follow_ups(slack)
    assert [(row.purpose, row.state) for row in rows.values()] == [
        ("overdue", "done"),
        ("repayment", "open"),
        ("promise", "open"),
    ]
    assert rows[3].instalment_on == date(2026, 11, 10)
    assert await paid_through(slack) == date(2026, 10, 10)


async def test_a_step_typed_with_the_payment_is_the_day_of_the_rest(slack: Slack, loan: Loan) -> None:
    asked = await answer(slack, "/loan-call A-1 paid 3000 > fri 10:00")
    assert "Next: arrears Fri 27 Nov 2026 10:00" in asked.text
    pressed = await slack.press(slack.agent, asked, "Part of it")
    assert "The instalment stays unpaid." in shown(pressed).text
    rows = await follow_ups(slack)
    assert [(row.purpose, row.state) for row in rows.values()] == [
        ("overdue", "done"),
        ("repayment", "open"),
        ("promise", "open"),
    ]


async def test_a_step_typed_with_a_payment_of_the_whole_instalment_stays(slack: Slack, loan: Loan) -> None:
    asked = await answer(slack, "/loan-call A-1 paid 3000 > fri 10:00")
    await slack.press(slack.agent, asked, "Whole instalment")
    assert [row.state for row in (await follow_ups(slack)).values()] == ["done", "done", "open"]


async def test_a_part_payment_keeps_the_instalment_open_and_promises_the_rest(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await answer(slack, "/loan-call A-1 部分还款 3000 下月5号")
    assert "部分还款 ¥3,000.00" in reply.text
    rows = await follow_ups(slack)
    assert [(row.purpose, row.state, row.due_on) for row in rows.values()][1:] == [
        ("repayment", "open", date(2026, 11, 25)),
        ("promise", "open", date(2026, 12, 5)),
    ]
    assert rows[1].state == "done"
    assert await paid_through(slack) == date(2026, 10, 10)


async def test_a_part_payment_needs_the_day_of_the_rest(slack: Slack, loan: Loan) -> None:
    refused = await slack.command(slack.agent, "/loan-call A-1 part paid 3000")
    assert "part paid: for which day?" in refused.text


async def test_a_payment_without_an_amount_is_the_whole_instalment(slack: Slack, loan: Loan) -> None:
    reply = await answer(slack, "/loan-call A-1 paid")
    assert "The instalment due Tue 10 Nov 2026 counts as paid." in reply.text


async def test_a_promised_amount_is_on_the_card_and_in_the_timeline(slack: Slack, loan: Loan) -> None:
    reply = await answer(slack, "/loan-call A-1 promised 1,500.50 fri")
    assert "promised CN¥1,500.50, logged at 10:00." in reply.text
    assert "Next: promise to pay Fri 27 Nov 2026" in reply.text
    card = await answer(slack, "/loan A-1")
    assert "promised CN¥1,500.50" in card.text
    await slack.press(slack.agent, card, "Open")
    form = slack.sandbox.modal_of("UAGENT")
    await form.press("Timeline")
    assert "promised CN¥1,500.50" in form.text


async def test_what_a_payment_covers_is_said_once(slack: Slack, loan: Loan) -> None:
    asked = await answer(slack, "/loan-call A-1 paid 3000")
    await slack.press(slack.agent, asked, "Part of it")
    form = slack.sandbox.modal_of("UAGENT")
    await slack.press(slack.agent, asked, "Whole instalment")
    await form.fill("The rest will be paid", "fri")
    await form.submit()
    assert "It's already known what this payment on A-1 covers" in form.errors["The rest will be paid"]


@pytest.mark.parametrize("line", ["/loan A-1", "/loan-call A-1 已还款 3000"])
async def test_a_lost_question_is_answered_from_the_card_or_by_repeating_the_line(
    slack: Slack, loan: Loan, line: str
) -> None:
    await answer(slack, "/loan-call A-1 已还款 3000")
    again = await answer(slack, line)
    assert {"Whole instalment", "Part of it"} <= set(buttons(again))
    others = await slack.command(slack.manager, "/loan A-1")
    assert "Whole instalment" not in buttons(others.message)

    await slack.press(slack.agent, again, "Part of it")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("The rest will be paid", "fri")
    await form.submit()

    assert (await only_call(slack)).share == "part"
    card = await answer(slack, "/loan A-1")
    assert "Whole instalment" not in buttons(card)


async def test_the_whole_instalment_is_said_from_the_card(slack: Slack, loan: Loan) -> None:
    await answer(slack, "/loan-call A-1 已还款 3000")
    pressed = await slack.press(slack.agent, await answer(slack, "/loan A-1"), "Whole instalment")
    assert "The instalment due Tue 10 Nov 2026 counts as paid." in shown(pressed).text
    assert await paid_through(slack) == date(2026, 11, 10)


async def test_an_amount_in_another_currency_is_refused(slack: Slack, loan: Loan) -> None:
    refused = await slack.command(slack.agent, "/loan-call A-1 paid $3000")
    assert "The amounts of A-1 are in CNY." in refused.text
    unclear = await slack.command(slack.agent, "/loan-call A-1 paid 3.000")
    assert "“3.000” isn't an amount I can read for certain." in unclear.text


async def test_the_form_takes_an_amount_and_asks_as_the_command_does(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="王")
    await form.fill("Outcome", "paid")
    await form.fill("Amount", "3千")
    await form.submit()
    assert "paid CN¥3,000.00" in form.text
    await form.press("Whole instalment")
    assert "counts as paid" in form.text


async def test_the_form_refuses_an_amount_where_none_belongs_and_one_it_cannot_read(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "A-1", typed="王")
    await form.fill("Outcome", "reached")
    await form.fill("Amount", "3000 or so")
    await form.submit()
    assert "isn't an amount" in form.errors["Amount"]
    await form.fill("Amount", "3000")
    await form.submit()
    assert "An amount belongs to a promise or a payment, not to reached." in form.errors["Amount"]


async def test_a_corrected_amount_keeps_the_original(slack: Slack, loan: Loan) -> None:
    reply = await answer(slack, "/loan-call A-1 promised 3000 fri")
    await slack.press(slack.agent, reply, "Correct the call")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Amount", "2,500")
    await form.submit()
    assert "Corrected to: promised CN¥2,500.00" in form.text
    assert "Before: promised CN¥3,000.00" in form.text
    assert (await only_call(slack)).amount == Decimal("2500.00")
