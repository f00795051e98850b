"""`/loan-due` typed in Slack, and who sees which calls. Now is Wednesday 10:00."""

from datetime import date

import pytest

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, shown

pytestmark = pytest.mark.every_example


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1 of the agent, with a late call, one today, one tomorrow, one on Sunday and one next week."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    for purpose, day in (
        ("overdue", date(2026, 11, 20)),
        ("identity", date(2026, 11, 25)),
        ("repayment", date(2026, 11, 26)),
        ("feedback", date(2026, 11, 29)),
        ("pickup", date(2026, 12, 2)),
    ):
        await make_follow_up(slack.office, loan, slack.agent, purpose=purpose, due_on=day)
    return loan


def numbers(text: str) -> list[str]:
    return [line.split()[1] for line in text.splitlines() if line.startswith("• ")]


@pytest.mark.parametrize(
    ("line", "title", "found"),
    [
        ("", "Late and due today · 2", ["L-1/1", "L-1/2"]),
        ("today", "Late and due today · 2", ["L-1/1", "L-1/2"]),
        ("tomorrow", "Due tomorrow · 1", ["L-1/3"]),
        ("week", "Late and due this week · 4", ["L-1/1", "L-1/2", "L-1/3", "L-1/4"]),
        ("late", "Late · 1", ["L-1/1"]),
        ("week verification", "Late and due this week · Verification · 1", ["L-1/2"]),
        ("week repayment", "Late and due this week · Repayment · 2", ["L-1/1", "L-1/3"]),
        ("今天", "Late and due today · 2", ["L-1/1", "L-1/2"]),
        ("本周 还款", "Late and due this week · Repayment · 2", ["L-1/1", "L-1/3"]),
        ("超时", "Late · 1", ["L-1/1"]),
    ],
)
async def test_a_due_list_is_filtered_by_time_and_kind(
    slack: Slack, loan: Loan, line: str, title: str, found: list[str]
) -> None:
    reply = await slack.command(slack.agent, f"/loan-due {line}")
    assert reply.ephemeral
    assert reply.text.splitlines()[0] == title
    assert numbers(reply.text) == found


async def test_a_row_of_the_due_list_has_loan_purpose_time_and_borrower(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-due late")
    assert "• L-1/1 arrears · Fri 20 Nov · late · <@UAGENT> · 王小明 · phone ending 5678" in reply.text


async def test_the_due_list_is_shown_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-due 明天")
    assert reply.text.splitlines()[:2] == [
        "明日待办 · 1",
        "• L-1/3 还款提醒 · 11月26日 周四 · <@UAGENT> · 王小明 · 尾号5678",
    ]
    nothing = await slack.command(slack.agent, "/loan-due 无计划")
    assert nothing.text.startswith("没有安排的贷款 · 0\n全部处理完了，辛苦了。")


async def test_a_manager_lists_the_teams_calls_and_each_members(slack: Slack, loan: Loan) -> None:
    team = await slack.command(slack.manager, "/loan-due team late")
    assert team.text.startswith("Late · the team · 1")
    one = await slack.command(slack.manager, "/loan-due @agent")
    assert one.text.startswith("Late and due today · <@UAGENT> · 2")


async def test_another_teams_calls_are_not_listed(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    await make_member(slack.office, slack.workspace, "USTRANGER", name="Stranger", team_id=west.id)
    refused = await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan-due @agent")
    assert "Only the people responsible can act on this: <@UMANAGER>." in refused.text
    for line in ("/loan L-1", "/loan-call L-1 reached", "/loan-docs L-1 id", "/loan-stage L-1 closed", "/loan 王小明"):
        hidden = await slack.sandbox.command("USTRANGER", slack.desk_channel, line)
        assert "that you can see." in hidden.text
        assert "5678" not in hidden.full_text
    found = await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan find 5678")
    assert "No loan you can see matches all of these words." in found.text
    everything = await slack.command(slack.compliance, "/loan L-1")
    assert "王小明" in everything.text


async def test_a_member_without_a_team_lists_calls_without_a_team(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.admin, "/loan-team add @stranger agent")
    stranger = await slack.member("USTRANGER")
    mine = await make_loan(slack.office, slack.workspace, "L-9", owner=stranger)
    await make_follow_up(slack.office, mine, stranger, due_on=date(2026, 11, 26))
    for line, found in (("week", ["L-9/1"]), ("late", []), ("unplanned", [])):
        assert numbers((await slack.command(stranger, f"/loan-due {line} team")).text) == found


async def test_a_loan_without_an_owner_is_listed_for_the_manager(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-5", owner=None, name="李雷")
    assert numbers((await slack.command(slack.manager, "/loan-due unplanned team")).text) == ["L-5"]
    assert numbers((await slack.command(slack.agent, "/loan-due unplanned")).text) == []


async def test_loans_without_a_plan_are_listed(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, name="李雷")
    await make_loan(slack.office, slack.workspace, "L-3", owner=slack.agent, stage="closed")
    await make_loan(slack.office, slack.workspace, "L-4", owner=slack.other)
    mine = await slack.command(slack.agent, "/loan-due unplanned")
    assert mine.text.splitlines()[:2] == [
        "Loans with nothing planned · 1",
        "• L-2 李雷 · phone ending 5678 · application · since Wed 25 Nov · <@UAGENT>",
    ]
    team = await slack.command(slack.manager, "/loan-due unplanned team")
    assert numbers(team.text) == ["L-2", "L-4"]


async def test_a_long_list_without_a_table_is_paginated(slack: Slack, loan: Loan) -> None:
    for _ in range(20):
        await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_on=date(2026, 11, 25))
    slack.sandbox.faults.next("chat.postEphemeral", "error:invalid_blocks")
    first = await slack.command(slack.agent, "/loan-due")
    assert len(numbers(first.text)) == 10
    assert "and 12 more" in first.text
    assert first.message is not None
    page = shown(await slack.press(slack.agent, first.message, "Next page"))
    second = numbers(page.text)
    page = shown(await slack.press(slack.agent, page, "Next page"))
    assert len(numbers(page.text)) == 2
    assert "Previous page" in buttons(page)
    assert "Next page" not in buttons(page)
    assert len({*numbers(first.text), *second, *numbers(page.text)}) == 22


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("yesterday", "I don't understand “yesterday” here."),
        ("today tomorrow", "“tomorrow” says something you have already typed."),
        ("@nobody", "Nobody at this desk is called “nobody”."),
    ],
)
async def test_an_unknown_word_in_the_line_is_named(slack: Slack, loan: Loan, line: str, said: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-due {line}")
    assert said in reply.text
    assert f"/loan-due {line}" in reply.text
