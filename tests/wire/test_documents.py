"""`/loan-docs` as it is typed in Slack: what the answer says, and what its buttons do. Now is Wednesday 10:00."""

import pytest
from sqlmodel import col, select

from storage.tables import FollowUp, Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def test_documents_are_asked_for_and_asked_after(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 id and bank, other: marriage <!here> by fri")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · tail 5678",
        "Asked for: ID card, bank statement, marriage &lt;!here&gt;.",
        "Next: documents Fri 27 Nov 2026, <@UAGENT> (L-1042/1)",
    ]


async def test_the_same_in_chinese_typed_without_blanks(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-docs L-1042 身份证、银行流水和收入证明，周五前")

    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · 尾号5678",
        "已要求提交：身份证、银行流水、收入证明。",
        "下一步：材料，2026年11月27日 周五，<@UAGENT>（L-1042/1）",
    ]


async def test_the_list_brings_each_document_on_by_a_press(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id, contract")
    listed = await slack.command(slack.agent, "/loan-docs L-1042")
    assert "2 documents are open" in listed.text
    assert listed.message is not None

    received = await slack.press(slack.agent, listed.message, "ID card received")
    assert received.shown is not None
    assert "ID card: received" in received.shown.text
    accepted = await slack.press(slack.agent, received.shown, "ID card accepted")
    assert accepted.shown is not None
    assert "ID card: accepted" in accepted.shown.text
    assert "contract · requested" in accepted.shown.text

    late = await slack.command(slack.agent, "/loan-docs L-1042")
    assert "1 document is open" in late.text
    assert "Settled:" in late.text


async def test_undo_stands_below_what_was_done(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 id")
    assert reply.message is not None

    undone = await slack.press(slack.agent, reply.message, "Undo")

    assert undone.shown is not None
    assert undone.shown.text.startswith("Taken back on L-1042: documents.")
    assert "No document was asked for" in (await slack.command(slack.agent, "/loan-docs L-1042")).text


async def test_a_document_sent_back_shows_why_exactly_as_typed(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-docs L-1042 got id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 reject id: Ｐage 2 is *missing* & =1+1")

    assert "> Ｐage 2 is *missing* &amp; =1+1" in reply.text
    assert "It is asked for again." in reply.text


async def test_a_step_that_does_not_follow_shows_the_lines_that_do(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 accept id")

    assert reply.text.splitlines()[:4] == [
        "ID card on L-1042 is requested: that step does not follow.",
        "Possible now:",
        "• /loan-docs L-1042 got ID card",
        "• /loan-docs L-1042 cancel ID card",
    ]
    assert "/loan-docs L-1042 accept id" in reply.text


async def test_the_lines_that_are_shown_work_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs L-1042 身份证")
    refused = await slack.command(slack.agent, "/loan-docs L-1042 通过 身份证")
    line = next(line for line in refused.text.splitlines() if line.startswith("• "))

    reply = await slack.command(slack.agent, line.removeprefix("• "))

    assert "身份证：已收到" in reply.text


async def test_what_nobody_asked_for_and_another_persons_press_are_explained(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    refused = await slack.command(slack.agent, "/loan-docs L-1042 got contract")
    assert "contract was not asked for on L-1042." in refused.text
    assert "Open: ID card" in refused.text

    shown = await slack.command(slack.agent, "/loan-docs L-1042")
    await slack.command(slack.other, "/loan-docs L-1042 got id")
    assert shown.message is not None
    late = await slack.press(slack.agent, shown.message, "ID card received")
    assert late.shown is not None
    assert "ID card is received meanwhile: <@UOTHER>, Wed 25 Nov 10:00." in late.shown.text


async def test_help_shows_how(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-docs help")
    assert "/loan-docs L-1042 got id and bank" in reply.text


async def planned(slack: Slack) -> list[tuple[str, str]]:
    """What the loan's calls are about and how they stand, by their numbers."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [(row.purpose, row.state) for row in rows]


async def test_a_call_that_is_about_something_else_by_now_stays_when_the_documents_are_there(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-call L-1042/1 no answer > fri 14:30 income")
    await slack.command(slack.agent, "/loan-docs L-1042 got id")
    await slack.command(slack.agent, "/loan-docs L-1042 accept id")
    assert await planned(slack) == [("income", "open")]


@pytest.mark.parametrize(("accepted", "state"), [("bank", "open"), ("bank, id", "done")])
async def test_the_next_call_about_documents_asks_after_what_the_last_one_did(
    slack: Slack, loan: Loan, accepted: str, state: str
) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-call L-1042/1 reached > fri 14:30 documents")
    await slack.command(slack.agent, "/loan-docs L-1042 bank")
    await slack.command(slack.agent, f"/loan-docs L-1042 got {accepted}")
    await slack.command(slack.agent, f"/loan-docs L-1042 accept {accepted}")
    assert await planned(slack) == [("documents", "done"), ("documents", state)]


async def test_undo_takes_no_call_away_that_asks_after_other_documents_by_now(slack: Slack, loan: Loan) -> None:
    first = (await slack.command(slack.agent, "/loan-docs L-1042 id")).message
    await slack.command(slack.agent, "/loan-docs L-1042 bank")
    assert first is not None
    await slack.press(slack.agent, first, "Undo")
    assert await planned(slack) == [("documents", "open")]


async def test_a_press_on_a_document_that_was_taken_back_says_so(slack: Slack, loan: Loan) -> None:
    asked = (await slack.command(slack.agent, "/loan-docs L-1042 id")).message
    listed = (await slack.command(slack.agent, "/loan-docs L-1042")).message
    assert asked is not None
    assert listed is not None
    await slack.press(slack.agent, asked, "Undo")
    assert "taken back" in shown(await slack.press(slack.agent, listed, "ID card received")).text


async def test_by_today_is_today_whatever_hour_the_call_had(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 bank by today")
    assert "Next: documents Wed 25 Nov 2026" in reply.text
