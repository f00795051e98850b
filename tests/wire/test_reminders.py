"""Reminders: when they come, what they say, and who is notified when nobody acts.

Now is Wednesday 10:00; everybody works 09:00-18:00, Monday to Friday.
"""

import re
from datetime import timedelta

import pytest

from desk.messages.reminders import announce_due
from storage.tables import Loan
from tests.builders import make_follow_up, make_loan, make_manager, make_team
from tests.wire.noon_call import NOON, loan, reminder
from tests.wire.office_day import Slack, buttons, shown

__all__ = ["loan"]


async def test_a_reminder_names_the_borrower_purpose_time_and_attempts(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 busy > 12:00")
    post = await reminder(slack)
    assert post.text.splitlines() == [
        "<@UAGENT>: please call about income check.",
        "L-1042 · 王* · phone ending 5678 · application",
        "Due Wed 25 Nov 12:00 · last call: busy, Wed 25 Nov 10:00 · 1 attempt",
    ]
    assert post.mentions == ("UAGENT",)
    assert buttons(post) == [
        "confirmed",
        "unverified",
        "reached",
        "no answer",
        "busy",
        "unreachable",
        "wrong number",
        "Check…",
        "I'm on it",
        "In 15 minutes",
        "In 1 hour",
        "Tomorrow 09:00",
        "Other time…",
        "Log a call",
        "Hand over to the manager",
        "Open card",
        "Call",
        "What to say",
        "Escalate",
    ]


async def test_a_reminder_is_written_in_chinese(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    post = await reminder(slack)
    assert post.text.splitlines() == [
        "<@UAGENT> 请致电客户：收入核实。",
        "L-1042 · 王* · 尾号5678 · 申请",
        "应于 11月25日 周三 12:00 跟进",
    ]
    assert buttons(post)[7:] == [
        "逐项核实…",
        "我在跟进",
        "15 分钟后",
        "1 小时后",
        "明天 09:00",
        "其他时间…",
        "登记通话",
        "转给主管",
        "查看卡片",
        "拨打",
        "话术",
        "上报主管",
    ]
    await slack.press(slack.agent, post, "未接")
    await slack.deliver()
    assert slack.texts("CAGENT") == [
        "L-1042 · 王* · 尾号5678 · 收入核实\n未接，下次11月25日 周三 15:00 · Agent，11月25日 周三 12:00"
    ]


async def test_a_reminder_comes_once_at_its_minute(slack: Slack, loan: Loan) -> None:
    await slack.at("2026-11-25 11:59")
    assert slack.posts("CAGENT") == []
    for _ in range(3):
        await reminder(slack)


@pytest.mark.parametrize(
    ("who", "line", "became"),
    [
        ("agent", "/loan-follow L-1042 done", "Done · Agent, Wed 25 Nov 12:00"),
        ("agent", "/loan-follow L-1042 cancel", "Cancelled · Agent, Wed 25 Nov 12:00"),
        ("agent", "/loan-follow L-1042 move fri", "Moved to Fri 27 Nov 12:00 · Agent, Wed 25 Nov 12:00"),
        ("agent", "/loan-call L-1042 confirmed", "Done: confirmed · Agent, Wed 25 Nov 12:00"),
        ("manager", "/loan-call L-1042/1 busy", "busy, next Wed 25 Nov 15:00 · Manager, Wed 25 Nov 12:00"),
        ("manager", "/loan-reassign L-1042 @other", "Handed over to Other · Manager, Wed 25 Nov 12:00"),
        ("agent", "/loan-stage L-1042 withdrawn", "Closed with the loan · Agent, Wed 25 Nov 12:00"),
    ],
)
async def test_a_reminder_is_updated_in_place_however_its_call_is_settled(
    slack: Slack, loan: Loan, who: str, line: str, became: str
) -> None:
    post = await reminder(slack)
    await slack.command(slack.people[who], line)
    await slack.deliver()
    first = slack.posts("CAGENT")[0]
    assert (first.ts, first.text.splitlines()[-1]) == (post.ts, became)
    assert first.mentions == ()


async def test_a_call_settled_a_second_earlier_is_never_announced(slack: Slack, loan: Loan) -> None:
    slack.clock.set(NOON)
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.deliver()
    assert slack.posts("CAGENT") == []


async def test_more_than_five_reminders_of_one_minute_are_one_message(slack: Slack, loan: Loan) -> None:
    for n in range(11):
        other = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name="李雷")
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=NOON)
    await slack.at("2026-11-25 12:00")

    [post] = slack.posts("CAGENT")
    lines = post.text.splitlines()
    assert lines[0] == "<@UAGENT>: 12 follow-ups are due."
    assert len(lines) == 12
    assert lines[-1] == "and 2 more"
    assert post.mentions == ("UAGENT",)
    listed = shown(await slack.press(slack.agent, post, "Show all"))
    assert listed.text.startswith("Late and due today · 12")
    theirs = shown(await slack.press(slack.manager, post, "Show all"))
    assert theirs.text.startswith("Late and due today · <@UAGENT> · 12\n")

    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.deliver()
    assert "<@UAGENT>: 11 follow-ups are due." in slack.texts("CAGENT")[0]
    assert "Done: confirmed · Agent, Wed 25 Nov 12:00" in slack.texts("CAGENT")[0]


