"""A borrower's name and what follows, typed without a blank: offered with it, never taken. Now is Wednesday 10:00 in Shanghai."""

import pytest

from storage.tables import Loan
from tests.builders import make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of 李雷, whom the agent looks after."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="李雷")


@pytest.mark.parametrize(
    ("line", "split", "done"),
    [
        ("/loan-call 李雷未接", "李雷 未接", "no answer"),
        ("/loan-call 李雷未接，下次明天上午10点", "李雷 未接，下次明天上午10点", "no answer"),
        ("/loan-call 李雷已接通：想要更低利率", "李雷 已接通：想要更低利率", "reached"),
        ("/loan-call lilei未接", "lilei 未接", "no answer"),
        ("/loan-follow 李雷明天下午3点核实收入", "李雷 明天下午3点核实收入", "Thu 26 Nov 2026 15:00"),
        ("/loan-docs 李雷身份证、银行流水 周五前", "李雷 身份证、银行流水 周五前", "ID card"),
        ("/loan-stage 李雷已签约", "李雷 已签约", "approved → signed"),
    ],
)
async def test_the_line_with_a_blank_is_a_button(slack: Slack, loan: Loan, line: str, split: str, done: str) -> None:
    refused = await slack.command(slack.agent, line)
    assert "There is no loan" in refused.text
    assert f"For example: {line.split()[0]} {split}" in refused.text
    assert split in buttons(refused.message)
    assert refused.message is not None
    assert done in shown(await slack.press(slack.agent, refused.message, split)).text


@pytest.mark.parametrize(
    "line",
    [
        "/loan-call 李雷雷未接",
        "/loan-call 李未接",
        "/loan-call 韩梅未接",
        "/loan-call 李雷今天",
        "/loan-call 未接李雷",
        "/loan-call 李雷",
    ],
)
async def test_what_is_no_name_of_one_loan_with_a_rest_that_reads_is_not_offered(
    slack: Slack, loan: Loan, line: str
) -> None:
    refused = await slack.command(slack.agent, line)
    assert not any(label.startswith(("李雷 ", "李 ")) for label in buttons(refused.message))


async def test_two_loans_of_that_name_and_those_of_others_are_not_offered(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    outsider = await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    assert "李雷 未接" not in buttons((await slack.command(outsider, "/loan-call 李雷未接")).message)
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="李雷")
    assert "李雷 未接" not in buttons((await slack.command(slack.agent, "/loan-call 李雷未接")).message)


@pytest.mark.parametrize("line", ["A-1 foo {}", "A-1 : {}", "A-1 reached {} > tommorow 3pm"])
async def test_a_line_too_long_to_be_mended_shows_words_as_words(slack: Slack, loan: Loan, line: str) -> None:
    refused = await slack.command(slack.agent, f"/loan-call {line.format('x' * 1100)}")
    assert "For example:" not in refused.text
    assert "You can type:" in refused.text
