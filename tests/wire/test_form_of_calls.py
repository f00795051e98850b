"""Logging a call with the form. Now is Wednesday 10:00 in Shanghai."""

import asyncio

import pytest
from sqlmodel import select

from sandbox import Modal
from storage.tables import Call, Draft, FollowUp, Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, whose follow-up about documents is due at noon."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now().replace(hour=4))
    return loan


async def in_chinese(slack: Slack, who: Member) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, who.id)).locale = "zh-CN"


async def busy(slack: Slack) -> Modal:
    """Log a busy line as the agent."""
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Outcome", "busy")
    await form.submit()
    return form


@pytest.mark.both_doors
async def test_a_call_is_logged_without_typing_a_line(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    assert form.title == "Log a call"

    await form.fill("Loan", "L-1042", typed="wangxiaoming")
    await form.fill("Outcome", "reached")
    await form.fill("Note", "wants a <lower> rate & more time")
    await form.fill("Length (minutes)", 7)
    await form.fill("Next follow-up", "fri 14:30")
    sent = await form.submit()

    assert sent.errors == {}
    assert "L-1042 · 王小明 · phone ending 5678: reached, logged at 10:00." in form.text
    assert "wants a <lower> rate & more time" in form.text
    assert "Answers documents (L-1042/1): done." in form.text
    assert "Next: documents Fri 27 Nov 2026 14:30 (Shanghai time)" in form.text
    (call,) = await slack.rows(Call)
    assert (call.outcome, call.minutes) == ("reached", 7)


@pytest.mark.both_doors
async def test_the_answer_has_an_undo_button(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="5678")
    await form.fill("Outcome", "reached")
    await form.submit()

    await form.press("Undo")

    assert "Undone on L-1042: a call." in form.text
    (call,) = await slack.rows(Call)
    assert call.undone_at is not None


@pytest.mark.both_doors
async def test_the_outcome_suggests_when_to_call_next(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Note", "rang out")
    await form.fill("Outcome", "no_answer")
    assert "Wed 25 Nov 13:00" in form.text

    await form.press("Thu 26 Nov 09:00")
    await form.submit()

    assert "still open, 1 attempt so far" in form.text
    assert "Thu 26 Nov 2026 09:00 (Shanghai time)" in form.text
    assert "rang out" in form.text


@pytest.mark.both_doors
async def test_the_form_can_answer_a_chosen_follow_up(slack: Slack, loan: Loan) -> None:
    await make_follow_up(
        slack.office, loan, slack.agent, purpose="problem", due_at=slack.clock.now().replace(day=30), number=2
    )
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Follow-up this call answers", "2")
    await form.fill("Outcome", "reached")
    await form.submit()

    assert "Answers problem (L-1042/2): done." in form.text


async def test_errors_are_shown_at_their_fields_and_entered_values_are_kept(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Outcome", "call_back")
    await form.fill("Note", "after lunch")
    await form.submit()
    assert "Next follow-up" in form.errors

    await form.fill("Next follow-up", "3点")
    await form.submit()
    assert "03:00" in form.errors["Next follow-up"]
    assert await slack.rows(Call) == []

    await form.fill("Next follow-up", "今天15点")
    sent = await form.submit()

    assert sent.errors == {}
    assert "after lunch" in form.text


async def test_entered_values_are_offered_again_after_the_form_was_closed(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Note", "他妻子接的电话")
    await form.fill("Outcome", "reached")
    await form.close()
    async with slack.office.database.reading() as session:
        (draft,) = (await session.exec(select(Draft))).all()
    assert "妻子".encode() not in draft.body_cipher

    again = await slack.form(slack.agent, "/loan-call")
    await again.press("Continue where I left off")
    await again.submit()

    assert "他妻子接的电话" in again.text
    fresh = await slack.form(slack.agent, "/loan-call")
    assert "Continue where I left off" not in fresh.text


async def test_entered_values_are_not_offered_after_an_hour_or_to_another_member(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Outcome", "reached")
    await form.close()
    assert "Continue where I left off" not in (await slack.form(slack.other, "/loan-call")).text

    slack.clock.advance(minutes=61)
    assert "Continue where I left off" not in (await slack.form(slack.agent, "/loan-call")).text


async def test_a_loan_that_ended_while_the_form_was_open_is_reported_at_its_field(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Follow-up this call answers", "1")
    await form.fill("Outcome", "reached")
    await slack.command(slack.manager, "/loan-stage L-1042 withdrawn")

    await form.submit()

    assert "@Manager" in form.errors["Follow-up this call answers"]
    async with slack.office.database.reading() as session:
        (row,) = (await session.exec(select(FollowUp))).all()
    assert row.state == "ended"


async def test_a_member_who_lost_the_role_while_the_form_was_open_is_told(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    await form.fill("Loan", "L-1042", typed="王")
    await form.fill("Outcome", "reached")
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).roles = "compliance"

    await form.submit()

    assert "You need the role" in form.errors["Outcome"]
    assert await slack.rows(Call) == []


async def test_submitting_the_same_call_twice_asks_whether_it_is_another_call(slack: Slack, loan: Loan) -> None:
    await busy(slack)
    form = await busy(slack)
    assert "You already logged this on L-1042 at 10:00. Log another call?" in form.text

    await form.press("Log another")

    assert "busy, logged at 10:00" in form.text
    assert len(await slack.rows(Call)) == 2


async def test_the_form_finds_only_loans_that_the_member_may_see(slack: Slack, loan: Loan) -> None:
    form = await slack.form(slack.agent, "/loan-call")
    assert await form.options("Loan", "5678") == ["L-1042 王小明 · phone ending 5678"]
    assert await form.options("Loan", "nobody") == []


async def test_the_form_is_shown_in_chinese(slack: Slack, loan: Loan) -> None:
    await in_chinese(slack, slack.agent)
    form = await slack.form(slack.agent, "/loan-call")
    assert form.title == "登记通话"
    await form.fill("贷款", "L-1042", typed="王小明")
    await form.fill("通话结果", "未接")
    await form.fill("下次跟进", "明天上午10点")
    await form.submit()

    assert "L-1042 · 王小明 · 尾号5678：未接" in form.text
    assert "2026年11月26日 周四 10:00（上海时间）" in form.text


async def test_the_usage_is_shown_when_slack_opens_no_form(slack: Slack, loan: Loan) -> None:
    slack.sandbox.faults.next("views.open", "500")

    reply = await slack.command(slack.agent, "/loan-call")

    assert "/loan-call" in reply.text
    assert "L-1042/1" in reply.text


async def log_from_reminder(slack: Slack) -> Modal:
    """Open the form with the reminder's button."""
    [reminder] = slack.posts(slack.agent)
    await slack.press(slack.agent, reminder, "Log a call")
    return slack.sandbox.modal_of("UAGENT")


async def test_a_reminders_button_finds_its_loan_after_its_number_changed(slack: Slack) -> None:
    first = await make_loan(slack.office, slack.workspace, "HT-71", owner=slack.agent)
    await make_follow_up(slack.office, first, slack.agent, purpose="income", due_at=slack.clock.now())
    await slack.deliver()
    await slack.command(slack.agent, "/loan edit HT-71 number HT-17")
    other = await make_loan(slack.office, slack.workspace, "HT-71", owner=slack.agent, name="李二")
    await make_follow_up(slack.office, other, slack.agent, purpose="identity")

    form = await log_from_reminder(slack)
    await form.fill("Outcome", "confirmed")
    await form.submit()

    [call] = await slack.rows(Call)
    assert call.loan_id == first.id
    assert "Answers income check (HT-17/1): done." in form.text


async def test_a_loan_number_with_a_slash_is_not_read_as_a_follow_up(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "HT100", owner=slack.agent)
    await make_loan(slack.office, slack.workspace, "HT100/1", owner=slack.agent, name="李二")
    await make_follow_up(slack.office, loan, slack.agent, purpose="income", due_at=slack.clock.now())
    await slack.deliver()

    form = await log_from_reminder(slack)
    await form.fill("Outcome", "reached")
    await form.submit()

    [call] = await slack.rows(Call)
    assert call.loan_id == loan.id


@pytest.mark.parametrize("live", [True, False])
async def test_choosing_another_loan_clears_the_chosen_follow_up(slack: Slack, loan: Loan, live: bool) -> None:
    other = await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent, name="李二")
    await make_follow_up(slack.office, other, slack.agent, purpose="identity", due_at=slack.clock.now().replace(day=30))
    await slack.at("2026-11-25 12:00")

    form = await log_from_reminder(slack)
    await form.fill("Loan", "L-2", typed="L-2")
    if live:
        await form.fill("Outcome", "confirmed")
        await form.fill("Follow-up this call answers", "1")
    await form.fill("Outcome", "confirmed")
    await form.submit()

    answered = "L-2/1" in form.text and "done." in form.text
    assert answered == live, form.text


async def test_logging_another_call_keeps_purpose_and_length(slack: Slack, loan: Loan) -> None:
    async def log() -> Modal:
        form = await slack.form(slack.agent, "/loan-call")
        await form.fill("Loan", "L-1042", typed="王")
        await form.fill("Outcome", "no_answer")
        await form.fill("Purpose", "problem")
        await form.fill("Length (minutes)", 7)
        await form.submit()
        return form

    await log()
    await (await log()).press("Log another")

    assert [(call.minutes, call.purpose) for call in await slack.rows(Call)] == [(7, "problem")] * 2
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp))).all()
    assert {row.purpose: row.attempts for row in rows} == {"documents": 0, "problem": 2}


async def test_a_double_click_on_log_another_logs_one_call(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-call L-1 reached")
    asked = (await slack.command(slack.agent, "/loan-call L-1 reached")).message
    assert asked is not None
    presses = await asyncio.gather(*(slack.press(slack.agent, asked, "Log another") for _ in range(2)))
    assert len(await slack.rows(Call)) == 2
    assert sum("You already logged that call once more" in shown(press).text for press in presses) == 1
