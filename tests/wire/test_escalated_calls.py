"""Calls that managers hear of are items to take: on which nobody acted, snoozed too often, refused, a check that failed.

Now is Wednesday 25 November, 10:00 in Shanghai. The call is due at noon, and the managers hear at 16:00.
"""

import pytest

from desk.core.values import LoanRef
from desk.follow_ups.escalations import raise_escalation
from sandbox.model import Message
from storage.tables import Escalation, Team
from tests.builders import make_follow_up, make_loan, make_manager
from tests.imports import bring_rows
from tests.wire.noon_call import NOON, loan, reminder
from tests.wire.office_day import Slack, buttons, given, shown

__all__ = ["loan"]


@pytest.fixture(autouse=True)
async def english(slack: Slack) -> None:
    """The managers' channel reads English."""
    async with slack.office.database.transaction() as session:
        (await session.get_one(Team, slack.team.id)).language = "en"


def told(slack: Slack) -> Message:
    (post,) = slack.posts(slack.manager_channel)
    return post


async def settled(slack: Slack) -> list[bool]:
    """Return of each escalation whether its cause is gone, the earliest first."""
    return [row.settled for row in sorted(await slack.rows(Escalation), key=lambda row: row.raised_at)]


async def resolve(slack: Slack, note: str) -> None:
    await slack.press(slack.manager, told(slack), "Resolve…")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("What was decided", note)
    await form.submit()
    await slack.deliver()


async def test_a_late_call_is_taken_handed_back_and_resolved(slack: Slack, loan: object) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    assert buttons(told(slack))[:2] == ["I take it", "Resolve…"]
    answer = shown(await slack.press(slack.manager, told(slack), "I take it"))
    assert "call nobody acted on (income check)" in answer.text
    await slack.deliver()
    assert "Manager has been on it since Wed 25 Nov 16:00." in told(slack).text
    await slack.press(slack.manager, told(slack), "Hand it back")
    await slack.deliver()
    assert "Nobody is on it yet." in told(slack).text
    await resolve(slack, "Agent is ill: I call tomorrow")
    assert "Manager resolved it: Wed 25 Nov 16:00." in told(slack).text
    assert "I take it" not in buttons(told(slack))
    assert "I call tomorrow" not in told(slack).text
    timeline = (await slack.in_card(slack.agent, "Open", "Timeline", number="L-1042")).text
    assert "escalated by a rule: call nobody acted on" in timeline
    assert "I call tomorrow" in timeline


async def test_who_makes_the_call_settles_it_and_undo_brings_it_back(slack: Slack, loan: object) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    answer = await slack.command(slack.agent, "/loan-call L-1042 confirmed")
    await slack.deliver()
    assert "Done: confirmed" in told(slack).text
    assert buttons(told(slack)) == []
    assert "call nobody acted on" not in (await slack.card(slack.manager, "L-1042")).text
    await slack.press(slack.agent, given(answer.message), "Undo")
    await slack.deliver()
    assert "I take it" in buttons(told(slack))
    await slack.at("2026-11-27 14:00")
    assert any("no manager has taken this escalation on" in text for text in slack.texts(slack.admin))


async def test_what_was_done_in_time_reaches_no_second_level(slack: Slack, loan: object) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    await slack.command(slack.agent, "/loan-follow L-1042/1 move fri 10:00")
    for instant in ("11-27 10:00", "11-27 14:00", "11-30 17:00"):
        await slack.at(f"2026-{instant}")
    assert not any("escalation on" in text for text in slack.texts(slack.admin))
    assert await settled(slack) == [True, False]


async def test_a_call_snoozed_too_often_and_then_late_is_one_item(slack: Slack, loan: object) -> None:
    await reminder(slack)
    for _ in range(4):
        await slack.press(slack.agent, slack.posts("CAGENT")[-1], "In 1 hour")
        await slack.later(hours=1)
    assert "has snoozed this follow-up 4 times" in told(slack).text
    await slack.at("2026-11-26 18:00")
    assert "Nobody has acted on Agent's follow-up." in told(slack).text
    assert [row.kind for row in await slack.rows(Escalation)] == ["snoozed"]


async def test_a_call_that_is_late_again_on_its_new_day_is_an_item_of_its_own(slack: Slack, loan: object) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    await resolve(slack, "Agent calls tomorrow")
    await slack.command(slack.agent, "/loan-follow L-1042/1 move thu 12:00")
    for instant in ("2026-11-26 12:00", "2026-11-26 16:00"):
        await slack.at(instant)
    assert await settled(slack) == [False, False]
    first, second = slack.posts(slack.manager_channel)
    assert ("I take it" in buttons(first), "I take it" in buttons(second)) == (False, True)


async def test_a_refusal_that_was_undone_and_entered_again_is_an_item_of_its_own(slack: Slack, loan: object) -> None:
    for _ in range(2):
        answer = await slack.command(slack.agent, "/loan-call L-1042 refused too expensive")
        await slack.deliver()
        await slack.press(slack.agent, given(answer.message), "Undo")
        await slack.deliver()
    await slack.command(slack.agent, "/loan-call L-1042 refused too expensive")
    await slack.deliver()
    assert ["I take it" in buttons(post) for post in slack.posts(slack.manager_channel)] == [False, False, True]


