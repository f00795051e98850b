"""Documents that the desk has no word for, and papers that nobody requested: what is known is taken, and the rest is named.

Now is Wednesday 10:00.
"""

import pytest

from storage.tables import DocumentItem, FollowUp, Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, given, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def states(slack: Slack) -> list[tuple[str, str]]:
    """Return the documents with their states, in the order in which they were written."""
    return [(row.document, row.state) for row in await slack.rows(DocumentItem)]


async def test_an_unknown_document_is_named_and_the_others_are_requested(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 id, proof of incme, passport by fri")

    assert "Requested: ID card." in reply.text
    assert "I don't know a document called passport, so I left it out." in reply.text
    assert "/loan-docs L-1042 proof of income by fri" in reply.text
    assert "/loan-docs L-1042 other: passport by fri" in reply.text
    named = shown(await slack.press(slack.agent, given(reply.message), "proof of income"))
    assert "Requested: proof of income." in named.text
    other = shown(await slack.press(slack.agent, given(reply.message), "other: passport"))
    assert "Requested: passport." in other.text
    assert await states(slack) == [("id", "requested"), ("income", "requested"), ("other", "requested")]


async def test_an_unknown_document_among_those_that_came_is_named_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs L-1042 身份证")

    reply = await slack.command(slack.agent, "/loan-docs L-1042 收到 身份证、护照")

    assert "身份证：已收到" in reply.text
    assert "没有叫“护照”的材料，这一项没有登记。" in reply.text
    other = shown(await slack.press(slack.agent, given(reply.message), "其他: 护照"))
    assert "护照：已收到（未要求过，一并登记）" in other.text


async def test_a_document_that_came_unasked_is_taken_for_review_like_the_others(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")

    reply = await slack.command(slack.agent, "/loan-docs L-1042 got id, contract")

    assert "ID card: received\n" in reply.text
    assert "contract: received, without having been requested" in reply.text
    accepted = shown(await slack.press(slack.agent, given(reply.message), "contract accepted"))
    assert "contract: accepted" in accepted.text
    again = await slack.command(slack.agent, "/loan-docs L-1042 got contract")
    assert "contract on L-1042 is accepted, so that step isn't possible." in again.text


async def test_undo_of_an_arrival_takes_back_what_came_unasked(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-docs L-1042 got id")

    await slack.press(slack.agent, given(reply.message), "Undo")

    assert await states(slack) == [("id", "undone")]


async def test_what_was_not_needed_or_ended_with_the_loan_may_come_all_the_same(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id, bank")
    await slack.command(slack.agent, "/loan-docs L-1042 cancel id")
    await slack.command(slack.agent, "/loan-stage L-1042 withdrawn changed his mind")

    reply = await slack.command(slack.agent, "/loan-docs L-1042 got id, bank")

    assert reply.text.count("received, without having been requested") == 2
    assert [state for _, state in await states(slack)] == ["cancelled", "ended", "received", "received"]


async def test_a_document_that_came_unasked_keeps_no_call_about_others_open(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id")
    await slack.command(slack.agent, "/loan-docs L-1042 got contract")
    await slack.command(slack.agent, "/loan-docs L-1042 got id")

    await slack.command(slack.agent, "/loan-docs L-1042 accept id")

    assert [row.state for row in await slack.rows(FollowUp)] == ["done"]


async def test_only_what_has_come_can_be_accepted(slack: Slack, loan: Loan) -> None:
    refused = await slack.command(slack.agent, "/loan-docs L-1042 accept contract")

    assert "contract hasn't been requested for L-1042." in refused.text
    assert "/loan-docs L-1042 got contract" in refused.text


async def test_what_the_stage_and_the_product_need_is_listed_while_it_is_missing(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent, stage="application")
    await slack.command(slack.agent, "/loan edit L-7 product used car")
    await slack.command(slack.agent, "/loan-docs L-7 got id, licence, income, bank, employment, residence")

    listed = await slack.command(slack.agent, "/loan-docs L-7")

    assert "Still missing: vehicle registration, appraisal report" in listed.text
    await slack.in_chinese(slack.agent)
    assert "还缺：机动车登记证、评估报告" in (await slack.command(slack.agent, "/loan-docs L-7")).text


async def test_a_document_that_has_expired_is_missing_again_and_another_one_is_taken(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent, stage="signed")
    await slack.command(slack.agent, "/loan-docs L-7 got insurance, credit report")
    accepted = await slack.command(slack.agent, "/loan-docs L-7 accept insurance until 2026-12-01")
    assert "insurance policy: accepted" in accepted.text
    listed = await slack.command(slack.agent, "/loan-docs L-7")
    assert "insurance policy · accepted Wed 25 Nov 10:00 <@UAGENT> · valid until Tue 1 Dec 2026" in listed.text
    assert "valid until Fri 25 Dec 2026" in listed.text

    await slack.at("2026-12-02T10:00+08:00")

    listed = await slack.command(slack.agent, "/loan-docs L-7")
    assert "insurance policy · accepted Wed 25 Nov 10:00 <@UAGENT> · expired Tue 1 Dec 2026" in listed.text
    assert ", insurance policy" in listed.text.split("Still missing: ")[1].splitlines()[0]
    renewed = await slack.command(slack.agent, "/loan-docs L-7 收到 保单 有效期至2027年12月1日")
    assert "insurance policy: received" in renewed.text
    listed = await slack.command(slack.agent, "/loan-docs L-7")
    assert "insurance" not in listed.text.split("Still missing: ")[1].splitlines()[0]
