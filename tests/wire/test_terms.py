"""The terms of a loan and its vehicle: entered and corrected by line and form. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from sandbox.modals import Modal
from storage.tables import Loan, LoanTerms, Vehicle
from tests.builders import make_loan
from tests.wire.office_day import Slack, given, shown

VIN = "1M8GDM9AXKP042788"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(
        slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明", stage="disbursed", amount=None
    )


async def events(slack: Slack, number: str = "A-1") -> list[str]:
    modal = await slack.in_card(slack.agent, "Open", "Timeline", number=number)
    return [line.split(" · ")[1] for line in modal.text.splitlines() if line.endswith("<@UAGENT>") and " 10:0" in line]


ENTERED = (
    ("edit A-1 amount 85000", "A-1 · Amount: CN¥85,000.00", "CN¥85,000.00"),
    ("改 A-1 金额 8.5万", "A-1 · Amount: CN¥85,000.00", "CN¥85,000.00"),
    ("edit A-1 price 120,000", "A-1 · Price: CN¥120,000.00", "Price: CN¥120,000.00"),
    ("改 A-1 首付3.5万元", "A-1 · Down payment: CN¥35,000.00", "Down payment: CN¥35,000.00"),
    ("edit A-1 down payment 0", "A-1 · Down payment: CN¥0.00", "Down payment: CN¥0.00"),
    ("edit A-1 term 36", "A-1 · Term: 36 months", "Term: 36 months"),
    ("改 A-1 期数 36期", "A-1 · Term: 36 months", "Term: 36 months"),
    ("edit A-1 term 7 years", "A-1 · Term: 84 months", "Term: 84 months"),
    ("edit A-1 rate 4.5%", "A-1 · Rate: 4.5% a year", "Rate: 4.5% a year"),
    ("edit A-1 rate 0.3%/month", "A-1 · Rate: 0.3% a month", "Rate: 0.3% a month"),
    ("改 A-1 月费率 0.3", "A-1 · Rate: 0.3% a month", "Rate: 0.3% a month"),
    ("改 A-1 利率 月息3厘", "A-1 · Rate: 0.3% a month", "Rate: 0.3% a month"),
    ("edit A-1 method annuity", "A-1 · Repayment method: level payments", "level payments"),
    ("改 A-1 还款方式 等本等息", "A-1 · Repayment method: flat", "flat"),
    ("edit A-1 day count actual/365", "A-1 · Day count: actual/365", "Day count: actual/365"),
    ("edit A-1 balloon 2万", "A-1 · Balloon: CN¥20,000.00", "Balloon: CN¥20,000.00"),
    ("edit A-1 grace 3 days", "A-1 · Days of grace: 3 days", "Days of grace: 3 days"),
    ("edit A-1 holiday next working day", "A-1 · On a day off: next working day", "On a day off: next working day"),
    ("edit A-1 product new car", "A-1 · Product: new car loan", "new car loan"),
    ("改 A-1 产品 惠民贷36", "A-1 · Product: 惠民贷36", "惠民贷36"),
    ("edit A-1 reference JQ-118", "A-1 · Lender's reference: JQ-118", "Lender's reference: JQ-118"),
    ("edit A-1 source car show", "A-1 · Source: car show", "Source: car show"),
    ("改 A-1 品牌 比亚迪", "A-1 · Make: 比亚迪", "比亚迪"),
    ("改 A-1 车型 秦PLUS DM-i", "A-1 · Model: 秦PLUS DM-i", "秦PLUS DM-i"),
    ("edit A-1 vehicle used", "A-1 · New or used: used", "used"),
    ("edit A-1 year 2024", "A-1 · Model year: 2024", "2024"),
    ("edit A-1 plate 沪a·12345", "A-1 · Plate: 沪A12345", "Plate: 沪A12345"),
    (f"edit A-1 vin {VIN.lower()}", f"A-1 · VIN: {VIN}", f"VIN: {VIN}"),
    ("edit A-1 approved amount 80000", "A-1 · Approved amount: CN¥80,000.00", "Approved amount: CN¥80,000.00"),
    ("改 A-1 批复条件 追加担保人", "A-1 · Conditions: 追加担保人", "Conditions: 追加担保人"),
)
"""Lines, their answers, and what the card says then."""


@pytest.mark.usefixtures("loan")
async def test_each_field_is_entered_by_a_line_and_shown_on_the_card(slack: Slack) -> None:
    bare = (await slack.command(slack.agent, "/loan A-1")).text
    for line, answer, on_card in ENTERED:
        reply = await slack.command(slack.agent, f"/loan {line}")
        assert reply.text.splitlines()[0].endswith(answer), line
        card = (await slack.command(slack.agent, "/loan A-1")).text
        assert on_card in [part for row in card.splitlines() for part in row.split(" · ")], line
        await slack.press(slack.agent, given(reply.message), "Undo")
        assert (await slack.command(slack.agent, "/loan A-1")).text == bare, line


def value_of(form: Modal, name: str) -> object:
    return form.values[f"form.refresh#{name}"]["value"]


@pytest.mark.usefixtures("loan")
async def test_a_correction_is_in_the_timeline_with_both_values_and_undo_restores_it(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit A-1 term 36")
    again = await slack.command(slack.agent, "/loan edit A-1 term 48")
    assert again.text.splitlines()[0] == "A-1 · Term: 36 months → 48 months"
    cleared = await slack.command(slack.agent, "/loan edit A-1 term none")
    assert cleared.text.splitlines()[0] == "A-1 · Term removed (it was 48 months)"
    assert await events(slack) == ["Term removed (it was 48 months)", "Term: 36 months → 48 months", "Term: 36 months"]
    await slack.press(slack.agent, given(cleared.message), "Undo")
    await slack.press(slack.agent, given(again.message), "Undo")
    assert await events(slack) == ["Term: 36 months"]
    assert "Term: 36 months" in (await slack.command(slack.agent, "/loan A-1")).text


@pytest.mark.usefixtures("loan")
async def test_undo_of_the_first_value_leaves_none_and_another_can_be_entered(slack: Slack) -> None:
    first = await slack.command(slack.agent, "/loan edit A-1 plate 沪A12345")
    undone = shown(await slack.press(slack.agent, given(first.message), "Undo"))
    assert undone.text == "Undone on A-1: a correction. Everything is as it was before."
    assert "Plate" not in (await slack.command(slack.agent, "/loan A-1")).text
    await slack.command(slack.agent, "/loan edit A-1 plate 京N88888")
    assert "Plate: 京N88888" in (await slack.command(slack.agent, "/loan A-1")).text


@pytest.mark.usefixtures("loan")
async def test_a_wrong_check_digit_is_pointed_out_and_the_number_saved(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan edit A-1 vin 1M8GDM9A1KP042788")
    assert reply.text.splitlines()[:2] == [
        "A-1 · VIN: 1M8GDM9A1KP042788",
        "Please check the VIN 1M8GDM9A1KP042788: the 9th character is usually X. It is saved as typed.",
    ]


REFUSED = (
    ("rate 0.3", "isn't a rate I can read for certain"),
    ("rate cheap", "isn't a rate I can read for certain"),
    ("term 0", "a number from 1 to 360"),
    ("due day 32", "a number from 1 to 31"),
    ("first due 2027-02-30", "isn't a date that exists"),
    ("vin 1M8GDM9AXKP04278", "isn't a VIN"),
    ("vin 1M8GDM9AXKPO42788", "1M8GDM9AXKP042788"),
    ("plate ?", "isn't a plate"),
    ("amount $85000", "in CNY"),
    ("amount -5", "isn't an amount"),
    ("amount 99999999999万", "amount"),
    ("method cash", "level payments"),
    ("autopay maybe", "yes or no?"),
    ("currency none", "isn't a currency"),
    ("conditions " + "x" * 1001, "the limit is 1000"),
)
"""Lines, and what the refusal says."""


@pytest.mark.usefixtures("loan")
async def test_what_cannot_be_is_refused_and_changes_nothing(slack: Slack) -> None:
    for line, says in REFUSED:
        reply = await slack.command(slack.agent, f"/loan edit A-1 {line}")
        assert says in reply.text, line
    assert await events(slack) == []


async def test_a_due_day_moves_the_reminder_of_the_instalment(slack: Slack, loan: Loan) -> None:
    first = await slack.command(slack.agent, "/loan edit A-1 due day 15")
    assert "Next: repayment reminder Thu 10 Dec 2026" in first.text
    moved = await slack.command(slack.agent, "/loan edit A-1 first due 2027-01-15")
    assert "1 reminder of an instalment no longer applies and was cancelled." in moved.text
    assert "Next: repayment reminder Tue 12 Jan 2027" in moved.text
    await slack.press(slack.agent, given(moved.message), "Undo")
    assert "repayment reminder · Thu 10 Dec" in (await slack.command(slack.agent, "/loan A-1")).text
    paid_by_bank = await slack.command(slack.agent, "/loan edit A-1 autopay on")
    assert "cancelled" in paid_by_bank.text
    assert loan.number == "A-1"


async def test_a_due_day_that_not_every_month_has_is_told_in_both_languages(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="signed", due_day=None)
    told = "In a month without that day, the instalment is due on the last one."
    assert told not in (await slack.command(slack.agent, "/loan edit A-1 due day 28")).text
    assert told in (await slack.command(slack.agent, "/loan edit A-1 due day 31")).text
    await slack.in_chinese(slack.agent)
    assert (
        "没有该日的月份，还款日为当月最后一天。" in (await slack.command(slack.agent, "/loan edit A-1 还款日 30")).text
    )


@pytest.mark.usefixtures("loan")
async def test_a_first_due_day_says_the_due_day_too(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan edit A-1 first due 2027-01-31")
    assert reply.text.splitlines()[:2] == ["A-1 · First due day: Sun 31 Jan 2027", "A-1 · Due day: 31"]


@pytest.mark.usefixtures("loan")
async def test_the_form_shows_what_is_known_and_saves_what_differs(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit A-1 term 36")
    await slack.command(slack.agent, "/loan edit A-1 rate 4.5%")
    card = await slack.command(slack.agent, "/loan A-1")
    await slack.press(slack.agent, given(card.message), "Terms")
    form = slack.sandbox.modal_of("UAGENT")
    assert value_of(form, "term") == "36"
    await form.fill("Term", "48")
    await form.fill("Rate", "")
    await form.fill("Price", "12万")
    await form.fill("Down payment", "3万")
    await form.fill("Repayment method", "level payments")
    await form.submit()
    assert slack.sandbox.modal_of("UAGENT").text.splitlines()[:5] == [
        "A-1 · Price: CN¥120,000.00",
        "A-1 · Down payment: CN¥30,000.00",
        "A-1 · Term: 36 months → 48 months",
        "A-1 · Rate removed (it was 4.5% a year)",
        "A-1 · Repayment method: level payments",
    ]
    shown_now = (await slack.command(slack.agent, "/loan A-1")).text
    assert "Price: CN¥120,000.00 · Down payment: CN¥30,000.00 (25%) · Term: 48 months · level payments" in shown_now


@pytest.mark.usefixtures("loan")
async def test_a_form_older_than_the_terms_is_refused_and_keeps_what_was_typed(slack: Slack) -> None:
    card = await slack.command(slack.agent, "/loan A-1")
    await slack.press(slack.agent, given(card.message), "Vehicle")
    form = slack.sandbox.modal_of("UAGENT")
    await slack.command(slack.manager, "/loan edit A-1 plate 沪A12345")
    await form.fill("Make", "比亚迪")
    await form.submit()
    assert "have changed since this form was opened" in str(form.errors)
    assert value_of(form, "make") == "比亚迪"


async def test_only_those_who_may_correct_the_loan_enter_its_terms(slack: Slack, loan: Loan) -> None:
    refused = await slack.command(slack.other, "/loan edit A-1 term 36")
    assert "Only the people responsible" in refused.text
    assert "Plate" not in (await slack.command(slack.agent, f"/loan {loan.number}")).text


@pytest.mark.usefixtures("loan")
async def test_the_number_and_the_plate_are_encrypted(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan edit A-1 plate 沪A12345")
    await slack.command(slack.agent, "/loan edit A-1 source 王五介绍")
    async with slack.office.database.reading() as session:
        stored = [(await session.exec(select(table))).one() for table in (LoanTerms, Vehicle)]
    assert not any(text in repr(vars(row)) for row in stored for text in ("沪A12345", "王五介绍"))
