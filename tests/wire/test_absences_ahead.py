"""Absences that begin later: entered, announced to the cover that morning, cancelled, several of them.

Now is Wednesday 25 November, 10:00 in Shanghai.
"""

import asyncio
from datetime import date

import pytest

from desk.people.absences import leaves_of
from desk.people.working_time import set_absence
from storage.tables import FollowUp, Loan, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, buttons, given


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="approved", name="王小明")


async def team(slack: Slack, line: str, who: Member | None = None) -> str:
    return (await slack.command(who or slack.manager, f"/loan-team {line}")).text


async def late_call(slack: Slack, loan: Loan) -> FollowUp:
    """A call of today of which its assignee was reminded, and on which nobody acts."""
    row = await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    await slack.deliver()
    assert len(reminders(slack, slack.agent)) == 1
    return row


def reminders(slack: Slack, who: Member) -> list[str]:
    return [text for text in slack.texts(who) if "please call about" in text]


async def test_that_morning_the_calls_go_to_the_cover_and_afterwards_back(slack: Slack, loan: Loan) -> None:
    await late_call(slack, loan)
    answer = await team(slack, "away <@UAGENT> from fri until nov 30 cover <@UOTHER>")
    assert "<@UAGENT> is away from Fri 27 Nov 2026 until Mon 30 Nov 2026 (inclusive)." in answer
    assert "Until that morning their calls stay with them." in answer
    assert "away from Fri 27 Nov until Mon 30 Nov" in await team(slack, "list")
    await slack.at("2026-11-26 23:59")
    assert reminders(slack, slack.other) == []
    await slack.at("2026-11-27 00:00")
    await slack.at("2026-11-27 09:00")
    assert len(reminders(slack, slack.other)) == 1
    assert "You're covering for Agent" in reminders(slack, slack.other)[0]
    assert "away until Mon 30 Nov" in await team(slack, "list")
    await slack.at("2026-12-01 00:01")
    assert "away" not in await team(slack, "list")
    assert (await slack.member("UAGENT")).absent_until is None


async def test_a_call_planned_for_such_a_day_says_who_will_be_reminded(slack: Slack, loan: Loan) -> None:
    await team(slack, "away <@UAGENT> from fri until nov 30 cover <@UOTHER>")
    assert "<@UOTHER> will be reminded" in (await slack.command(slack.agent, "/loan-follow A-1 fri 11:00")).text
    assert "will be reminded" not in (await slack.command(slack.agent, "/loan-follow A-1 thu 11:00 income")).text


async def test_back_before_it_began_cancels_it_and_undo_brings_it_back(slack: Slack, loan: Loan) -> None:
    await team(slack, "away <@UAGENT> from fri until nov 30 cover <@UOTHER>")
    reply = await slack.command(slack.manager, "/loan-team back <@UAGENT>")
    assert "<@UAGENT> stays at work. Cancelled: away from Fri 27 Nov until Mon 30 Nov." in reply.text
    assert (await slack.member("UAGENT")).absent_until is None
    await slack.press(slack.manager, given(reply.message), "Undo")
    member = await slack.member("UAGENT")
    assert str(member.absent_from) == "2026-11-27"
    assert member.absence_begins_at is not None


async def test_an_absence_now_and_two_later_ones(slack: Slack, loan: Loan) -> None:
    await team(slack, "away <@UAGENT> until thu cover <@UOTHER>")
    assert "Now: away until Thu 26 Nov." in await team(slack, "away <@UAGENT> from dec 7 until dec 8")
    answer = await team(slack, "away <@UAGENT> from dec 1 until dec 2 cover <@UOTHER>")
    assert "Also: away from Mon 7 Dec until Tue 8 Dec." in answer
    listed = await team(slack, "list")
    assert "away until Thu 26 Nov" in listed
    assert "away from Tue 1 Dec until Wed 2 Dec" in listed
    await slack.at("2026-11-27 00:01")
    member = await slack.member("UAGENT")
    assert (str(member.absent_from), str(member.absent_until)) == ("2026-12-01", "2026-12-02")
    await slack.at("2026-12-03 00:01")
    member = await slack.member("UAGENT")
    assert (str(member.absent_from), member.cover_id) == ("2026-12-07", None)


async def test_overlapping_ones(slack: Slack, loan: Loan) -> None:
    await team(slack, "away <@UAGENT> until nov 27")
    assert "is away already until Fri 27 Nov 2026" in await team(slack, "away <@UAGENT> from fri until dec 1")
    await team(slack, "away <@UAGENT> from nov 30 until dec 3")
    answer = await team(slack, "away <@UAGENT> from dec 1 until dec 4")
    assert "Before: away from Mon 30 Nov until Thu 3 Dec." in answer
    assert "away from Tue 1 Dec until Fri 4 Dec" in await team(slack, "list")
    assert "before the first" in await team(slack, "away <@UAGENT> from 2026-12-05 until 2026-12-01")


async def test_in_chinese_and_in_the_form(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.manager)
    answer = await team(slack, "请假 <@UAGENT> 从12月1日到12月5日 代班 <@UOTHER>")
    assert "<@UAGENT> 从 2026年12月1日 周二 休假至 2026年12月5日 周六（含当天）。" in answer
    form = slack.sandbox.modal_of("UAGENT") if await open_settings(slack) else None
    assert form is not None
    assert any("2026-12-01" in str(value) for value in form.values.values())
    await form.fill("Away only from", "2026-12-02")
    await form.submit()
    assert "You're away from Wed 2 Dec 2026 until Sat 5 Dec 2026 (inclusive)." in form.text
    assert str((await slack.member("UAGENT")).absent_from) == "2026-12-02"


async def open_settings(slack: Slack) -> bool:
    reply = await slack.command(slack.agent, "/loan-digest")
    assert "My settings" in buttons(reply.message)
    return not (await slack.press(slack.agent, given(reply.message), "My settings")).error


async def test_two_absences_that_are_entered_at_once_are_both_kept(slack: Slack) -> None:
    both_begun = asyncio.Barrier(2)

    async def enter(by: Member, day: date) -> None:
        async with slack.office.desk(slack.workspace, by) as desk:
            member = await desk.session.get_one(Member, slack.agent.id)
            if not slack.office.database.is_sqlite:  # SQLite lets one transaction write after the other
                await both_begun.wait()
            await set_absence(desk, member, since=day, until=day, cover=None)

    days = [date(2026, 12, 1), date(2026, 12, 10)]
    await asyncio.gather(enter(slack.manager, days[0]), enter(slack.admin, days[1]))
    async with slack.office.reading_desk(slack.workspace) as desk:
        known = await leaves_of(desk, await desk.session.get_one(Member, slack.agent.id))
    assert [each.since for each in known] == days
