"""Who acts for an absent member may see and do what they are told of, through covers of covers and after changes of people.

Now is Wednesday 10:00 in Shanghai.
"""

from datetime import date
from itertools import pairwise

import pytest

from desk.core.sent_words import WORDS_ENTERED
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, shown

NAME = "王小明"
UNTIL = {"absent_from": date(2026, 11, 25), "absent_until": date(2026, 11, 30)}


async def newcomer(slack: Slack, name: str) -> Member:
    """Make a member of another team, with an account in Slack."""
    slack_id = f"U{name.upper()}"
    slack.sandbox.add_user(slack_id, name=name.lower(), locale="en-US", tz="Asia/Shanghai")
    slack.sandbox.join(slack.desk_channel, slack_id)
    row = await make_team(slack.office, slack.workspace, f"West {name}")
    return await make_member(slack.office, slack.workspace, slack_id, name=name, team_id=row.id)


async def planned(slack: Slack) -> Loan:
    """Make a loan of the agent, whose call falls due at 11:00."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now().replace(hour=3))
    return loan


async def may_act(slack: Slack, who: Member) -> bool:
    """Whether the member finds the loan, opens its card from the reminder and logs the call with one tap."""
    (reminder,) = [post for post in slack.posts(who) if "please call about documents" in post.text]
    assert NAME in (await slack.command(who, "/loan L-1")).text
    assert "L-1" in (await slack.command(who, "/loan find 5678")).text
    tapped = shown(await slack.press(who, reminder, "no answer"))
    return NAME in tapped.text


async def test_the_cover_of_a_cover_may_see_and_do_what_they_are_reminded_of(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    await planned(slack)
    assert "no loan “L-1”" in (await slack.command(chen, "/loan L-1")).text
    await slack.command(slack.agent, "/loan-team away @agent until mon cover @other")
    await slack.command(slack.other, "/loan-team away @other until mon cover @chen")

    await slack.at("2026-11-25 11:00")
    assert await may_act(slack, chen)
    assert NAME in (await slack.command(slack.other, "/loan L-1")).text

    await slack.command(slack.agent, "/loan-team back @agent")
    assert "no loan “L-1”" in (await slack.command(chen, "/loan L-1")).text


async def test_the_longest_chain_of_covers_that_counts_reaches_its_end(slack: Slack) -> None:
    chain = [slack.agent, *[await newcomer(slack, name) for name in ("Ba", "Cui", "Dai", "Er", "Fan")]]
    for member, cover in pairwise(chain):
        await slack.change(member, cover_id=cover.id, **UNTIL)
    await planned(slack)

    await slack.at("2026-11-25 11:00")

    assert await may_act(slack, chain[-1])


async def test_covers_who_cover_each_other_leave_the_call_to_the_manager(slack: Slack) -> None:
    await slack.change(slack.agent, cover_id=slack.other.id, **UNTIL)
    await slack.change(slack.other, cover_id=slack.agent.id, **UNTIL)
    await planned(slack)

    await slack.at("2026-11-25 11:00")

    assert await may_act(slack, slack.manager)
    assert not any("please call" in text for text in (*slack.texts(slack.agent), *slack.texts(slack.other)))


async def test_the_cover_of_an_absent_manager_acts_for_the_managers_people(slack: Slack) -> None:
    dai = await newcomer(slack, "Dai")
    await slack.change(slack.agent, **UNTIL)
    await slack.change(slack.manager, cover_id=dai.id, **UNTIL)
    await planned(slack)

    await slack.at("2026-11-25 11:00")

    assert await may_act(slack, dai)


async def test_the_owners_cover_acts_on_what_another_holds_on_the_loan(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME)
    await make_follow_up(slack.office, loan, slack.verifier, purpose="documents")
    await slack.change(slack.agent, cover_id=chen.id, **UNTIL)

    done = await slack.command(chen, "/loan-follow L-1/1 done")

    assert "Only the people responsible" not in done.text


async def test_when_the_last_of_a_chain_leaves_too_the_call_is_announced_to_the_next(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    await slack.change(slack.agent, cover_id=slack.other.id, **UNTIL)
    await slack.change(slack.other, cover_id=chen.id, **UNTIL)
    await planned(slack)
    await slack.at("2026-11-25 11:00")
    assert len([text for text in slack.texts(chen) if "please call" in text]) == 1

    await slack.command(slack.admin, "/loan-team away @chen until mon cover @collector")
    await slack.deliver()

    assert await may_act(slack, slack.collector)


@pytest.mark.parametrize("stage", ["disbursed", "closed"])
async def test_a_former_cover_sees_nothing_of_a_removed_member(slack: Slack, stage: str) -> None:
    chen = await newcomer(slack, "Chen")
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME, stage=stage)
    await slack.command(slack.agent, "/loan-team away @agent until mon cover @chen")
    assert NAME in (await slack.command(chen, "/loan L-1")).text

    await slack.command(slack.admin, "/loan-team remove @agent to @other")
    await slack.later(days=30)

    assert "no loan “L-1”" in (await slack.command(chen, "/loan L-1")).text
    assert NAME not in (await slack.command(chen, "/loan find 5678")).text


async def test_a_cover_who_is_removed_covers_no_more_until_that_is_undone(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    await planned(slack)
    await slack.command(slack.agent, "/loan-team away @agent until mon cover @chen")
    removed = await slack.command(slack.admin, "/loan-team remove @chen to @other")
    assert "cover:" not in (await slack.command(slack.admin, "/loan-team")).text

    assert removed.message is not None
    await slack.press(slack.admin, removed.message, "Undo")

    assert "cover: <@UCHEN>" in (await slack.command(slack.admin, "/loan-team")).text
    assert NAME in (await slack.command(chen, "/loan L-1")).text


async def test_who_gave_a_loan_to_another_team_is_offered_nothing_they_may_not_open(slack: Slack) -> None:
    await newcomer(slack, "Chen")
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME)

    await slack.command(slack.manager, "/loan-reassign L-1 @chen")
    await slack.deliver()

    (told,) = [post for post in slack.posts(slack.agent) if "L-1" in post.text]
    assert buttons(told) == []
    (told,) = [post for post in slack.posts(await slack.member("UCHEN")) if "L-1" in post.text]
    assert buttons(told) == ["Open card"]


async def test_a_removed_member_who_is_let_in_again_is_at_work(slack: Slack) -> None:
    await slack.change(slack.agent, cover_id=slack.other.id, **UNTIL)
    await slack.command(slack.admin, "/loan-team remove @agent to @other")
    again = await slack.command(slack.admin, "/loan-team add @agent agent")
    assert "away" not in again.text
    await planned(slack)

    await slack.at("2026-11-25 11:00")

    assert await may_act(slack, slack.agent)


async def test_a_cover_sees_what_the_absent_member_has_due(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    await planned(slack)
    assert "Only the people responsible" in (await slack.command(chen, "/loan-due @agent")).text

    await slack.command(slack.agent, "/loan-team away @agent until mon cover @chen")

    assert NAME in (await slack.command(chen, "/loan-due @agent")).text
    assert "Only the people responsible" in (await slack.command(chen, "/loan-due @other")).text


async def test_a_former_cover_undoes_nothing_on_a_loan_that_they_may_not_see_any_more(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    await planned(slack)
    await slack.command(slack.agent, "/loan-team away @agent until mon cover @chen")
    done = (await slack.command(chen, "/loan-note L-1 asks for a letter")).message
    assert done is not None
    await slack.command(slack.agent, "/loan-team back @agent")

    assert "you can't see it" in shown(await slack.press(chen, done, "Undo")).text


async def test_who_closed_the_only_follow_up_they_held_may_undo_that(slack: Slack) -> None:
    chen = await newcomer(slack, "Chen")
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME)
    await make_follow_up(slack.office, loan, chen, purpose="documents")
    done = (await slack.command(chen, "/loan-follow L-1/1 done")).message
    assert done is not None
    assert "no loan" in (await slack.command(chen, "/loan L-1")).text
    async with slack.office.desk(slack.workspace) as desk:  # the worker notes what a reminder had said
        desk.audit(WORDS_ENTERED, loan_id=loan.id)

    assert "Undone on L-1" in shown(await slack.press(chen, done, "Undo")).text
