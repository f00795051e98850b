"""A loan gets a repayment schedule, the lender's or a computed one. Now is Wednesday 25 November 2026, 10:00."""

from decimal import Decimal

import pytest

from storage.tables import Loan
from tests.wire.filling import fill
from tests.wire.office_day import Slack
from tests.wire.repaying import ROWS, disbursed, form_of, give_schedule, page_of


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await disbursed(slack)


async def card(slack: Slack) -> list[str]:
    return (await slack.command(slack.agent, "/loan A-1")).text.splitlines()


async def test_the_lenders_schedule_is_pasted_and_shown(slack: Slack, loan: Loan) -> None:
    form = await give_schedule(slack)
    assert "Schedule (from the lender): 4 instalments, CN¥4,000.00" in form.text
    assert "First: CN¥1,000.00, due Sat 10 Oct 2026" in form.text
    lines = await card(slack)
    assert "Next instalment: CN¥1,000.00, due Sat 10 Oct 2026" in lines
    assert "46 days past due (M2, by the schedule): CN¥2,000.00 in 2 instalments" in lines
    page = await page_of(slack, slack.agent)
    assert "4 · Sun 10 Jan 2027 · CN¥1,000.00" in page.text
    await page.press("Timeline")
    assert "repayment schedule of the lender · <@UAGENT>" in slack.sandbox.modal_of("UAGENT").text


async def test_undo_takes_a_schedule_back_and_the_one_before_applies_again(slack: Slack, loan: Loan) -> None:
    await give_schedule(slack)
    form = await give_schedule(slack, "2026-12-10 500.00")
    assert "Next instalment: CN¥500.00, due Thu 10 Dec 2026" in await card(slack)
    await form.press("Undo")
    assert "Next instalment: CN¥1,000.00, due Sat 10 Oct 2026" in await card(slack)


async def test_instalments_paid_before_are_settled(slack: Slack, loan: Loan) -> None:
    form = await give_schedule(slack, Paid_until="2026-11-24")
    assert "2 instalments count as paid." in form.text
    assert "Next instalment: CN¥1,000.00, due Thu 10 Dec 2026" in await card(slack)
    planned = [line for line in await card(slack) if "/1" in line]
    assert planned == ["• /1 repayment reminder · Mon 7 Dec · <@UAGENT>"]


async def test_grace_days_are_not_past_due(slack: Slack, loan: Loan) -> None:
    await give_schedule(slack, "2026-11-23 900.00", Days_of_grace="2")
    assert not any("past due" in line for line in await card(slack))
    slack.clock.advance(days=1)
    assert "3 days past due (M1, by the schedule): CN¥900.00 in 1 instalment" in await card(slack)


async def test_where_the_lender_says_what_is_unpaid_the_schedule_counts_nothing(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Enter the lender's schedule")
    await form.fill("Instalments", ROWS)
    await form.fill("Days past due", "As the lender's file says (unpaid since)")
    await form.submit()
    assert "Days past due are counted from the lender's data, not from payments here." in form.text
    assert not any("past due" in line for line in await card(slack))
    assert "2 · Tue 10 Nov 2026 · CN¥1,000.00" in (await page_of(slack, slack.agent)).text


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        ("2026-12-10 1000\n2026-11-10 1000", "Line 2: Tue 10 Nov 2026 doesn't come after Thu 10 Dec 2026."),
        ("2026-12-10 1000\n2026-12-10 1000", "Line 2: "),
        ("2026-12-10 1000 800 300", "Line 1: principal and interest make 1100, but the amount is 1000."),
        ("2026-12-10 0", "Line 1: an instalment must be more than zero, not 0."),
        ("2026-12-10 1000\n\n2027-02-30 1000", "Line 3 can't be read: “2027-02-30 1000”."),
        ("2026-12-10 1000 800", "Line 1 can't be read"),
        ("12/10/2026 1000", "Line 1 can't be read"),
        ("2026-12-10 -1000", "Line 1 can't be read"),
        ("date amount", "Paste the instalments"),
        ("2026-12-10 1000 900 100", "The principal of all lines is 900, but the loan's amount is 120000.00 CNY."),
    ],
)
async def test_rows_that_are_no_schedule_are_named_and_nothing_is_done(
    slack: Slack, loan: Loan, rows: str, refusal: str
) -> None:
    form = await give_schedule(slack, rows)
    assert refusal in form.errors["Instalments"]
    assert not any("instalment" in line for line in await card(slack))


