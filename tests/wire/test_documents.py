"""`/loan-docs` typed in Slack: its answers and their buttons. Now is Wednesday 10:00."""

import pytest
from sqlmodel import col, select

from storage.tables import FollowUp, Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def test_documents_are_requested_and_a_call_about_them_is_planned(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 id and bank, other: marriage <!here> by fri")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · phone ending 5678",
        "Requested: ID card, bank statement, marriage &lt;!here&gt;.",
        "Next: documents Fri 27 Nov 2026, <@UAGENT> (L-1042/1)",
        "By rule: documents are asked after at their date, without one in 2 working days",
    ]


async def test_documents_are_requested_in_chinese_without_spaces(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-docs L-1042 身份证、银行流水和收入证明，周五前")

    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · 尾号5678",
        "已要求提交：身份证、银行流水、收入证明。",
        "下一步：材料，2026年11月27日 周五，<@UAGENT>（L-1042/1）",
        "系统安排：材料按约定日期询问，未定日期的 2 个工作日后询问",
    ]


async def test_each_document_of_the_list_moves_on_with_a_press(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id, contract")
    listed = await slack.command(slack.agent, "/loan-docs L-1042")
    assert "2 open documents" in listed.text
    assert listed.message is not None

    received = await slack.press(slack.agent, listed.message, "ID card received")
    assert received.shown is not None
    assert "ID card: received" in received.shown.text
    accepted = await slack.press(slack.agent, received.shown, "ID card accepted")
    assert accepted.shown is not None
    assert "ID card: accepted" in accepted.shown.text
    assert "contract · requested" in accepted.shown.text

    late = await slack.command(slack.agent, "/loan-docs L-1042")
    assert "1 open document" in late.text
    assert "Closed:" in late.text


async def test_the_answer_has_an_undo_button(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 id")
    assert reply.message is not None

    undone = await slack.press(slack.agent, reply.message, "Undo")

    assert undone.shown is not None
    assert undone.shown.text.startswith("Undone on L-1042: a document change.")
    assert "No documents have been requested" in (await slack.command(slack.agent, "/loan-docs L-1042")).text


async def test_a_rejected_document_shows_the_reason_exactly_as_typed(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-docs L-1042 got id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 reject id: Ｐage 2 is *missing* & =1+1")

    assert "> Ｐage 2 is *missing* &amp; =1+1" in reply.text
    assert "It has been requested again." in reply.text


async def test_an_invalid_step_of_a_document_is_answered_with_the_valid_lines(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 accept id")

    assert reply.text.splitlines()[:4] == [
        "ID card on L-1042 is requested, so that step isn't possible.",
        "Possible now:",
        "• /loan-docs L-1042 got ID card",
        "• /loan-docs L-1042 cancel ID card",
    ]
    assert "/loan-docs L-1042 accept id" in reply.text


async def test_the_lines_suggested_in_chinese_are_valid(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs L-1042 身份证")
    refused = await slack.command(slack.agent, "/loan-docs L-1042 通过 身份证")
    line = next(line for line in refused.text.splitlines() if line.startswith("• "))

    reply = await slack.command(slack.agent, line.removeprefix("• "))

    assert "身份证：已收到" in reply.text


async def test_unrequested_documents_and_changes_by_others_are_explained(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    refused = await slack.command(slack.agent, "/loan-docs L-1042 cancel contract")
    assert "contract hasn't been requested for L-1042." in refused.text
    assert "Open: ID card" in refused.text

    shown = await slack.command(slack.agent, "/loan-docs L-1042")
    await slack.command(slack.other, "/loan-docs L-1042 got id")
    assert shown.message is not None
    late = await slack.press(slack.agent, shown.message, "ID card received")
    assert late.shown is not None
    assert "ID card is now received: <@UOTHER>, Wed 25 Nov 10:00." in late.shown.text


async def test_help_shows_usage(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-docs help")
    assert "/loan-docs L-1042 got id and bank" in reply.text


async def planned(slack: Slack) -> list[tuple[str, str]]:
    """Return purpose and status of the loan's follow-ups, by their numbers."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [(row.purpose, row.state) for row in rows]


async def test_a_call_with_a_new_purpose_stays_open_when_the_documents_arrive(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-call L-1042/1 no answer > fri 14:30 income")
    await slack.command(slack.agent, "/loan-docs L-1042 got id")
    await slack.command(slack.agent, "/loan-docs L-1042 accept id")
    assert await planned(slack) == [("income", "open")]


@pytest.mark.parametrize(("accepted", "state"), [("bank", "open"), ("bank, id", "done")])
async def test_the_next_call_about_documents_covers_the_same_documents(
    slack: Slack, loan: Loan, accepted: str, state: str
) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-call L-1042/1 reached > fri 14:30 documents")
    await slack.command(slack.agent, "/loan-docs L-1042 bank")
    await slack.command(slack.agent, f"/loan-docs L-1042 got {accepted}")
    await slack.command(slack.agent, f"/loan-docs L-1042 accept {accepted}")
    assert await planned(slack) == [("documents", "done"), ("documents", state)]


async def test_undo_keeps_a_call_that_now_covers_other_documents(slack: Slack, loan: Loan) -> None:
    first = (await slack.command(slack.agent, "/loan-docs L-1042 id")).message
    await slack.command(slack.agent, "/loan-docs L-1042 bank")
    assert first is not None
    await slack.press(slack.agent, first, "Undo")
    assert await planned(slack) == [("documents", "open")]


async def test_a_press_on_an_undone_document_request_is_explained(slack: Slack, loan: Loan) -> None:
    asked = (await slack.command(slack.agent, "/loan-docs L-1042 id")).message
    listed = (await slack.command(slack.agent, "/loan-docs L-1042")).message
    assert asked is not None
    assert listed is not None
    await slack.press(slack.agent, asked, "Undo")
    assert "undone" in shown(await slack.press(slack.agent, listed, "ID card received")).text


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_two_words_for_one_paper_are_said_to_be_the_same(slack: Slack, loan: Loan, language: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.agent)
    answer = await slack.command(slack.agent, "/loan-docs L-1042 交强险、商业险")
    said = {
        "en": "“商业险” is the same document as one before it. Name it once.",
        "zh": "“商业险”与前面写的是同一种材料，写一次即可。",
    }
    assert answer.text.splitlines()[0] == said[language]


async def test_a_document_wanted_by_today_moves_its_call_to_today(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    reply = await slack.command(slack.agent, "/loan-docs L-1042 bank by today")
    assert "Next: documents Wed 25 Nov 2026" in reply.text