@pytest.mark.parametrize("done", [("L-1",), ("L-1", "L-10"), ("L-9", "L-10", "L-11")])
async def test_the_rows_of_a_bundle_and_those_it_leaves_out_are_as_many_as_wait(
    slack: Slack, loan: Loan, done: tuple[str, ...]
) -> None:
    for n in range(12):
        other = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name="李雷")
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=NOON)
    await slack.at("2026-11-25 12:00")
    for number in done:
        await slack.command(slack.agent, f"/loan-follow {number}/1 done")
    await slack.deliver()

    title, *lines = slack.posts("CAGENT")[-1].text.splitlines()
    more = int(lines.pop().split()[1]) if lines[-1].startswith("and ") else 0
    waiting = sum("Done" not in line for line in lines) + more
    assert title == f"<@UAGENT>: {waiting} follow-ups are due."


async def test_the_list_behind_a_bundle_has_exactly_what_waits_in_it(slack: Slack, loan: Loan) -> None:
    for n in range(12):
        other = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent, name="李雷")
        at = NOON if n else NOON - timedelta(hours=1)  # L-0 is due too, and no part of the bundle
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=at)
    await slack.at("2026-11-25 11:00")
    await slack.at("2026-11-25 12:00")
    post = slack.posts("CAGENT")[-1]
    assert "12 follow-ups are due." in post.text
    await slack.command(slack.agent, "/loan-follow L-5/1 done")

    listed = shown(await slack.press(slack.agent, post, "Show all"))

    assert listed.text.startswith("Late and due today · 11\n")
    assert "Only what this reminder lists and nobody has acted on." in listed.text
    first = listed.text
    second = shown(await slack.press(slack.agent, listed, "Next page"))
    found = set(re.findall(r"L-\d+(?=/1)", first + second.text))
    assert found == {"L-1042", *(f"L-{n}" for n in range(1, 12) if n != 5)}
    assert shown(await slack.press(slack.agent, second, "Today")).text.startswith("Late and due today · 12\n")


async def test_five_reminders_of_one_minute_are_separate_messages(slack: Slack, loan: Loan) -> None:
    for n in range(4):
        other = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent)
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=NOON)
    await slack.at("2026-11-25 12:00")
    assert len(slack.posts("CAGENT")) == 5


@pytest.mark.parametrize("gone", ["archived", "left"])
async def test_reminders_of_a_lost_channel_are_sent_directly_and_an_admin_is_notified_once(
    slack: Slack, loan: Loan, gone: str
) -> None:
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=NOON.replace(hour=5))
    if gone == "archived":
        slack.sandbox.archive("CAGENT")
    else:
        slack.sandbox.leave("CAGENT", "U0APPBOT")
    await slack.at("2026-11-25 12:00")
    await slack.at("2026-11-25 13:00")
    await slack.deliver()

    assert [text.splitlines()[0] for text in slack.texts(slack.agent)] == [
        "<@UAGENT>: please call about income check.",
        "<@UAGENT>: please call about documents.",
    ]
    [_welcome, told] = slack.texts(slack.admin)
    assert told.startswith("Reminders for Agent can no longer be sent to <#CAGENT>: ")
    assert "until you set another channel with /loan-team add." in told


