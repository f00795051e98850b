"""Slack's tables and charts: where they are used, their text, and the plain fallback where Slack refuses them."""

from datetime import date
from typing import Any

import pytest

from sandbox.model import Message, text_of
from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown

EPHEMERAL = "chat.postEphemeral"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1 of the agent, with a late call and one today."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", due_on=date(2026, 11, 20))
    await make_follow_up(slack.office, loan, slack.agent, purpose="identity", due_on=date(2026, 11, 25))
    return loan


def blocks(message: Message | None, kind: str) -> list[dict[str, Any]]:
    assert message is not None
    return [block for block in message.blocks if block["type"] == kind]


def cells(message: Message | None) -> list[list[str]]:
    table, *_ = blocks(message, "data_table")
    return [[text_of(cell) for cell in row] for row in table["rows"]]


def calls(slack: Slack, method: str) -> int:
    return len(slack.sandbox.traffic.api_calls(method))


async def test_the_due_list_is_a_table_that_only_the_member_who_asked_sees(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-due")
    assert reply.ephemeral
    assert cells(reply.message) == [
        ["Follow-up", "Borrower", "Phone ending", "Purpose", "Due", "Late", "Assignee", "Attempts"],
        ["L-1/1", "王小明", "5678", "arrears", "Fri 20 Nov", "late", "Agent", "0"],
        ["L-1/2", "王小明", "5678", "identity check", "Wed 25 Nov", "–", "Agent", "0"],
    ]
    assert reply.text.splitlines()[:3] == [
        "Late and due today · 2",
        "• L-1/1 arrears · Fri 20 Nov · late · <@UAGENT> · 王小明 · phone ending 5678",
        "• L-1/2 identity check · Wed 25 Nov · <@UAGENT> · 王小明 · phone ending 5678",
    ]


async def test_the_due_table_is_shown_in_chinese(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, name="李雷")
    await slack.in_chinese(slack.agent)
    assert cells((await slack.command(slack.agent, "/loan-due")).message)[0] == [
        *("跟进", "客户", "手机尾号", "事由", "到期", "已超时", "跟进人", "拨打次数")
    ]
    assert cells((await slack.command(slack.agent, "/loan-due 无计划")).message) == [
        ["贷款", "客户", "手机尾号", "阶段", "起始日", "负责人"],
        ["L-2", "李雷", "5678", "申请", "11月25日 周三", "Agent"],
    ]


@pytest.mark.parametrize("error", ["invalid_blocks", "invalid_blocks_format"])
async def test_a_refused_table_is_replaced_by_plain_lines_and_not_tried_again(
    slack: Slack, loan: Loan, error: str
) -> None:
    slack.sandbox.faults.next(EPHEMERAL, f"error:{error}")
    plain = await slack.command(slack.agent, "/loan-due")
    assert plain.ephemeral
    assert blocks(plain.message, "data_table") == []
    assert plain.text.startswith("Late and due today · 2\n• L-1/1 arrears")
    tried = calls(slack, EPHEMERAL)
    assert blocks((await slack.command(slack.other, "/loan-due team")).message, "data_table") == []
    assert calls(slack, EPHEMERAL) == tried
    slack.clock.advance(days=30)
    assert blocks((await slack.command(slack.agent, "/loan-due")).message, "data_table")


@pytest.mark.parametrize("trouble", ["error:not_in_channel", "error:user_not_in_channel", "500"])
async def test_an_unrelated_error_does_not_disable_tables(slack: Slack, loan: Loan, trouble: str) -> None:
    slack.sandbox.faults.next(EPHEMERAL, trouble)
    plain = await slack.command(slack.agent, "/loan-due")
    assert plain.text.startswith("Late and due today · 2\n• L-1/1 arrears")
    assert blocks((await slack.command(slack.agent, "/loan-due")).message, "data_table")


@pytest.mark.in_time
async def test_the_plain_answer_comes_in_time_while_slack_is_slow(slack: Slack, loan: Loan) -> None:
    slack.sandbox.faults.next(EPHEMERAL, "timeout")
    plain = await slack.command(slack.agent, "/loan-due")
    assert plain.text.startswith("Late and due today · 2\n• L-1/1 arrears")
    slack.sandbox.faults.clear()


async def test_rows_beyond_the_table_are_counted_and_shown_with_a_button(slack: Slack, loan: Loan) -> None:
    for _ in range(203):
        await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_on=date(2026, 11, 25))
    reply = await slack.command(slack.agent, "/loan-due")
    assert len(cells(reply.message)) == 1 + 200
    assert reply.message is not None
    assert "and 5 more" in [text_of(block) for block in reply.message.blocks]
    rest = shown(await slack.press(slack.agent, reply.message, "Next page"))
    assert rest.text.count("• L-1/") == 5
    assert "Previous page" in buttons(rest)
    assert "Next page" not in buttons(rest)


@pytest.fixture
async def morning(slack: Slack, loan: Loan) -> Slack:
    """Yesterday four calls were logged, one of them taken back; the manager reads the digest in a channel."""
    await slack.change(slack.manager, reminder_channel_id="CMANAGERS")
    for line in ("no answer", "no answer first try", "reached"):
        await slack.command(slack.agent, f"/loan-call L-1 {line}")
    taken = await slack.command(slack.other, "/loan-call L-1 busy")
    assert taken.message is not None
    await slack.press(slack.other, taken.message, "Undo")
    await slack.command(slack.manager, "/loan-digest 08:30")
    return slack


def team_digest(slack: Slack) -> Message:
    [post] = [post for post in slack.posts("CMANAGERS") if post.text.startswith("Team overview")]
    return post


async def test_the_managers_digest_has_a_table_and_charts_with_the_same_data_as_its_text(morning: Slack) -> None:
    await morning.at("2026-11-26 08:30")
    post = team_digest(morning)
    assert cells(post)[0] == ["Assignee", "Still open", "Due", "Late", "Done on Wed 25 Nov"]
    agent = next(row for row in cells(post) if row[0] == "Agent")
    assert f"• Agent: {agent[1]} open · {agent[2]} due · {agent[3]} late · {agent[4]} done on Wed 25 Nov" in post.text
    load, outcomes = blocks(post, "data_visualization")
    assert [series["name"] for series in load["chart"]["series"]] == ["Late", "Due", "Still open"]
    assert "Agent" in load["chart"]["axis_config"]["categories"]
    assert outcomes["title"] == "Calls on Wed 25 Nov"
    assert [(part["label"], part["value"]) for part in outcomes["chart"]["segments"]] == [
        ("no answer", 2),
        ("reached", 1),
    ]
    assert "Calls on Wed 25 Nov: no answer 2 · reached 1" in post.text
    assert post.mentions == ()


async def test_the_digest_is_plain_lines_where_tables_are_refused(morning: Slack) -> None:
    morning.sandbox.faults.next(EPHEMERAL, "error:invalid_blocks")
    await morning.command(morning.agent, "/loan-due")
    await morning.at("2026-11-26 08:30")
    plain = team_digest(morning)
    assert {block["type"] for block in plain.blocks} == {"header", "rich_text", "actions"}
    assert "• Agent: " in plain.text


async def test_the_digest_on_demand_has_table_and_charts(morning: Slack) -> None:
    now = await morning.command(morning.manager, "/loan-digest now")
    assert now.ephemeral
    assert blocks(now.message, "data_table")
    assert "Team overview, Wed 25 Nov 2026" in now.text
