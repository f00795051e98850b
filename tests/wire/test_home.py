"""The App Home and the shortcuts. Now is Wednesday 10:00 in Shanghai."""

from datetime import timedelta
from typing import Any

import pytest

from bot import home_updater
from handlers.events import current_home
from handlers.messages.block_kit.view import View
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """L-1042 of the agent, with calls due an hour ago, in half an hour, and in the afternoon."""
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    now = slack.clock.now()
    for number, (purpose, hours) in enumerate((("identity", -1.0), ("documents", 0.5), ("problem", 5.0)), start=1):
        due = now + timedelta(hours=hours)
        await make_follow_up(slack.office, loan, slack.agent, purpose=purpose, due_at=due, number=number)
    return loan


async def opened_home(slack: Slack, who: Member) -> str:
    await slack.sandbox.open_home(who.slack_user_id)
    return slack.sandbox.home_of(who.slack_user_id).text


async def test_the_home_shows_the_days_calls_and_the_borrowers(slack: Slack, loan: Loan) -> None:
    text = await opened_home(slack, slack.agent)

    lines = text.splitlines()
    assert "3 follow-ups · 1 of them late" in lines
    at = [lines.index(title) for title in ("Late", "Now", "Later today")]
    assert at == sorted(at)
    assert lines[at[0] + 1].startswith("L-1042/1 王小明 · phone ending 5678 · identity")
    assert lines[at[1] + 1].startswith("L-1042/2 王小明")
    assert lines[at[2] + 1].startswith("L-1042/3 王小明")
    assert "application 1" in lines


async def test_a_call_is_due_and_not_yet_late_at_its_minute(slack: Slack, loan: Loan) -> None:
    slack.clock.advance(minutes=30)
    assert "3 follow-ups · 1 of them late" in await opened_home(slack, slack.agent)
    assert "Late · 1" in (await slack.command(slack.agent, "/loan-due late")).text

    slack.clock.advance(seconds=1)
    assert "3 follow-ups · 2 of them late" in await opened_home(slack, slack.agent)
    assert "Late · 2" in (await slack.command(slack.agent, "/loan-due late")).text


@pytest.mark.both_doors
async def test_logging_a_call_from_the_home_updates_the_home(slack: Slack, loan: Loan) -> None:
    await opened_home(slack, slack.agent)
    home = slack.sandbox.home_of(slack.agent.slack_user_id)

    await home.press("Log L-1042/1 王小明")
    form = slack.sandbox.modal_of(slack.agent.slack_user_id)
    await form.fill("Outcome", "confirmed")
    await form.submit()
    assert "Answers identity check (L-1042/1): done." in form.text
    slack.clock.advance(seconds=6)
    await slack.deliver()

    assert "2 follow-ups" in home.text
    assert "L-1042/1 " not in home.text


async def test_the_home_is_not_published_when_nothing_changed(slack: Slack, loan: Loan) -> None:
    await opened_home(slack, slack.agent)
    published = len(slack.sandbox.traffic.api_calls("views.publish"))

    slack.clock.advance(seconds=6)
    await slack.deliver()

    assert len(slack.sandbox.traffic.api_calls("views.publish")) == published