async def test_the_cover_of_an_absent_member_gets_the_reminder_which_says_so(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-25 12:00")
    assert slack.posts("CAGENT") == []
    [post] = slack.posts(slack.other)
    assert post.text.splitlines()[::2] == [
        "<@UOTHER>: please call about income check.",
        "You're covering for Agent (away).",
    ]
    answer = shown(await slack.press(slack.other, post, "confirmed"))
    assert "Answers income check (L-1042/1): done." in answer.text


async def test_a_snooze_ends_when_another_acts(slack: Slack, loan: Loan) -> None:
    """It is that of the member who chose it: their cover hears at once, and they themselves at once when they are back."""
    await slack.at("2026-11-25 12:00")
    [post] = slack.posts("CAGENT")
    await slack.press(slack.agent, post, "In 1 hour")
    await slack.at("2026-11-25 12:20")
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-25 12:21")
    [told] = slack.posts(slack.other)
    assert told.text.startswith("<@UOTHER>: please call about income check.")
    await slack.press(slack.other, told, "In 1 hour")
    await slack.command(slack.manager, "/loan-team back @agent")
    await slack.at("2026-11-25 12:22")
    assert slack.texts("CAGENT")[-1].startswith("<@UAGENT>: please call about income check.")


async def test_a_member_back_at_work_gets_their_open_reminders_again(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-25 12:00")
    await slack.at("2026-11-25 12:30")
    await slack.command(slack.manager, "/loan-team back @agent")
    await slack.deliver()
    assert slack.texts(slack.other)[0].endswith("Now with Agent.")
    assert slack.texts("CAGENT")[0].startswith("<@UAGENT>: please call about income check.")


async def test_a_member_gets_their_open_reminders_again_after_the_last_day_of_absence(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-team away @agent until today cover @other")
    await slack.at("2026-11-25 12:00")
    assert slack.posts("CAGENT") == []
    await slack.at("2026-11-26 00:01")
    await slack.at("2026-11-26 09:00")
    assert slack.texts(slack.other)[0].endswith("Now with Agent.")
    assert slack.texts("CAGENT")[0].startswith("<@UAGENT>: please call about income check.")


async def test_after_a_pause_escalation_comes_four_hours_after_the_late_reminder(slack: Slack, loan: Loan) -> None:
    await slack.at("2026-11-25 15:55")
    assert len(slack.posts("CAGENT")) == 1
    await slack.at("2026-11-26 10:54")
    assert slack.posts(slack.manager_channel) == []
    await slack.at("2026-11-26 10:55")
    assert len(slack.posts(slack.manager_channel)) == 1


async def test_a_combined_reminder_names_the_members_covered_for(slack: Slack, loan: Loan) -> None:
    for n in range(5):
        other = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent)
        await make_follow_up(slack.office, other, slack.agent, purpose="documents", due_at=NOON)
    await slack.command(slack.manager, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-25 12:00")
    assert slack.texts(slack.other)[0].splitlines()[:2] == [
        "<@UOTHER>: 6 follow-ups are due.",
        "You're covering for Agent (away).",
    ]


async def test_managers_are_notified_once_when_nobody_acts_for_four_working_hours(slack: Slack, loan: Loan) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 15:59")
    assert slack.posts(slack.manager_channel) == []
    await slack.at("2026-11-25 16:00")
    await slack.at("2026-11-25 17:00")
    [told] = slack.posts(slack.manager_channel)
    assert told.text.splitlines() == [
        "Agent 的跟进无人处理。",
        "L-1042 · 王* · 尾号5678 · 收入核实",
        "应于 11月25日 周三 12:00 跟进",
        "还没有人处理，11月27日 周五 14:00 将通知上一级。",
    ]
    assert told.mentions == ()
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.deliver()
    assert slack.texts(slack.manager_channel)[0].endswith("已完成：已核实 · Agent，11月25日 周三 17:00")


async def test_an_escalation_offers_to_hand_over_only_the_call_if_its_assignee_is_not_the_owner(
    slack: Slack, loan: Loan
) -> None:
    await make_follow_up(slack.office, loan, slack.verifier, purpose="identity", due_at=NOON)
    await slack.at("2026-11-25 12:00")
    await slack.at("2026-11-25 16:00")
    offered = {("身份核实" in post.text): buttons(post) for post in slack.posts(slack.manager_channel)}
    assert offered == {
        False: ["我来处理", "办结…", "查看卡片", "移交"],
        True: ["我来处理", "办结…", "查看卡片", "转给主管"],
    }


@pytest.mark.parametrize("act", ["/loan-call L-1042 busy > 17:50", "/loan-follow L-1042 move fri", "snooze"])
async def test_a_call_acted_on_in_time_is_not_escalated(slack: Slack, loan: Loan, act: str) -> None:
    post = await reminder(slack)
    if act == "snooze":
        await slack.press(slack.agent, post, "In 1 hour")
    else:
        await slack.command(slack.agent, act)
    await slack.at("2026-11-25 16:00")
    assert slack.posts(slack.manager_channel) == []


async def test_without_a_managers_channel_each_manager_is_notified(slack: Slack, loan: Loan) -> None:
    slack.sandbox.archive(slack.manager_channel)
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    await slack.deliver()
    await slack.deliver()
    assert slack.texts(slack.manager)[0].startswith("Nobody has acted on Agent's follow-up.")
    assert any("the managers" in text for text in slack.texts(slack.admin))


async def test_a_date_only_call_is_reminded_at_start_of_work_and_escalated_four_hours_after_its_end(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-follow L-1042/1 move mon")  # keeps noon
    await slack.command(slack.agent, "/loan-follow L-1042 tomorrow documents")
    await slack.at("2026-11-26 08:59")
    assert slack.posts("CAGENT") == []
    await slack.at("2026-11-26 09:00")
    assert "please call about documents" in slack.texts("CAGENT")[0]
    await slack.at("2026-11-27 12:59")
    assert slack.posts(slack.manager_channel) == []
    await slack.at("2026-11-27 13:00")
    assert len(slack.posts(slack.manager_channel)) == 1


async def test_the_reminder_of_a_member_removed_meanwhile_goes_to_their_successor(slack: Slack, loan: Loan) -> None:
    slack.clock.set(NOON)
    async with slack.office.desk(slack.workspace) as desk:
        await announce_due(desk)
    await slack.command(slack.admin, "/loan-team remove @agent to @other")
    await slack.deliver()
    assert slack.posts("CAGENT") == []
    assert slack.texts(slack.agent) == []
    assert any(text.startswith("<@UOTHER>: please call about income check.") for text in slack.texts(slack.other))


async def test_a_borrowers_name_notifies_nobody_in_the_channel(slack: Slack, loan: Loan) -> None:
    trap = await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent, name="<!channel> *x* =1+1")
    await make_follow_up(slack.office, trap, slack.agent, purpose="documents", due_at=NOON)
    await slack.at("2026-11-25 12:00")
    for post in slack.posts("CAGENT"):
        assert post.mentions == ("UAGENT",)


async def test_managers_are_notified_of_a_refusal_and_undo_corrects_the_notice(slack: Slack, loan: Loan) -> None:
    reply = await slack.command(slack.agent, "/loan-call L-1042 refused too expensive")
    assert "The manager has been told." in reply.text
    await slack.deliver()
    assert slack.texts(slack.manager_channel) == [
        "L-1042 · 王* · 尾号5678\nAgent 已登记：拒绝。\n还没有人处理，11月26日 周四 17:00 将通知上一级。"
    ]
    [told] = slack.posts(slack.manager_channel)
    await slack.press(slack.manager, told, "移交")
    assert slack.sandbox.modal_of("UMANAGER").title == "Reassign"
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    await slack.deliver()
    assert slack.texts(slack.manager_channel)[0].endswith("已撤销。")


async def test_notes_are_never_posted_in_a_channel(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.manager, "/loan-follow L-1042 @agent 13:00 documents his wife is in hospital")
    await slack.at("2026-11-25 13:00")
    assert slack.posts("CAGENT")
    assert all("hospital" not in str((post.text, post.blocks)) for post in slack.posts("CAGENT"))


async def test_a_call_planned_for_today_is_reminded_two_hours_before_the_end_of_work(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.command(slack.agent, "/loan-follow L-1042 today documents")
    await slack.at("2026-11-25 15:59")
    assert slack.posts("CAGENT") == []
    await slack.at("2026-11-25 16:00")
    assert len(slack.posts("CAGENT")) == 1


async def archived(slack: Slack, method: str) -> None:
    slack.sandbox.faults.next(method, "error:is_archived", channel=slack.manager_channel, times=9)


async def test_without_channel_and_manager_an_admin_gets_the_escalation(slack: Slack, loan: Loan) -> None:
    await slack.change(slack.manager, removed_at=slack.clock.now())
    await archived(slack, "chat.postMessage")
    for clock in ("12:00", "16:00", "16:05", "16:10"):
        await slack.at(f"2026-11-25 {clock}")
    assert any("Nobody has acted" in text for text in slack.texts(slack.admin))


async def test_managers_of_another_team_with_the_same_lost_channel_are_not_notified(slack: Slack, loan: Loan) -> None:
    west = await make_team(slack.office, slack.workspace, "West", manager_channel_id=slack.manager_channel)
    slack.sandbox.add_user("UWEST", name="West", locale="en-US", tz="Asia/Shanghai")
    boss = await make_manager(slack.office, slack.workspace, west, "UWEST", name="West")
    await archived(slack, "chat.postMessage")
    for clock in ("12:00", "16:00", "16:05"):
        await slack.at(f"2026-11-25 {clock}")
    assert any("Nobody has acted" in text for text in slack.texts(slack.manager))
    assert slack.texts(boss) == []


async def test_an_escalation_already_posted_is_not_repeated_when_the_channel_is_lost(slack: Slack, loan: Loan) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    assert len(slack.posts(slack.manager_channel)) == 1
    await archived(slack, "chat.update")
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.deliver()
    await slack.later(minutes=1)
    assert slack.texts(slack.manager) == []
