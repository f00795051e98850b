"""I'm on it: a reminder whose escalation is held for a while, and nothing is lost. It comes on Wednesday at 12:00."""

import asyncio

from storage.tables import FollowUp
from tests.builders import make_follow_up, make_loan
from tests.wire.noon_call import NOON, follow_up, loan, reminder
from tests.wire.office_day import Slack, buttons, shown

__all__ = ["loan"]


async def hold(slack: Slack, label: str = "I'm on it") -> str:
    [post] = slack.posts("CAGENT")
    answer = shown(await slack.press(slack.agent, post, label)).text
    await slack.deliver()
    return answer


def told(slack: Slack) -> int:
    return len(slack.posts(slack.manager_channel))


async def test_the_managers_hear_two_working_hours_later_at_most_twice(slack: Slack, loan: object) -> None:
    await reminder(slack)
    assert "Without a result the managers hear at Wed 25 Nov 2026 18:00" in await hold(slack)
    [post] = slack.posts("CAGENT")
    assert "In hand: without a result the managers hear at Wed 25 Nov 18:00." in post.text
    assert "confirmed" in buttons(post)
    await slack.at("2026-11-25 16:30")
    assert told(slack) == 0
    assert "Thu 26 Nov 2026 11:00" in await hold(slack)
    [post] = slack.posts("CAGENT")
    assert "I'm on it" not in buttons(post)
    await slack.at("2026-11-26 10:59")
    assert told(slack) == 0
    await slack.at("2026-11-26 11:00")
    assert told(slack) == 1
    [post] = slack.posts("CAGENT")
    assert "confirmed" in buttons(post)


async def test_in_chinese_with_undo_and_a_second_press_of_an_old_message(slack: Slack, loan: object) -> None:
    await slack.in_chinese(slack.agent)
    await reminder(slack)
    [post] = slack.posts("CAGENT")
    answer = shown(await slack.press(slack.agent, post, "我在跟进"))
    assert "正在跟进" in answer.text
    await slack.press(slack.agent, answer, "撤销")
    assert (await follow_up(slack)).holds == 0
    await slack.at("2026-11-25 16:00")
    assert told(slack) == 1


async def test_a_move_starts_the_count_again(slack: Slack, loan: object) -> None:
    await reminder(slack)
    await hold(slack)
    await slack.command(slack.agent, "/loan-follow L-1042/1 move tomorrow 10:00")
    assert (await follow_up(slack)).holds == 0


async def bundle(slack: Slack) -> None:
    """Six more calls are due at noon: one message reminds of all seven."""
    for n in range(6):
        more = await make_loan(slack.office, slack.workspace, f"L-{n}", owner=slack.agent)
        await make_follow_up(slack.office, more, slack.agent, purpose="documents", due_at=NOON)
    await slack.at("2026-11-25 12:00")


async def test_of_several_reminders_in_one_message_all_are_held_but_those_that_are_done(
    slack: Slack, loan: object
) -> None:
    await bundle(slack)
    await slack.command(slack.agent, "/loan-follow L-3/1 done")
    answer = await hold(slack, "I'm on it: all of them")
    assert (
        "6 follow-ups are in hand. Without a result the managers hear of the first at Wed 25 Nov 2026 18:00" in answer
    )
    [post] = slack.posts("CAGENT")
    assert post.text.count("in hand until Wed 25 Nov 18:00") == 6
    await slack.at("2026-11-25 16:30")
    assert told(slack) == 0
    await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await hold(slack, "I'm on it: all of them")
    [post] = slack.posts("CAGENT")
    assert "I'm on it: all of them" not in buttons(post)
    assert sorted(row.holds for row in await slack.rows(FollowUp)) == [0, 1, 2, 2, 2, 2, 2]
    await slack.at("2026-11-26 11:00")
    assert told(slack) == 5


async def test_pressed_twice_it_holds_once_and_at_the_limit_it_says_so(slack: Slack, loan: object) -> None:
    await bundle(slack)
    for holds, label, already in (
        (1, "I'm on it: all of them", "in hand already. Without a result the managers hear of the first at Wed 25 Nov"),
        (2, "都在跟进", "这些跟进都不能再推后：已上报主管，或已达次数上限。"),
    ):
        [post] = slack.posts("CAGENT")
        presses = await asyncio.gather(*(slack.press(slack.agent, post, label) for _ in range(2)))
        assert {row.holds for row in await slack.rows(FollowUp)} == {holds}
        assert sum(already in shown(press).text for press in presses) == 1
        await slack.in_chinese(slack.agent)
        await slack.at("2026-11-25 16:30")


async def test_only_who_may_act_holds_them_and_undo_brings_them_back_in_chinese(slack: Slack, loan: object) -> None:
    await slack.in_chinese(slack.agent, slack.other)
    await bundle(slack)
    [post] = slack.posts("CAGENT")
    refused = shown(await slack.press(slack.other, post, "都在跟进"))
    assert "<@UAGENT>" in refused.text
    answer = shown(await slack.press(slack.agent, post, "都在跟进"))
    assert "正在跟进 7 个" in answer.text
    await slack.press(slack.agent, answer, "撤销")
    assert {row.holds for row in await slack.rows(FollowUp)} == {0}
    await slack.at("2026-11-25 16:00")
    assert told(slack) == 7
