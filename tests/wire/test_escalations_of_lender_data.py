"""What the lender's data does to a loan that managers are to decide about: moved on past a failed check, or open again without an
owner. Now is Wednesday 25 November, 10:00 in Shanghai."""

from datetime import timedelta

import pytest

from sandbox.model import Message
from storage.tables import Escalation, Loan, Team
from tests.builders import make_follow_up, make_loan
from tests.imports import bring_rows
from tests.wire.api_client import program
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, an application whose employer check failed; the managers' channel reads English."""
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "en"
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application", name="王小明")
    await make_follow_up(
        slack.office, loan, slack.verifier, purpose="employer", due_at=slack.clock.now() + timedelta(hours=5)
    )
    await slack.command(slack.verifier, "/loan-call A-1/1 failed: nobody knows her there")
    await slack.deliver()
    return loan


async def bring(slack: Slack, stage: str) -> None:
    await bring_rows(slack.office, slack.workspace, f"A-1,王小明,13800135678,{stage},UAGENT")
    await slack.deliver()


def told(slack: Slack, words: str = "although a check failed") -> Message:
    (post,) = [post for post in slack.posts(slack.manager_channel) if words in post.text]
    return post


async def decide(slack: Slack, message: Message, decision: str = "go_on") -> None:
    await slack.press(slack.manager, message, "Decide: employer check")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Decision", decision)
    await form.fill("Reason", "The firm has moved")
    await form.submit()
    await slack.deliver()


async def test_a_loan_moved_on_past_a_failed_check_is_taken_on_and_settled_by_the_decision(
    slack: Slack, loan: Loan
) -> None:
    await bring(slack, "approved")
    message = told(slack)
    assert message.text.splitlines() == [
        "Escalated: loan moved on although a check failed (employer check)",
        "A-1 · 王* · phone ending 5678 · approved",
        "The lender's data moved this loan to approved, although a check has failed: employer check.",
        "Nobody is on it yet. The second level will be told at Wed 25 Nov 14:00.",
    ]
    assert buttons(message) == ["I take it", "Decide: employer check", "Card A-1", "Checks"]
    await slack.press(slack.manager, message, "I take it")
    await slack.deliver()
    assert "Manager has been on it since" in told(slack).text
    assert "loan moved on although a check failed" in (await slack.card(slack.manager)).text

    await decide(slack, told(slack))
    assert "Manager decided: the loan goes on." in told(slack).text
    assert "Its cause is gone: nothing is left to decide." in told(slack).text
    assert buttons(told(slack)) == ["Card A-1", "Checks"]
    await slack.sandbox.open_home("UMANAGER")
    assert "although a check failed" not in slack.sandbox.home_of("UMANAGER").text


async def test_of_two_failed_checks_the_one_that_was_decided_is_not_asked_about_again(slack: Slack, loan: Loan) -> None:
    due_at = slack.clock.now() + timedelta(hours=5)
    await make_follow_up(slack.office, loan, slack.verifier, purpose="income", due_at=due_at)
    await slack.command(slack.verifier, "/loan-call A-1/2 failed: no payslip")
    await bring(slack, "approved")
    assert buttons(told(slack))[1:3] == ["Decide: employer check", "Decide: income check"]
    await decide(slack, told(slack))
    assert "Manager decided: the loan goes on." in told(slack).text
    assert "Nobody is on it yet." in told(slack).text
    assert buttons(told(slack))[1:3] == ["Decide: income check", "Card A-1"]


async def test_undo_of_the_decision_brings_it_back(slack: Slack, loan: Loan) -> None:
    await bring(slack, "approved")
    await decide(slack, told(slack))
    await slack.sandbox.modal_of("UMANAGER").press("Undo")
    await slack.deliver()
    assert "Nobody is on it yet." in told(slack).text
    assert "Decide: employer check" in buttons(told(slack))


async def test_a_program_that_decides_is_no_other_door(slack: Slack, loan: Loan) -> None:
    async with program(slack) as core:
        event = {"id": "e-1", "type": "decision", "loan": "A-1", "decision": "approved"}
        assert (await core.post("/events", event)).status == 200
    await slack.deliver()
    assert "The lender's data moved this loan to approved" in told(slack).text


