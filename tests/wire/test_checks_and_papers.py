"""Who is told when a verification ends and when documents arrive. Now is Wednesday 10:00."""

import pytest

from storage.tables import Loan
from tests.builders import SHANGHAI, make_follow_up, make_loan
from tests.imports import bring_in
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, whose identity the verifier is to check at 15:00."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    at = slack.clock.now().astimezone(SHANGHAI).replace(hour=15)
    await make_follow_up(slack.office, loan, slack.verifier, purpose="identity", due_at=at)
    return loan


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/loan-call A-1/1 confirmed", "Done: confirmed · Verifier, Wed 25 Nov 10:00"),
        ("/loan-follow A-1/1 done", "Done · Verifier, Wed 25 Nov 10:00"),
        ("/loan-follow A-1/1 cancel", "Cancelled · Verifier, Wed 25 Nov 10:00"),
    ],
)
async def test_the_owner_is_told_when_a_check_ends(slack: Slack, loan: Loan, line: str, said: str) -> None:
    answer = await slack.command(slack.verifier, line)
    await slack.deliver()
    [told] = slack.posts(slack.agent)
    assert told.text.splitlines() == ["Agent: identity check has ended.", "A-1 · 王* · phone ending 5678", said]
    assert told.mentions == ()
    assert buttons(told) == ["Open card"]

    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Undo")
    await slack.deliver()
    assert slack.texts(slack.agent) == ["Agent: identity check is open again.\nA-1 · 王* · phone ending 5678"]


async def test_the_owner_is_told_when_a_check_ends_with_its_loan(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    answer = await slack.command(slack.manager, "/loan-stage A-1 withdrawn")
    await slack.deliver()
    [told] = slack.posts(slack.agent)
    assert told.text.splitlines() == [
        "Agent：身份核实已结束。",
        "A-1 · 王* · 尾号5678",
        "随贷款结束 · Manager，11月25日 周三 10:00",
    ]

    assert answer.message is not None
    await slack.press(slack.manager, answer.message, "Undo")
    await slack.deliver()
    assert slack.texts(slack.agent) == ["Agent：身份核实又恢复为未完成。\nA-1 · 王* · 尾号5678"]


async def test_the_owner_is_told_when_a_file_ends_a_check_with_its_loan(slack: Slack, loan: Loan) -> None:
    rows = "number,name,phone,stage,owner\nA-1,王小明,13800135678,declined,UAGENT\n"
    await bring_in(slack.office, slack.workspace, rows, dry_run=True)
    await slack.deliver()
    assert slack.posts(slack.agent) == []

    await bring_in(slack.office, slack.workspace, rows)
    await slack.deliver()

    assert [text.splitlines()[0] for text in slack.texts(slack.agent)] == ["Agent: identity check has ended."]
    assert "Closed with the loan" in slack.texts(slack.agent)[0]


async def test_the_owner_who_ends_the_loan_is_not_told_of_its_checks(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-stage A-1 withdrawn")
    await slack.deliver()
    assert slack.posts(slack.agent) == []


async def test_an_attempt_and_a_call_of_the_owner_tell_nobody(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.verifier, "/loan-call A-1/1 no answer")
    await slack.command(slack.agent, "/loan-call A-1/1 confirmed")
    await slack.deliver()
    assert slack.posts(slack.agent) == []


async def test_who_covers_for_the_owner_is_told(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    await slack.deliver()
    assert slack.posts(slack.agent) == []
    assert "identity check has ended" in slack.texts(slack.other)[-1]


async def test_the_verifier_is_told_when_documents_arrive(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.verifier)
    await slack.command(slack.agent, "/loan-docs A-1 id, bank, other: marriage paper by fri")
    answer = await slack.command(slack.agent, "/loan-docs A-1 got id, other")
    await slack.deliver()
    [told] = slack.posts(slack.verifier)
    assert told.text.splitlines() == ["Verifier：材料已到，Agent 收到了身份证、其他。", "A-1 · 王* · 尾号5678"]
    assert buttons(told) == ["材料", "查看卡片"]

    assert answer.message is not None
    assert "Undone" in shown(await slack.press(slack.agent, answer.message, "Undo")).text
    await slack.deliver()
    assert slack.texts(slack.verifier)[0].endswith("已撤销。")


@pytest.mark.parametrize(
    ("purpose", "told"), [("identity", ["ID card"]), ("income", ["bank statement"]), ("vehicle", [])]
)
async def test_a_verifier_hears_only_of_the_papers_for_which_their_check_waits(
    slack: Slack, purpose: str, told: list[str]
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="application")
    await make_follow_up(slack.office, loan, slack.verifier, purpose=purpose, due_at=slack.clock.now())
    await slack.command(slack.agent, "/loan-docs A-2 got id, bank, residence")
    await slack.deliver()
    posts = [text.splitlines()[0] for text in slack.texts(slack.verifier) if "documents have arrived" in text]
    assert [post.partition("Agent received ")[2].rstrip(".") for post in posts] == told


async def test_without_an_open_check_nobody_is_told_of_documents(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.verifier, "/loan-follow A-1/1 done")
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    await slack.deliver()
    assert slack.posts(slack.verifier) == []


async def test_who_receives_the_documents_is_not_told(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.verifier, "/loan-docs A-1 got id")
    await slack.deliver()
    assert slack.posts(slack.verifier) == []
