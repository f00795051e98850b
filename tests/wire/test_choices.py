"""A line whose loan, follow-up or person can mean several: the answer lists them, and a button sends the line with one."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan, make_member
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, with two follow-ups of theirs."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 tomorrow 3pm income")
    await slack.command(slack.agent, "/loan-follow A-1 nov 27 documents")
    return loan


async def test_which_follow_up_is_done(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-follow A-1 done")

    assert "• A-1/1 income check · Thu 26 Nov 15:00 · <@UAGENT>" in asked.text
    assert "• A-1/2 documents · Fri 27 Nov · <@UAGENT>" in asked.text
    assert buttons(asked.message) == ["/1 income check · Thu 26 Nov 15:00", "/2 documents · Fri 27 Nov"]
    assert asked.message is not None
    done = shown(await slack.press(slack.agent, asked.message, "/2 documents · Fri 27 Nov"))
    assert "A-1/2" in done.text
    assert "Undo" in buttons(done)
    card = await slack.command(slack.agent, "/loan A-1")
    assert "income check" in card.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/loan-follow A-1 cancel bought elsewhere", "bought elsewhere"),
        ("/loan-follow A-1 move nov 30 11:00", "Mon 30 Nov 2026 11:00"),
    ],
)
async def test_the_rest_of_the_line_is_kept(slack: Slack, loan: Loan, line: str, said: str) -> None:
    asked = await slack.command(slack.agent, line)
    assert asked.message is not None
    answer = shown(await slack.press(slack.agent, asked.message, buttons(asked.message)[0]))
    assert "A-1/1" in answer.text
    assert said in answer.text


async def test_a_number_that_no_follow_up_has_lists_the_open_ones(slack: Slack, loan: Loan) -> None:
    asked = await slack.command(slack.agent, "/loan-follow A-1/9 done")
    assert asked.message is not None
    assert "A-1 has no follow-up A-1/9." in asked.text
    done = shown(await slack.press(slack.agent, asked.message, "/1 income check · Thu 26 Nov 15:00"))
    assert "A-1/1" in done.text


async def test_which_of_two_loans_was_called(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="李雷")

    asked = await slack.command(slack.agent, "/loan-call 5678 未接 & 明天再打 <急>")

    assert "• A-1 王小明 · 尾号5678 · 申请 · 收入核实 · 11月26日 周四 15:00" in asked.text
    assert "• A-2 李雷 · 尾号5678 · 申请" in asked.text
    assert sorted(buttons(asked.message)) == ["A-1", "A-2"]
    assert asked.message is not None
    logged = shown(await slack.press(slack.agent, asked.message, "A-1"))
    assert "A-1 · 王" in logged.text
    assert "&amp; 明天再打 &lt;急&gt;" in logged.text


async def test_a_line_that_is_still_refused_says_so_and_repeats_itself(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="李雷")
    asked = await slack.command(slack.agent, "/loan-follow 5678 done")
    assert asked.message is not None

    again = shown(await slack.press(slack.agent, asked.message, "A-1"))

    assert "Which follow-up of A-1?" in again.text
    assert "/loan-follow A-1 done" in again.text
    done = shown(await slack.press(slack.agent, again, "/2 documents · Fri 27 Nov"))
    assert "A-1/2" in done.text


async def test_which_of_two_members(slack: Slack, loan: Loan) -> None:
    await make_member(slack.office, slack.workspace, "UWANG1", name="Wang Wei", team_id=slack.team.id)
    await make_member(slack.office, slack.workspace, "UWANG2", name="Wang Fang", team_id=slack.team.id)
    asked = await slack.command(slack.manager, "/loan-follow A-1 @wang tomorrow 10:00 plan")
    assert sorted(buttons(asked.message)) == ["Wang Fang", "Wang Wei"]
    assert asked.message is not None
    planned = shown(await slack.press(slack.manager, asked.message, "Wang Fang"))
    assert "<@UWANG2>" in planned.text
