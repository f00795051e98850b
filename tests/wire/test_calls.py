"""`/loan-call` typed in Slack: its answers and their buttons."""

import pytest

from sandbox.user_actions import Press
from storage.tables import Borrower, Call, FollowUp, Loan
from tests.builders import make_follow_up, make_loan, make_team
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, whose follow-up about documents is due at noon."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    noon = slack.clock.now().replace(hour=4)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=noon)
    return loan


def read(press: Press) -> str:
    """Return the text that replaced the pressed answer."""
    assert press.error == ""
    assert press.message is not None
    return press.message.text


async def test_a_failed_attempt_is_logged_and_the_next_one_planned(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call l-1042 no answer rang out & <b")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · phone ending 5678: no answer, logged at 10:00.",
        "> rang out &amp; &lt;b",
        "Answers documents (L-1042/1): still open, 1 attempt so far.",
        "Next: documents Wed 25 Nov 2026 13:00 (Shanghai time), <@UAGENT> (L-1042/1)",
    ]
    assert "Undo" in reply.full_text


async def test_an_attempt_is_logged_in_chinese_without_spaces(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-call L-1042 未接，下次明天上午10点收入核实：打她单位电话")

    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · 尾号5678：未接，已于 10:00 登记。",
        "对应收入核实（L-1042/1）：仍未完成，已拨 1 次。",
        "下一步：收入核实，2026年11月26日 周四 10:00（上海时间），<@UAGENT>（L-1042/1）",
        "> 打她单位电话",
    ]