@pytest.mark.parametrize(
    "rows",
    [
        "期数\t日期\t应还\n1\t2026-12-10\t1,000.50\n2\t2027-01-10\t1000.50",
        "2026-12-10,1000.50\n2027-01-10,1000.50",
        "第1期 2026年12月10日 1000.50元\n第2期 2027年1月10日 ¥1000.50",
        "1. 2026.12.10; 1000.50\n2. 2027.1.10; 1000.50\n",
    ],
)
async def test_schedules_as_they_are_copied_from_elsewhere(slack: Slack, loan: Loan, rows: str) -> None:
    form = await give_schedule(slack, rows)
    assert "Schedule (from the lender): 2 instalments, CN¥2,001.00" in form.text


async def test_principal_and_interest_that_sum_to_the_loans_amount(slack: Slack) -> None:
    await disbursed(slack, amount=Decimal("1000.00"))
    form = await give_schedule(slack, "2026-12-10,502.50,500.00,2.50\n2027-01-10,501.25,500.00,1.25")
    assert "Interest in all: CN¥3.75" in form.text


async def test_a_schedule_is_computed_from_terms(slack: Slack, loan: Loan) -> None:
    form = await form_of(slack, slack.agent, "Compute a schedule")
    await fill(
        form,
        {
            "Amount": "100000",
            "Rate in percent": "4.5",
            "Months": "36",
            "First due date": "2026-12-31",
        },
    )
    await form.submit()
    assert "Schedule (computed, an estimate): 36 instalments, CN¥107,088.93" in form.text
    assert "First: CN¥2,974.69, due Thu 31 Dec 2026" in form.text
    assert "Last: CN¥2,974.78, due Fri 30 Nov 2029" in form.text
    assert "Interest in all: CN¥7,088.93" in form.text
    assert "Next instalment: CN¥2,974.69, due Thu 31 Dec 2026 (computed, an estimate)" in await card(slack)
    page = await page_of(slack, slack.agent)
    assert "3 · Sun 28 Feb 2027" in page.text


@pytest.mark.parametrize(
    ("fields", "label", "refusal"),
    [
        ({"Rate in percent": "101"}, "Rate in percent", "101: the rate must be from 0 to 100.00 percent."),
        ({"Rate in percent": "cheap"}, "Rate in percent", "“cheap” isn't a rate."),
        ({"Balloon with the last instalment": "100000"}, "Balloon with the last instalment", "a balloon is less"),
        ({"Paid out on": "2026-12-31"}, "Paid out on", "must be before the first due date"),
        ({"Amount": "-3"}, "Amount", "isn't an amount"),
    ],
)
async def test_terms_that_no_loan_has_are_refused_at_their_field(
    slack: Slack, loan: Loan, fields: dict[str, str], label: str, refusal: str
) -> None:
    form = await form_of(slack, slack.agent, "Compute a schedule")
    typed = {"Amount": "100000", "Rate in percent": "4.5", "Months": "36", "First due date": "2026-12-31"} | fields
    await fill(form, typed)
    await form.submit()
    assert refusal in form.errors[label]


async def test_a_schedule_in_chinese(slack: Slack, loan: Loan) -> None:
    await give_schedule(slack)
    await slack.in_chinese(slack.agent)
    lines = await card(slack)
    assert "下期应还：2026年10月10日 周六，¥1,000.00" in lines
    assert (
        "逾期46天 (M2, 按还款计划表)：2期共¥2,000.00" in lines
        or "逾期46天（M2，按还款计划表）：2期共¥2,000.00" in lines
    )


async def test_who_may_not_change_a_schedule_is_not_offered_it(slack: Slack, loan: Loan) -> None:
    page = await page_of(slack, slack.compliance)
    assert "There is no repayment schedule yet." in page.text
    assert "Compute a schedule" not in str(page.view)