async def test_the_second_level_hears_of_it_in_chinese_if_nobody_takes_it_on(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.admin)
    await bring(slack, "approved")
    await slack.at("2026-11-25 13:59")
    assert not any("核实不通过仍进入下一阶段" in text for text in slack.texts(slack.admin))
    await slack.at("2026-11-25 14:00")
    [second] = [post for post in slack.posts(slack.admin) if "核实不通过仍进入下一阶段（单位核实）" in post.text]
    assert "资方数据已将此贷款改为已批，但有核实不通过：单位核实。" in second.text
    assert buttons(second)[0] == "我来处理"


async def test_a_correction_of_the_call_leaves_nothing_to_decide(slack: Slack, loan: Loan) -> None:
    await bring(slack, "approved")
    timeline = await slack.in_card(slack.manager, "Open", "Timeline")
    await timeline.press("Correct Wed 25 Nov 10:00 failed")
    correct = slack.sandbox.modal_of("UMANAGER")
    await correct.fill("Outcome", "confirmed")
    await correct.submit()
    await slack.deliver()
    message = told(slack)
    assert "although a check has failed: it has been corrected since." in message.text
    assert "Its cause is gone" in message.text
    assert buttons(message) == ["Card A-1", "Checks"]


async def test_a_loan_that_is_moved_further_is_told_of_once_more_and_waits_once(slack: Slack, loan: Loan) -> None:
    await bring(slack, "approved")
    await bring(slack, "signed")
    posts = [post.text for post in slack.posts(slack.manager_channel) if "although a check failed" in post.text]
    assert ["moved this loan to approved" in posts[0], "Its cause is gone" in posts[0]] == [True, True]
    assert ["moved this loan to signed" in posts[1], "Nobody is on it yet." in posts[1]] == [True, True]
    await bring(slack, "signed")
    assert len([row for row in await slack.rows(Escalation) if row.kind == "check_passed_over"]) == 2


async def test_without_a_failed_check_nothing_is_escalated(slack: Slack, loan: Loan) -> None:
    await decide(slack, told(slack, "failed"))
    await bring(slack, "approved")
    assert not [row for row in await slack.rows(Escalation) if row.kind == "check_passed_over"]


async def test_a_loan_without_an_owner_is_taken_on_and_settled_by_an_owner(slack: Slack) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "en"
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.other, stage="closed")
    await slack.command(slack.admin, "/loan-team remove @other to @agent")
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,disbursed,")
    await slack.deliver()
    message = told(slack, "loan without an owner")
    assert message.text.splitlines()[2:4] == [
        "The lender's data opened this loan again. Its owner Other has left the desk.",
        "Who takes it on?",
    ]
    assert buttons(message) == ["I take it", "Resolve…", "Card A-1", "Reassign"]
    await slack.sandbox.open_home("UMANAGER")
    assert "loan without an owner" in slack.sandbox.home_of("UMANAGER").text
    taken = shown(await slack.press(slack.manager, message, "I take it"))
    assert "Manager has been on it since" in taken.text
    await slack.command(slack.manager, "/loan-reassign A-1 @agent")
    await slack.deliver()
    settled = told(slack, "loan without an owner")
    assert "It belongs to Agent now." in settled.text
    assert "Its cause is gone" in settled.text
    assert buttons(settled) == ["Card A-1"]
    await slack.at("2026-11-27 18:00")
    assert not any("loan without an owner" in text for text in slack.texts(slack.admin))


async def test_the_second_level_hears_of_a_loan_that_nobody_gives_an_owner(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.other, stage="closed")
    await slack.command(slack.admin, "/loan-team remove @other to @agent")
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,disbursed,")
    await slack.at("2026-11-25 17:59")
    assert not any("loan without an owner" in text for text in slack.texts(slack.admin))
    await slack.at("2026-11-25 18:00")
    [second] = [text for text in slack.texts(slack.admin) if "loan without an owner" in text]
    assert "Its owner Other has left the desk." in second


async def test_a_loan_whose_next_owner_has_left_too_is_told_of_once_more(slack: Slack) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "en"
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.other, stage="closed")
    await slack.command(slack.admin, "/loan-team remove @other to @agent")
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,disbursed,")
    await slack.deliver()
    await slack.command(slack.manager, "/loan-reassign A-1 @agent")
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,closed,")
    await slack.command(slack.admin, "/loan-team remove @agent to @collector")
    await slack.at("2026-12-01 10:00")
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,disbursed,")
    await slack.deliver()
    first, second = [post.text for post in slack.posts(slack.manager_channel) if "loan without an owner" in post.text]
    assert ["Its owner Other has left" in first, "Its cause is gone" in first] == [True, True]
    assert ["Its owner Agent has left" in second, "Who takes it on?" in second] == [True, True]