async def test_homes_that_take_long_are_checked_less_often(
    slack: Slack, loan: Loan, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened_home(slack, slack.agent)
    checks = 0

    async def take_two_seconds(*given: Any) -> View:
        nonlocal checks
        checks += 1
        slack.clock.advance(seconds=2)
        return await current_home(*given)

    monkeypatch.setattr(home_updater, "current_home", take_two_seconds)
    seen: list[int] = []
    for seconds in (6, 6, 11, 6):
        slack.clock.advance(seconds=seconds)
        await slack.deliver()
        seen.append(checks)
    assert seen == [1, 1, 1, 2]


async def test_a_home_that_was_not_opened_lately_is_not_updated(slack: Slack, loan: Loan) -> None:
    before = await opened_home(slack, slack.agent)
    slack.clock.advance(minutes=31)
    await slack.command(slack.agent, "/loan-follow L-1042/3 done")
    await slack.deliver()

    assert slack.sandbox.home_of(slack.agent.slack_user_id).text == before


async def test_a_removed_members_home_is_emptied(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.open_home("UAGENT")
    assert "王小明" in slack.sandbox.home_of("UAGENT").text
    await slack.later(hours=2)
    await slack.command(slack.admin, "/loan-team remove @agent to @other")
    for _ in range(8):
        await slack.later(seconds=6)
    home = slack.sandbox.home_of("UAGENT").text
    assert "王小明" not in home
    assert "not a member of this desk" in home


async def test_undoing_a_members_return_empties_their_home(slack: Slack) -> None:
    await slack.command(slack.admin, "/loan-team remove @agent to @other")
    again = (await slack.command(slack.admin, "/loan-team add @agent agent")).message
    await slack.sandbox.open_home("UAGENT")
    assert again is not None
    await slack.press(slack.admin, again, "Undo")
    for _ in range(8):
        await slack.later(seconds=6)
    assert "not a member of this desk" in slack.sandbox.home_of("UAGENT").text


async def test_many_calls_are_paginated_and_filtered_by_kind(slack: Slack, loan: Loan) -> None:
    due = slack.clock.now() + timedelta(hours=2)
    for number in range(4, 30):
        await make_follow_up(slack.office, loan, slack.agent, purpose="overdue", due_at=due, number=number)
    await opened_home(slack, slack.agent)
    home = slack.sandbox.home_of(slack.agent.slack_user_id)
    assert "19 more" in home.text

    await home.press("19 more")
    assert "9 more" in home.text
    await home.press("Verification")

    assert "2 follow-ups · 1 of them late" in home.text
    assert "L-1042/4 " not in home.text


async def test_the_home_offers_the_next_stage_of_the_loans_before_payout(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-7", owner=slack.agent, stage="disbursed")
    await make_loan(slack.office, slack.workspace, "L-8", owner=slack.other, stage="signed")
    text = await opened_home(slack, slack.agent)
    assert "L-1042 王小明 · application · since Wed 25 Nov" in text.splitlines()
    assert "Next stage of L-7" not in text
    assert "Next stage of L-8" not in text
    home = slack.sandbox.home_of("UAGENT")

    await home.press("application 1")
    await slack.sandbox.modal_of("UAGENT").press("Next stage of L-1042: approved")
    assert "approved" in str(slack.sandbox.modal_of("UAGENT").values)
    await home.press("Next stage of L-1042: approved")
    form = slack.sandbox.modal_of("UAGENT")
    assert "approved" in str(form.values)
    await form.submit()
    assert "L-1042 · 王小明: application → approved" in form.text


async def test_a_managers_home_shows_the_team(slack: Slack, loan: Loan) -> None:
    text = await opened_home(slack, slack.manager)
    assert "Agent: 3 open · 3 due · 1 late · 0 done on Tue 24 Nov" in text


async def test_the_home_is_shown_in_chinese(slack: Slack, loan: Loan) -> None:
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).locale = "zh-CN"
    text = await opened_home(slack, slack.agent)
    assert "3 个跟进" in text
    assert "我的客户" in text


async def test_a_nonmembers_home_says_whom_to_ask(slack: Slack) -> None:
    await slack.sandbox.open_home("USTRANGER")
    assert "not a member of this desk" in slack.sandbox.home_of("USTRANGER").text


@pytest.mark.both_doors
async def test_shortcuts_open_the_form_and_find_a_loans_card(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.shortcut(slack.agent.slack_user_id, "find")
    form = slack.sandbox.modal_of(slack.agent.slack_user_id)
    await form.fill("Loan", "L-1042", typed="xiaoming")
    await form.submit()

    assert "application since" in form.text
    await form.press("Call")
    number = slack.sandbox.modal_of(slack.agent.slack_user_id)
    assert "+86 138 0013 5678" in number.text


async def test_a_message_shortcut_makes_the_message_the_note_of_a_call(slack: Slack, loan: Loan) -> None:
    message = slack.sandbox.say(slack.agent.slack_user_id, slack.desk_channel, "he pays on Friday & *not* before")

    await slack.sandbox.message_shortcut(slack.agent.slack_user_id, message, "call_from_message")
    form = slack.sandbox.modal_of(slack.agent.slack_user_id)
    await form.fill("Loan", "L-1042", typed="xiaoming")
    await form.fill("Outcome", "reached")
    await form.submit()

    assert "he pays on Friday & *not* before" in form.text


async def test_a_nonmember_who_uses_a_shortcut_is_told_whom_to_ask(slack: Slack) -> None:
    await slack.sandbox.shortcut("USTRANGER", "call")
    assert "not a member of this desk" in slack.sandbox.modal_of("USTRANGER").text


FIRST_VISIT = "Welcome to the desk. Three things to know:"


async def test_the_introduction_is_shown_until_it_is_dismissed(slack: Slack, loan: Loan) -> None:
    text = await opened_home(slack, slack.agent)
    lines = text.splitlines()
    assert lines[0] == FIRST_VISIT
    assert lines[1].startswith("Log a call with the button below")
    assert lines[4] == "Got it"
    home = slack.sandbox.home_of(slack.agent.slack_user_id)
    await home.press("Verification")
    assert FIRST_VISIT in home.text

    await home.press("Got it")
    assert FIRST_VISIT not in home.text
    assert "2 follow-ups · 1 of them late" in home.text
    await slack.command(slack.agent, "/loan-follow L-1042/3 done")
    await slack.later(seconds=6)
    assert FIRST_VISIT not in home.text


async def test_the_introduction_is_gone_when_the_home_is_opened_again(slack: Slack, loan: Loan) -> None:
    await opened_home(slack, slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1042/3 done")
    await slack.later(seconds=6)
    home = slack.sandbox.home_of(slack.agent.slack_user_id)
    assert FIRST_VISIT in home.text
    assert "2 follow-ups" in home.text

    assert FIRST_VISIT not in await opened_home(slack, slack.agent)


async def test_the_introduction_is_shown_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.other)
    lines = (await opened_home(slack, slack.other)).splitlines()
    assert lines[0] == "欢迎使用工作台，先了解三件事："
    assert lines[4] == "知道了"
