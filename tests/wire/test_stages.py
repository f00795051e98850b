"""`/loan-stage` typed in Slack. Now is Wednesday 10:00."""

import pytest

from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack

pytestmark = pytest.mark.both_doors


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, an inquiry."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent, stage="inquiry")


async def test_an_application_is_assigned_to_a_verifier(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-stage L-1042 application form is signed <!channel>")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明: inquiry → application",
        "> form is signed &lt;!channel&gt;",
        "Next: identity check Thu 26 Nov 2026 09:00 (Shanghai time), <@UVERIFIER> (L-1042/1)",
        "By rule: an application gets an identity check within 1 working day",
        "Next: documents Fri 27 Nov 2026 09:00 (Shanghai time), <@UAGENT> (L-1042/2)",
        "By rule: the documents of an application are complete within 2 working days",
    ]


async def test_ending_a_loan_lists_what_was_closed_and_undo_restores_it(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="conditions", due_at=slack.clock.now())
    await slack.command(slack.agent, "/loan-docs L-1042 id, bank")
    reply = await slack.command(slack.agent, "/loan-stage L-1042 withdrawn")
    assert "Also closed: 2 open follow-ups · 2 document requests" in reply.text
    assert "• /1 conditions · Wed 25 Nov 10:00 · <@UAGENT>" in reply.text
    assert "• /2 documents · Fri 27 Nov 09:00 · <@UAGENT>" in reply.text
    assert reply.message is not None

    undone = await slack.press(slack.agent, reply.message, "Undo")

    assert undone.shown is not None
    assert undone.shown.text == "Undone on L-1042: a stage change. Everything is as it was before."
    assert "2 open documents" in (await slack.command(slack.agent, "/loan-docs L-1042")).text


async def test_a_stage_is_changed_in_chinese(slack: Slack, loan: Loan) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).locale = "zh-CN"
    reply = await slack.command(slack.agent, "/loan-stage L-1042 未批，收入不足")

    assert reply.text.splitlines() == [
        "L-1042 · 王小明：咨询 → 未批",
        "> 收入不足",
        "下一步：审批反馈，2026年11月25日 周三 14:00（上海时间），<@UAGENT>（L-1042/1）",
        "系统安排：审批结果须在 4 个工作小时内告知",
    ]


async def test_an_active_loan_without_a_plan_asks_for_one_and_one_press_adds_it(slack: Slack, loan: Loan) -> None:
    answer = await slack.move(slack.agent, "L-1042 signed")
    assert "Careful: this skips application, approved." in answer.text
    assert "Nothing is planned for this loan now. What's next?" in answer.text

    planned = await slack.press(slack.agent, answer, "Thu 26 Nov 09:00")

    assert planned.shown is not None
    assert "signing Thu 26 Nov 2026 09:00" in planned.shown.text or "L-1042/1" in planned.shown.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("L-1042 inquiry", "L-1042 is already at inquiry, since Wed 25 Nov 10:00."),
        ("L-1042 written off", "You need the role manager for this."),
        ("L-1042 aproved", "“aproved” isn't a stage."),
        ("L-1042", "Which stage?"),
        ("L-9 closed", "There is no loan “L-9” that you can see."),
    ],
)
async def test_an_invalid_line_is_explained_and_shown_again(slack: Slack, loan: Loan, line: str, said: str) -> None:
    reply = await slack.command(slack.agent, f"/loan-stage {line}")
    assert said in reply.text
    assert f"/loan-stage {line}" in reply.text
