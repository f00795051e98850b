"""Verifications end by a result alone, confirmed or failed; other outcomes leave them open. Now is Wednesday 10:00."""

import pytest

from desk.core.vocabulary import VOCABULARY
from storage.tables import Call, FollowUp, Loan
from tests.builders import SHANGHAI, make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, given, shown

CHECKS = ("identity", "income", "employer", "vehicle")


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, at the stage of applications."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")


async def plan(slack: Slack, loan: Loan, purpose: str, *, hour: int = 15) -> FollowUp:
    """Plan a call of the verifier for today."""
    at = slack.clock.now().astimezone(SHANGHAI).replace(hour=hour)
    return await make_follow_up(slack.office, loan, slack.verifier, purpose=purpose, due_at=at)


async def now(slack: Slack, row: FollowUp) -> FollowUp:
    async with slack.office.database.reading() as session:
        return await session.get_one(FollowUp, row.id)


@pytest.mark.parametrize("purpose", CHECKS)
@pytest.mark.parametrize("outcome", ["reached", "refused", "withdrew", "已接通", "no answer", "unverified", "无法核实"])
async def test_an_outcome_without_a_result_leaves_a_check_open(
    slack: Slack, loan: Loan, purpose: str, outcome: str
) -> None:
    row = await plan(slack, loan, purpose)
    answer = await slack.command(slack.verifier, f"/loan-call A-1/1 {outcome}")
    assert "still open" in answer.text
    assert (await now(slack, row)).state == "open"


async def test_reached_offers_another_time_which_moves_the_check(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "identity")
    answer = await slack.command(slack.verifier, "/loan-call A-1 reached she will send a photo")
    assert answer.text.splitlines()[2:] == [
        "Answers identity check (A-1/1): still open, until it is confirmed or has failed.",
        "When will you call about it again?",
    ]
    assert answer.message is not None
    moved = shown(await slack.press(slack.verifier, answer.message, "Thu 26 Nov 09:00"))
    assert "Next: identity check Thu 26 Nov 2026 09:00" in moved.text
    after = await now(slack, row)
    assert (after.state, after.due_on.day, after.attempts) == ("open", 26, 0)


async def test_a_call_back_moves_a_check_to_the_typed_time(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "employer")
    await slack.in_chinese(slack.verifier)
    answer = await slack.command(slack.verifier, "/loan-call A-1 约定回电 明天下午3点")
    assert answer.text.splitlines()[1:] == [
        "对应单位核实（A-1/1）：仍未完成，核实通过或不通过后才结束。",
        "下一步：单位核实，2026年11月26日 周四 15:00（上海时间），<@UVERIFIER>（A-1/1）",
    ]
    assert (await now(slack, row)).state == "open"
    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "撤销")
    assert (await now(slack, row)).due_on.day == 25


async def test_a_next_call_about_something_else_leaves_the_check_where_it_is(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "identity")
    answer = await slack.command(slack.verifier, "/loan-call A-1 reached next tomorrow 10am employer")
    assert "Next: employer check Thu 26 Nov 2026 10:00" in answer.text
    after = await now(slack, row)
    assert (after.purpose, after.state, after.due_on.day) == ("identity", "open", 25)


async def test_a_conversation_without_a_result_stops_the_escalation_of_the_reminder(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "identity", hour=11)
    await slack.at("2026-11-25 11:00")
    await slack.command(slack.verifier, "/loan-call A-1 reached")
    assert (await now(slack, row)).escalate_at is None


async def test_documents_are_ended_by_reached_as_before(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "documents")
    await slack.command(slack.verifier, "/loan-call A-1/1 reached")
    assert (await now(slack, row)).state == "done"


@pytest.mark.parametrize("purpose", CHECKS)
async def test_a_failed_check_ends_and_the_managers_and_the_owner_hear(slack: Slack, loan: Loan, purpose: str) -> None:
    row = await plan(slack, loan, purpose)
    answer = await slack.command(slack.verifier, "/loan-call A-1 failed ID number differs from the copy")
    assert "(A-1/1): failed." in answer.text
    assert "The manager has been told." in answer.text
    assert (await now(slack, row)).state == "done"
    await slack.deliver()
    [told] = slack.texts(slack.manager_channel)
    assert told.splitlines()[0].startswith("A-1 · 王*")
    word = VOCABULARY.purpose(purpose).zh
    assert told.splitlines()[1] == f"Verifier 已登记：核实不通过（{word}）。"
    [heard] = slack.texts(slack.agent)
    assert "has ended" in heard
    assert "failed" in heard

    assert answer.message is not None
    await slack.press(slack.verifier, answer.message, "Undo")
    assert (await now(slack, row)).state == "open"
    await slack.deliver()
    assert "已撤销" in slack.texts(slack.manager_channel)[-1]


async def test_a_failed_check_says_in_chinese_what_it_is(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.verifier)
    await plan(slack, loan, "income")
    answer = await slack.command(slack.verifier, "/loan-call A-1 核实不通过，流水与收入证明不一致")
    assert answer.text.splitlines()[:3] == [
        "A-1 · 王小明 · 尾号5678：核实不通过，已于 10:00 登记。",
        "> 流水与收入证明不一致",
        "对应收入核实（A-1/1）：核实不通过。",
    ]


