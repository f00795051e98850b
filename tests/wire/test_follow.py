"""`/loan-follow` typed in Slack. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from storage.tables import FollowUp, Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, without a plan."""
    return await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)


async def states(slack: Slack) -> dict[int, str]:
    async with slack.office.database.reading() as session:
        return {row.number: row.state for row in (await session.exec(select(FollowUp))).all()}


async def test_a_call_is_planned_and_undone(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-follow L-1042 tomorrow 3pm income ask his “boss”, ＡＢＣ & <b>")

    assert reply.ephemeral
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · phone ending 5678",
        "Next: income check Thu 26 Nov 2026 15:00 (Shanghai time), <@UAGENT> (L-1042/1)",
        "> ask his “boss”, ＡＢＣ &amp; &lt;b&gt;",
    ]
    assert reply.message is not None
    undone = await slack.press(slack.agent, reply.message, "Undo")
    assert shown(undone).text == "Undone on L-1042: a new follow-up. Everything is as it was before."
    assert await states(slack) == {1: "undone"}


async def test_a_call_is_planned_in_chinese_without_spaces(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    reply = await slack.command(slack.agent, "/loan-follow L-1042 明天下午3点收入核实：问单位座机")
    assert reply.text.splitlines() == [
        "L-1042 · 王小明 · 尾号5678",
        "下一步：收入核实，2026年11月26日 周四 15:00（上海时间），<@UAGENT>（L-1042/1）",
        "> 问单位座机",
    ]


async def test_a_call_planned_by_a_manager_is_assigned_to_the_owner_who_is_mentioned(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.agent, reminder_channel_id=slack.desk_channel)
    await slack.command(slack.manager, "/loan-follow L-1042 tomorrow 10:00 documents")
    await slack.deliver()

    [told] = slack.posts(slack.desk_channel)
    assert told.text.splitlines() == [
        "<@UAGENT>: Manager assigned you a follow-up.",
        "L-1042 · 王* · phone ending 5678",
        "documents · Thu 26 Nov 2026 10:00 (Shanghai time)",
    ]
    assert told.notified == {"UAGENT"}
    assert told.mentions == ("UAGENT",)


async def test_an_assignee_moves_or_returns_an_assigned_call_from_the_message(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-follow L-1042 @agent tomorrow 10:00 documents")
    await slack.command(slack.manager, "/loan-follow L-1042 @agent tomorrow 11:00 income")
    await slack.deliver()
    first, second = slack.posts(slack.agent)
    assert buttons(first) == ["Log a call", "Move", "Hand over to the manager", "Open card", "Call", "What to say"]

    await slack.press(slack.agent, first, "Move")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("When", "fri 15:00")
    await form.submit()
    assert "Fri 27 Nov 2026 15:00" in form.text
    await slack.press(slack.agent, second, "Hand over to the manager")
    await slack.deliver()

    moved, handed = slack.texts(slack.agent)
    assert "documents · Fri 27 Nov 2026 15:00" in moved
    assert "Handed over to Manager · Agent, Wed 25 Nov 10:00" in handed


async def test_a_call_for_an_absent_member_goes_to_the_cover_who_is_notified(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-team away @agent until fri cover @other")
    reply = await slack.command(slack.manager, "/loan-follow L-1042 tomorrow 10:00 documents")
    assert "<@UAGENT> is away then, so <@UOTHER> will be reminded." in reply.text
    await slack.deliver()

    assert slack.texts(slack.agent) == []
    assert slack.texts(slack.other)[0].splitlines()[:2] == [
        "<@UOTHER>: Manager assigned you a follow-up.",
        "You're covering for Agent (away).",
    ]


async def test_a_call_for_an_absent_member_without_a_cover_goes_to_the_manager(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-team away @agent until fri")
    reply = await slack.command(slack.collector, "/loan-follow L-1042 @agent tomorrow 10:00 documents")
    assert "<@UAGENT> is away then, so <@UMANAGER> will be reminded." in reply.text


async def test_finishing_the_last_follow_up_offers_next_steps(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.agent, "/loan-follow L-1042 done")
    assert reply.text.splitlines()[1:] == [
        "documents (L-1042/1) is done.",
        "Nothing is planned for this loan now. What's next?",
    ]
    assert reply.message is not None
    assert buttons(reply.message) == [
        "Wed 25 Nov 12:00",
        "Thu 26 Nov 09:00",
        "Fri 27 Nov 10:00",
        "Other time…",
        "Nothing needed",
        "Undo",
    ]
    planned = await slack.press(slack.agent, reply.message, "Thu 26 Nov 09:00")
    assert "(L-1042/2)" in shown(planned).text


async def test_a_cancellation_keeps_its_reason_and_can_be_undone(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.agent, "/loan-follow L-1042/1 cancel bought elsewhere")
    assert "documents (L-1042/1) is cancelled.\n> bought elsewhere" in reply.text
    again = await slack.command(slack.agent, "/loan-follow L-1042/1 done")
    assert "L-1042/1 is already cancelled: <@UAGENT>, Wed 25 Nov 10:00." in again.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert await states(slack) == {1: "open"}


async def test_moving_a_follow_up_to_a_date_keeps_its_time_of_day(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow L-1042 tomorrow 3pm income")
    reply = await slack.command(slack.agent, "/loan-follow L-1042 move fri")
    assert "Next: income check Fri 27 Nov 2026 15:00 (Shanghai time)" in reply.text


async def test_a_follow_up_is_moved_finished_and_cancelled_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1042 明天下午3点 收入核实")
    moved = await slack.command(slack.agent, "/loan-follow L-1042 改期周五")
    assert "已改期。\n下一步：收入核实，2026年11月27日 周五 15:00（上海时间）" in moved.text
    done = await slack.command(slack.agent, "/loan-follow L-1042 完成")
    assert "收入核实（L-1042/1）已完成。\n这笔贷款目前没有任何安排。接下来做什么？" in done.text
    await slack.command(slack.agent, "/loan-follow L-1042 明天 回访")
    cancelled = await slack.command(slack.agent, "/loan-follow L-1042/2 取消 已在别处购车")
    assert "回访（L-1042/2）已取消。\n> 已在别处购车" in cancelled.text


async def test_a_line_that_fits_several_follow_ups_asks_which(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    await make_follow_up(slack.office, loan, slack.agent, purpose="conditions")
    reply = await slack.command(slack.agent, "/loan-follow L-1042 done")
    assert "Which follow-up of L-1042? Type its number:" in reply.text
    assert "• L-1042/1 documents · Wed 25 Nov · <@UAGENT>\n• L-1042/2 conditions · Wed 25 Nov" in reply.text


async def test_a_follow_up_number_after_the_loan_plans_no_second_follow_up(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.agent, "/loan-follow L-1042/1 tomorrow 10:00")
    assert "“L-1042/1” already exists. To move it, type “L-1042/1 move” and the time" in reply.text
    assert await states(slack) == {1: "open"}
    assert "Thu 26 Nov" in (await slack.command(slack.agent, "/loan-follow L-1042/1 move tomorrow 10:00")).text


async def test_a_member_who_may_not_change_a_follow_up_is_told_who_may(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.other, "/loan-follow L-1042/1 done")
    assert "Only the people responsible can act on this: <@UAGENT>, <@UMANAGER>." in reply.text
    assert await states(slack) == {1: "open"}


@pytest.mark.parametrize(
    ("who", "line", "said"),
    [
        ("compliance", "L-1042 tomorrow", "You need the role agent, verifier, collector or manager for this."),
        ("agent", "L-1042 @compliance tomorrow", "<@UCOMPLIANCE> doesn't take calls"),
        ("agent", "L-1042 @nobody tomorrow", "Nobody at this desk is called “nobody”. Mention them with @."),
        ("agent", "L-1042 whenever", "I can't read “whenever” as a time."),
        ("agent", "L-1042 yesterday", "“yesterday” has passed"),
        ("agent", "L-1042 next week", "“next week” is a period, not a time. Name a day."),
        ("agent", "L-1042/9 done", "L-1042 has no follow-up"),
        ("agent", "L-9 tomorrow", "There is no loan “L-9” that you can see."),
        ("agent", "L-1042 done", "L-1042 has no open follow-up."),
        ("agent", "L-1042 tomorrow 10:00 " + "x" * 10_000, "The note has 10000 characters; the limit is 3000."),
    ],
)
async def test_an_invalid_line_is_explained_and_shown_again(
    slack: Slack, loan: Loan, who: str, line: str, said: str
) -> None:
    reply = await slack.command(slack.people[who], f"/loan-follow {line}")
    assert said in reply.text
    assert f"/loan-follow {line}"[:200] in reply.full_text.replace("@Compliance", "@compliance")
    assert await states(slack) == {}


async def test_a_refused_line_shows_names_that_can_be_typed_again(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-follow L-1042 @other someday")
    assert "/loan-follow L-1042 @Other someday" in reply.text
    assert "UOTHER" not in reply.full_text


async def test_a_follow_up_on_a_day_off_is_due_on_the_next_working_day(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-follow L-1042 sat documents")
    assert "The assignee doesn't work that day, so it counts from Mon 30 Nov 2026." in reply.text


async def test_a_follow_up_for_today_is_refused_after_work(slack: Slack, loan: Loan) -> None:
    await slack.at("2026-11-25 18:30")
    reply = await slack.command(slack.agent, "/loan-follow L-1042 today documents")
    assert "Choose the next working day, or give a time." in reply.text
    assert "Thu 26 Nov 2026" in reply.text


async def test_a_follow_up_in_the_evening_is_planned_with_a_warning(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-follow L-1042 20:00 documents")
    assert "Next: documents Wed 25 Nov 2026 20:00 (Shanghai time)" in reply.text
    assert "Careful: that's outside the assignee's working hours." in reply.text
    assert "Move to Thu 26 Nov 09:00" in buttons(reply.message)
    await slack.at("2026-11-25 20:00")
    assert "please call about documents" in slack.texts(slack.agent)[0]


async def test_help_shows_usage_and_the_members_own_follow_ups(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    help_ = await slack.command(slack.agent, "/loan-follow help")
    assert "/loan-follow L-1042 tomorrow 3pm income" in help_.text
    assert "Your late follow-ups, and those of this week:\n• L-1042/1 documents" in help_.text


@pytest.mark.parametrize(
    ("command", "at_hand"),
    [
        ("/loan-docs help", "Open documents on your loans:\n• L-1042 王小明 · phone ending 5678 · 2 documents"),
        ("/loan-stage help", "Your loans:\n• L-1042 王小明 · phone ending 5678 · application"),
        ("/loan-reassign help", "Your loans:\n• L-1042 王小明 · phone ending 5678 · application"),
        ("/loan-due", "Late and due today · 0"),
        ("/loan-digest", "Your digest comes at 08:30 on working days."),
        ("/loan-team", "7 members at this desk"),
    ],
)
async def test_every_command_typed_alone_shows_the_members_own_work(
    slack: Slack, loan: Loan, command: str, at_hand: str
) -> None:
    await slack.command(slack.agent, "/loan-docs L-1042 id, bank by fri")
    assert at_hand in (await slack.command(slack.agent, command)).text
    name = command.removesuffix(" help")
    assert f"{name} " in (await slack.command(slack.agent, f"{name} help")).text


async def test_a_manager_sees_the_teams_workload_before_reassigning(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.manager, "/loan-reassign help")
    assert "The team now:\n• Agent: 1 open follow-up\n" in reply.text
