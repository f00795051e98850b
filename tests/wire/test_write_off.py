"""A write-off ends a loan with a loss: it needs a reason and a second press."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1, disbursed, with one planned call."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await slack.command(slack.agent, "/loan-follow A-1 nov 27 plan")
    return loan


@pytest.mark.parametrize("line", ["A-1 written off", "A-1 核销", "A-1 write off :", "A-1 坏账 ， "])
async def test_without_a_reason_it_is_refused(slack: Slack, loan: Loan, line: str) -> None:
    refused = await slack.command(slack.manager, f"/loan-stage {line}")
    assert "Why is A-1 written off? A write-off needs a reason." in refused.text
    assert f"/loan-stage {line}".strip() in refused.text
    assert await slack.stage_of(loan) == "disbursed"


async def test_with_a_reason_it_is_asked_about_and_a_second_press_writes_off(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.manager, "/loan-stage A-1 written off borrower left the country")
    assert asked.text.splitlines() == [
        "Write off A-1 · 王小明, now disbursed?",
        "> borrower left the country",
        "This would also close: 1 open follow-up",
    ]
    assert buttons(asked.message) == ["Write off now", "Don't write off"]
    assert await slack.stage_of(loan) == "disbursed"
    assert asked.message is not None

    done = shown(await slack.press(slack.manager, asked.message, "Write off now"))

    assert "A-1 · 王小明: disbursed → written off" in done.text
    assert "> borrower left the country" in done.text
    assert "Also closed: 1 open follow-up" in done.text
    assert await slack.stage_of(loan) == "written_off"
    shown(await slack.press(slack.manager, done, "Undo"))
    assert await slack.stage_of(loan) == "disbursed"


async def test_it_can_be_called_off(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.manager)
    asked = await slack.command(slack.manager, "/loan-stage A-1 核销 借款人失联")
    assert asked.message is not None
    left = shown(await slack.press(slack.manager, asked.message, "不核销"))
    assert left.text == "没有改动。"
    assert await slack.stage_of(loan) == "disbursed"


async def test_a_loan_that_changed_meanwhile_is_asked_about_again(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.manager, "/loan-stage A-1 written off gone")
    assert asked.message is not None
    await slack.command(slack.agent, "/loan-stage A-1 closed")

    again = shown(await slack.press(slack.manager, asked.message, "Write off now"))

    assert again.text.startswith("This changed while you were looking. It is now:\nWrite off A-1 · 王小明, now closed?")
    assert await slack.stage_of(loan) == "closed"
    shown(await slack.press(slack.manager, again, "Write off now"))
    assert await slack.stage_of(loan) == "written_off"


async def test_who_is_no_manager_any_more_does_not_write_off(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.manager, "/loan-stage A-1 written off gone")
    assert asked.message is not None
    await slack.change(slack.manager, roles="agent")
    refused = await slack.press(slack.manager, asked.message, "Write off now")
    assert "You need the role manager for this." in shown(refused).text
    assert await slack.stage_of(loan) == "disbursed"


async def test_who_is_no_manager_any_more_does_not_take_a_write_off_back(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.manager, "/loan-stage A-1 written off gone")
    assert asked.message is not None
    done = shown(await slack.press(slack.manager, asked.message, "Write off now"))
    await slack.change(slack.manager, roles="agent")
    refused = await slack.press(slack.manager, done, "Undo")
    assert "You need the role manager for this." in shown(refused).text
    assert await slack.stage_of(loan) == "written_off"