@pytest.mark.parametrize("line", ["failed", "failed identity", "failed: nobody knows her", "核实不通过"])
async def test_nothing_can_fail_where_no_check_is_open(slack: Slack, loan: Loan, line: str) -> None:
    await plan(slack, loan, "documents")
    answer = await slack.command(slack.verifier, f"/loan-call A-1 {line}")
    assert "open on A-1, so" in answer.text
    assert "/loan-follow A-1 today identity check" in answer.text
    assert await slack.rows(Call) == []


async def test_failed_alone_means_the_one_check_that_the_caller_has_open(slack: Slack, loan: Loan) -> None:
    at = slack.clock.now().astimezone(SHANGHAI).replace(day=27)
    row = await make_follow_up(slack.office, loan, slack.verifier, purpose="vehicle", due_at=at)
    await make_follow_up(slack.office, loan, slack.other, purpose="income", due_at=at)
    await slack.command(slack.verifier, "/loan-call A-1 failed: another car")
    assert (await now(slack, row)).state == "done"


async def test_a_failed_check_needs_what_did_not_match_and_why(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "income")
    for line, said in {
        "failed": "What did not match in the income check of A-1, and why? Type it: /loan-call A-1/1 failed: why",
        "failed income": "What did not match in the income check of A-1, and why? Type it: /loan-call A-1/1 failed: why",
    }.items():
        answer = await slack.command(slack.verifier, f"/loan-call A-1 {line}")
        assert answer.text.splitlines()[0] == said
    await slack.press(slack.verifier, await slack.card(slack.verifier), "Log a call")
    form = slack.sandbox.modal_of("UVERIFIER")
    await form.fill("Outcome", "failed")
    await form.submit()
    assert form.errors == {"Note": "What did not match in the income check of A-1, and why? Write it here."}
    await slack.in_chinese(slack.verifier)
    answer = await slack.command(slack.verifier, "/loan-call A-1 核实不通过")
    assert answer.text.startswith("A-1 的收入核实哪里不符、原因是什么？请写明：/loan-call A-1/1 核实不通过：原因")
    assert ((await now(slack, row)).state, await slack.rows(Call)) == ("open", [])


async def test_a_correction_to_failed_needs_it_too(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "income")
    logged = await slack.command(slack.verifier, "/loan-call A-1/1 confirmed")
    await slack.press(slack.verifier, given(logged.message), "Correct the call")
    form = slack.sandbox.modal_of("UVERIFIER")
    await form.fill("Outcome", "failed")
    await form.submit()
    assert form.errors == {"Note": "What did not match in the income check of A-1, and why? Write it here."}
    assert [each.outcome for each in await slack.rows(Call)] == ["confirmed"]
    await form.fill("Note", "the payslip is of another firm")
    await form.submit()
    assert [each.outcome for each in await slack.rows(Call)] == ["failed"]
    assert (await now(slack, row)).state == "done"


async def test_failed_asks_which_of_several_checks(slack: Slack, loan: Loan) -> None:
    await plan(slack, loan, "identity")
    await plan(slack, loan, "income")
    answer = await slack.command(slack.agent, "/loan-call A-1 failed")
    assert answer.text.splitlines()[:3] == [
        "Which check of A-1 failed? Name it, and why:",
        "• identity check: /loan-call A-1/1 failed: why",
        "• income check: /loan-call A-1/2 failed: why",
    ]
    assert await slack.rows(Call) == []


@pytest.mark.parametrize(("purpose", "word"), [("documents", "documents"), ("repayment", "repayment")])
async def test_only_a_check_can_fail(slack: Slack, loan: Loan, purpose: str, word: str) -> None:
    await plan(slack, loan, purpose)
    answer = await slack.command(slack.verifier, "/loan-call A-1/1 failed")
    assert (
        f"failed only answers checks (identity, income, employer, vehicle), and this one is about {word}" in answer.text
    )


async def test_a_check_that_cannot_be_made_is_tried_again(slack: Slack, loan: Loan) -> None:
    row = await plan(slack, loan, "employer")
    answer = await slack.command(slack.verifier, "/loan-call A-1 unverified switchboard knows nobody")
    assert "still open, 1 attempt so far." in answer.text
    assert "Next: employer check Wed 25 Nov 2026 13:00" in answer.text
    assert (await now(slack, row)).attempts == 1


async def test_the_reminder_of_a_check_has_a_button_for_unverified(slack: Slack, loan: Loan) -> None:
    await plan(slack, loan, "identity", hour=11)
    await slack.at("2026-11-25 11:00")
    [post] = slack.posts(slack.verifier)
    assert "unverified" in buttons(post)
    answer = shown(await slack.press(slack.verifier, post, "reached"))
    assert "still open, until it is confirmed or has failed" in answer.text


@pytest.mark.parametrize("line", ["failed to reach her", "failed call", "failed payment", "failed debit"])
async def test_other_failures_are_no_failed_check(slack: Slack, loan: Loan, line: str) -> None:
    await plan(slack, loan, "identity")
    answer = await slack.command(slack.verifier, f"/loan-call A-1 {line}")
    assert "could mean the opposite" in answer.text