async def test_a_call_without_a_plan_asks_for_one_and_one_press_adds_it(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 reached all papers are in")
    assert "Nothing is planned for this loan now. What's next?" in reply.text
    assert reply.message is not None

    pressed = await slack.press(slack.agent, reply.message, "Thu 26 Nov 09:00")

    assert "Next: documents Thu 26 Nov 2026 09:00 (Shanghai time), <@UAGENT> (L-1042/2)" in read(pressed)
    assert "all papers are in" in read(pressed)
    assert "What's next?" not in read(pressed)
    assert sorted(row.number for row in await slack.rows(FollowUp) if isinstance(row, FollowUp)) == [1, 2]
    assert pressed.message is not None

    undone = await slack.press(slack.agent, pressed.message, "Undo the call")
    assert read(undone) == "Undone on L-1042: a call. Everything is as it was before."
    states = {row.number: row.state for row in await slack.rows(FollowUp) if isinstance(row, FollowUp)}
    assert states == {1: "open", 2: "open"}


async def test_a_time_with_which_a_note_begins_is_offered_and_one_press_plans_it(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 reached: next friday he travels")
    assert "> next friday he travels" in reply.text
    assert "Your note begins with a time. Plan a call for then?" in reply.text
    assert reply.message is not None
    assert buttons(reply.message)[:2] == ["Fri 27 Nov", "Fri 4 Dec"]

    pressed = await slack.press(slack.agent, reply.message, "Fri 4 Dec")
    assert "Next: documents Fri 4 Dec 2026, <@UAGENT> (L-1042/2)" in read(pressed)


async def test_after_an_attempt_the_offered_time_moves_the_call(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-call L-1042 未接：下次下周再说")
    assert "> 下次下周再说" in reply.text
    assert "备注开头是时间。要安排在那时跟进吗？" in reply.text
    assert reply.message is not None

    pressed = await slack.press(slack.agent, reply.message, buttons(reply.message)[0])
    assert "2026年11月30日 周一" in read(pressed)
    [follow_up] = await slack.rows(FollowUp)
    assert isinstance(follow_up, FollowUp)
    assert (follow_up.attempts, follow_up.due_on.isoformat()) == (1, "2026-11-30")


@pytest.mark.both_doors
async def test_pressing_nothing_needed_leaves_the_loan_without_a_plan(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 reached")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Nothing needed")
    assert "What's next?" not in read(pressed)


async def test_undo_replaces_the_answer(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Undo")
    assert read(pressed) == "Undone on L-1042: a call. Everything is as it was before."
    [follow_up] = await slack.rows(FollowUp)
    assert isinstance(follow_up, FollowUp)
    assert follow_up.attempts == 0


async def test_undo_is_refused_after_five_minutes(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy")
    slack.clock.advance(minutes=6)
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Undo")
    assert "more than 5 minutes ago" in pressed.text


async def test_undo_is_refused_with_the_later_change_that_depends_on_it(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 busy")
    slack.clock.advance(minutes=1)
    await slack.command(slack.manager, "/loan-call L-1042 reached documents")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Undo")
    assert pressed.text.splitlines() == [
        "This can't be undone: later changes depend on it (L-1042).",
        "• a call, by <@UMANAGER> at 10:01",
    ]


async def test_a_repeated_line_asks_and_a_press_logs_another_call(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 na")
    again = await slack.command(slack.agent, "/loan-call L-1042 na")
    assert again.text == "You already logged this on L-1042 at 10:00. Log another call?"
    assert again.message is not None
    pressed = await slack.press(slack.agent, again.message, "Log another")
    assert "2 attempts so far" in read(pressed)
    assert len(await slack.rows(Call)) == 2


async def test_a_button_of_a_call_on_a_loan_no_longer_visible_does_nothing(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.other)
    reply = await slack.command(slack.agent, "/loan-call L-1 reached")
    west = await make_team(slack.office, slack.workspace, "West")
    await slack.change(slack.agent, team_id=west.id)
    assert reply.message is not None
    for label in ("Nothing needed", "Thu 26 Nov 09:00"):
        assert "王小明" not in shown(await slack.press(slack.agent, reply.message, label)).text
    assert await slack.rows(FollowUp) == []


async def test_a_later_follow_up_is_answered_with_one_press(slack: Slack, loan: Loan) -> None:
    friday = slack.clock.now().replace(day=27, hour=2)
    await make_follow_up(slack.office, loan, slack.agent, purpose="conditions", due_at=friday)
    reply = await slack.command(slack.agent, "/loan-call L-1042 reached")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Also /2 conditions, Fri 27 Nov 10:00")
    assert "Answers conditions (L-1042/2): done." in read(pressed)
    assert "Nothing is planned for this loan now." in read(pressed)


async def test_an_agreed_call_without_a_day_is_answered_with_a_valid_line(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 call back")
    assert reply.text.splitlines() == [
        "call back: when? Type it after “next”.",
        "For example: /loan-call L-1042 call back next tomorrow 10:00",
        "Your line, to correct and send again:",
        "/loan-call L-1042 call back",
    ]
    mended = await slack.command(slack.agent, "/loan-call L-1042 call back next tomorrow 10:00")
    assert "Next: documents Thu 26 Nov 2026 10:00" in mended.text


async def test_the_line_suggested_in_chinese_is_valid_too(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    refused = await slack.command(slack.agent, "/loan-call L-1042 约定回电")
    [example] = [line for line in refused.text.splitlines() if "下次明天" in line]
    mended = await slack.command(slack.agent, "/loan-call" + example.partition("/loan-call")[2])
    assert "2026年11月26日 周四 10:00（上海时间）" in mended.text


async def test_a_time_outside_working_hours_warns_and_one_press_moves_it(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 call back > sat 23:00")
    assert "Careful: borrowers may not be called at that time." in reply.text
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Move to Mon 30 Nov 09:00")
    assert "Next: documents Mon 30 Nov 2026 09:00 (Shanghai time)" in pressed.text
    again = await slack.press(slack.agent, reply.message, "Move to Mon 30 Nov 09:00")
    assert "L-1042/2 has changed since: @Agent, Wed 25 Nov 10:00." in again.text.replace("<@UAGENT>", "@Agent")


async def test_an_outcome_of_another_purpose_is_refused_with_the_purpose_it_answers(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="repayment")
    reply = await slack.command(slack.agent, "/loan-call L-1042/2 confirmed")
    assert "confirmed only answers verification follow-ups, and this one is about repayment reminder." in reply.text


async def test_a_member_who_may_not_log_calls_is_told_which_role_is_needed(slack: Slack, loan: Loan) -> None:
    for who in (slack.compliance, slack.admin):
        reply = await slack.command(who, "/loan-call L-1042 reached")
        assert "role" in reply.text or "角色" in reply.text
    assert await slack.rows(Call) == []


async def test_help_shows_usage_and_the_members_own_follow_ups(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call help")
    assert "/loan-call L-1042 no answer" in reply.text
    assert "Your follow-ups due today:" in reply.text
    assert "L-1042/1 documents · Wed 25 Nov 12:00" in reply.text


async def test_a_wrong_number_is_marked_on_the_loan(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 空号")
    assert "The card now marks the number as wrong." in reply.text
    async with slack.office.database.reading() as session:
        assert (await session.get_one(Borrower, loan.borrower_id)).phone_wrong_at is not None


async def test_a_withdrawal_offers_to_end_the_loan(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 withdrew")
    assert "/loan-stage L-1042 withdrawn" in reply.text


async def test_a_name_that_looks_like_a_mention_notifies_nobody(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent, name="<!channel> *x* =1+1")
    reply = await slack.command(slack.agent, "/loan-call L-7 reached <!here> said hello")
    assert "&lt;!channel&gt; *x* =1+1" in reply.text
    assert "> &lt;!here&gt; said hello" in reply.text


async def test_a_note_over_the_limit_is_refused_with_the_count(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 reached: " + "x" * 10_000)
    assert "10000" in reply.text
    assert "3000" in reply.text
    assert await slack.rows(Call) == []