async def test_of_two_managers_the_second_hears_who_has_the_late_call(slack: Slack, loan: object) -> None:
    second = await make_manager(slack.office, slack.workspace, slack.team, "UDEPUTY", name="Deputy")
    slack.sandbox.add_user("UDEPUTY", name="Deputy", locale="zh-CN", tz="Asia/Shanghai")
    for who in ("UDEPUTY", "UOTHER"):
        slack.sandbox.join("CMANAGERS", who)
    await slack.change(second, locale="zh-CN")
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    seen = told(slack)
    await slack.press(slack.manager, seen, "I take it")
    assert "<@UMANAGER>" in shown(await slack.press(second, seen, "I take it")).text
    assert "You need the role" in shown(await slack.press(slack.other, seen, "I take it")).text


async def test_a_refusal_is_an_item_and_a_correction_settles_it(slack: Slack, loan: object) -> None:
    await slack.command(slack.agent, "/loan-call L-1042 refused too expensive")
    await slack.deliver()
    await slack.sandbox.open_home("UMANAGER")
    assert "borrower refused" in slack.sandbox.home_of("UMANAGER").text
    await slack.press(slack.manager, told(slack), "I take it")
    await slack.deliver()
    assert "Manager has been on it" in told(slack).text
    form = await slack.in_card(slack.agent, "Open", "Timeline", number="L-1042")
    await form.press("Correct Wed 25 Nov 10:00 refused")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Outcome", "reached")
    await form.submit()
    await slack.deliver()
    assert "The call was corrected: nothing is left to decide." in told(slack).text
    assert "I take it" not in buttons(told(slack))
    await form.press("Undo")
    await slack.deliver()
    assert "Manager has been on it" in told(slack).text


async def test_a_failed_check_is_resolved_by_the_decision_about_it(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")
    await make_follow_up(slack.office, loan, slack.verifier, purpose="identity", due_at=NOON)
    await slack.in_chinese(slack.manager)
    await slack.command(slack.verifier, "/loan-call A-1 failed ID number differs")
    await slack.deliver()
    taken = shown(await slack.press(slack.manager, told(slack), "I take it"))
    assert "核实不通过（身份核实）" in taken.text
    await slack.deliver()
    await slack.press(slack.manager, told(slack), "Decide: identity check")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("决定", "go_on")
    await form.fill("原因", "A clerk's slip")
    await form.submit()
    await slack.deliver()
    assert "Manager decided: the loan goes on." in told(slack).text
    assert "Hand it back" not in buttons(told(slack))
    (row,) = await slack.rows(Escalation)
    assert (row.state, row.settled) == ("resolved", True)


async def test_the_end_of_a_loan_settles_what_rules_raised_until_it_is_undone_or_the_loan_is_open_again(
    slack: Slack,
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application", name="王小明")
    await make_follow_up(slack.office, loan, slack.verifier, purpose="identity", due_at=NOON)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await raise_escalation(desk, loan=LoanRef("A-1", "A-1"), kind="complaint")
        await raise_escalation(desk, loan=LoanRef("A-1", "A-1"), kind="no_contact")
    await slack.command(slack.verifier, "/loan-call A-1 failed ID number differs")
    await slack.command(slack.agent, "/loan-call A-1 refused conditions")
    await slack.deliver()
    moved = await slack.move(slack.agent, "A-1 withdrawn")
    await slack.deliver()
    assert sorted(await settled(slack)) == [False, False, True, True]
    posts = slack.posts(slack.manager_channel)
    assert sum("nothing is left to decide" in post.text for post in posts) == 2
    assert sum("I take it" in buttons(post) for post in posts) == 2
    await slack.press(slack.agent, moved, "Undo")
    await slack.deliver()
    assert sum("I take it" in buttons(post) for post in slack.posts(slack.manager_channel)) == 4
    await bring_rows(slack.office, slack.workspace, "A-1,王小明,13800135678,declined,UAGENT")
    assert sorted(await settled(slack)) == [False, False, True, True]
    await slack.move(slack.agent, "A-1 application")
    assert {row.kind for row in await slack.rows(Escalation) if row.settled} == {"refused"}


async def test_a_call_that_was_made_after_its_escalation_settles_no_escalation_of_another(
    slack: Slack, loan: object
) -> None:
    await reminder(slack)
    await slack.at("2026-11-25 16:00")
    await slack.command(slack.agent, "/loan-call L-1042 no answer next 2026-12-10 10:00")
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, stage="approved", name="Anna Adler")
    await slack.command(slack.agent, "/loan-follow A-2 2026-11-25 17:00 conditions")
    await slack.at("2026-11-25 17:00")
    for _ in range(3):
        await slack.press(slack.agent, slack.posts("CAGENT")[-1], "In 15 minutes")
        await slack.later(minutes=15)
    texts = slack.texts(slack.manager_channel)
    assert any("has snoozed this follow-up 3 times" in text and "A-2" in text for text in texts)
    assert await settled(slack) == [True, False]
