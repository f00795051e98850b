"""Payments that a call tells of, on a loan with a schedule. Now is Wednesday 25 November 2026, 10:00."""

from datetime import date
from decimal import Decimal

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, buttons
from tests.wire.repaying import (
    NOVEMBER,
    OCTOBER,
    card,
    pay,
    payments,
    promises,
    says,
)
from tests.wire.repaying import (
    with_instalments as loan,
)

__all__ = ["loan"]

pytestmark = pytest.mark.every_example


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
    for line in ("paid 4000.01", "part paid 5000 > fri", "已还款 9999元", "promised 4000.01 fri"):
        assert "That is more than what is left to pay on A-1: 4000.00 CNY." in await says(slack, line)
    assert await payments(slack) == []
    assert "No calls logged yet." in await card(slack)


async def test_a_promise_of_more_than_is_left_is_mended_in_the_form_where_nothing_typed_is_lost(
    slack: Slack, loan: Loan
) -> None:
    await slack.in_chinese(slack.agent)
    refused = await slack.command(slack.agent, "/loan-call A-1 共同借款人 承诺还款 5000元 周五15:00，妹妹帮忙还")
    assert "超过了A-1剩余应还的4000.00 CNY。请更正金额；如含罚息或费用，请不填金额，写在备注里。" in refused.text
    assert refused.message is not None
    await slack.press(slack.agent, refused.message, "登记通话")
    form = slack.sandbox.modal_of("UAGENT")
    await form.submit()
    assert "超过了A-1剩余应还的4000.00 CNY" in form.errors["金额"]
    await form.fill("金额", "4000")
    await form.submit()
    assert "妹妹帮忙还" in form.text
    assert "共同借款人" in form.text
    assert await promises(slack) == [(Decimal("4000.00"), date(2026, 11, 27), "open")]


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
