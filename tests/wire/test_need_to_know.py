"""People see the loans that their work needs, for as long as it needs them. Now is Wednesday 10:00 in Shanghai."""

from datetime import timedelta
from typing import Any

import pytest

from desk.handover.day_moves import MoveRequest, preview_moves
from sandbox.modals import Modal
from storage.tables import Loan, Member
from tests.builders import make_follow_up, make_loan, make_manager, make_member, make_team
from tests.wire.office_day import Slack, buttons

NAME = "欧阳绝密"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent, name=NAME, stage="application")


async def hire(slack: Slack, slack_id: str, **values: Any) -> Member:
    """Return a new member of no team."""
    slack.sandbox.add_user(slack_id, name=slack_id[1:].lower(), locale="en-US", tz="Asia/Shanghai")
    slack.sandbox.join("CDESK", slack_id)
    return await make_member(slack.office, slack.workspace, slack_id, **values)


async def west_manager(slack: Slack) -> Member:
    slack.sandbox.add_user("UWEST", name="West", locale="en-US", tz="Asia/Shanghai")
    slack.sandbox.join("CDESK", "UWEST")
    west = await make_team(slack.office, slack.workspace, "West")
    return await make_manager(slack.office, slack.workspace, west, "UWEST")


async def choose(slack: Slack, choice: str, what: str = "Managers see the loans of") -> None:
    """Have an admin choose the loans of which teams managers see, or another setting."""
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Language and country")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill(what, choice)
    await form.submit()


async def sees(slack: Slack, who: Member, number: str = "L-1") -> bool:
    """Return whether the member's card, search and suggestions show the loan: all of them or none."""
    card = (await slack.command(who, f"/loan {number}")).text
    found = (await slack.command(who, f"/loan find {NAME}")).text
    ways = {NAME in card, number in found}
    assert len(ways) == 1, (card, found)
    return ways.pop()


async def test_a_manager_sees_the_loans_of_their_teams_unless_an_admin_widens_it(slack: Slack, loan: Loan) -> None:
    west = await west_manager(slack)
    assert await sees(slack, slack.manager)
    assert not await sees(slack, west)
    assert "Only the people responsible" in (await slack.command(west, "/loan-due <@UAGENT>")).text
    assert "Only the people responsible" in (await slack.command(west, "/loan-reassign <@UAGENT> <@UOTHER>")).text
    await choose(slack, "all_teams")
    assert await sees(slack, west)


async def test_of_people_without_a_team_only_managers_without_one_see_the_loans(slack: Slack) -> None:
    alone = await hire(slack, "UALONE", roles="agent")
    await make_loan(slack.office, slack.workspace, "L-9", owner=alone, name=NAME)
    assert await sees(slack, slack.manager, "L-9"), "no manager is nearer"
    head = await hire(slack, "UHEAD", roles="manager")
    assert await sees(slack, head, "L-9")
    assert not await sees(slack, slack.manager, "L-9")
    assert not await sees(slack, slack.agent, "L-9")


async def test_loans_of_nobody_are_seen_by_managers_and_who_has_no_team_unless_an_admin_widens_it(slack: Slack) -> None:
    alone = await hire(slack, "UALONE", roles="agent")
    await make_loan(slack.office, slack.workspace, "L-9", name=NAME)

    async def offered(who: Member) -> bool:
        listed = (await slack.command(who, "/loan pool")).text
        await slack.sandbox.open_home(who.slack_user_id)
        home = slack.sandbox.home_of(who.slack_user_id)
        ways = {"L-9" in listed, "Without an owner" in home.text, await sees(slack, who, "L-9")}
        assert len(ways) == 1, listed
        return ways.pop()

    assert [await offered(who) for who in (alone, slack.manager, slack.agent, slack.collector)] == [
        True,
        True,
        False,
        False,
    ]
    assert "seen by managers and by members without a team" in (await slack.command(slack.agent, "/loan pool")).text
    assert "no loan “L-9” that you can see" in (await slack.command(slack.agent, "/loan-reassign L-9 <@UAGENT>")).text
    await slack.in_chinese(slack.agent)
    assert "无主贷款只对主管和没有团队的成员可见" in (await slack.command(slack.agent, "/loan pool")).text
    await slack.change(slack.agent, locale="en-US")
    await choose(slack, "callers", "Loans without an owner are seen by")
    assert await offered(slack.agent)


async def test_every_manager_sees_the_loans_of_a_team_without_one(slack: Slack) -> None:
    north = await make_team(slack.office, slack.workspace, "North")
    agent = await hire(slack, "UNORTH", roles="agent", team_id=north.id)
    await make_loan(slack.office, slack.workspace, "L-9", owner=agent, name=NAME)
    assert await sees(slack, slack.manager, "L-9")
    await slack.command(slack.admin, "/loan-team add <@UOTHER> manager North")
    assert not await sees(slack, slack.manager, "L-9")


async def test_an_admin_sees_no_borrower_by_that_role(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "L-2", name=NAME)
    for number in ("L-1", "L-2"):
        assert not await sees(slack, slack.admin, number)
    assert NAME not in (await slack.command(slack.admin, "/loan-due <@UAGENT>")).text
    await slack.command(slack.admin, "/loan-team add <@UADMIN> manager")
    assert await sees(slack, await slack.member("UADMIN"), "L-2")


async def test_an_admin_who_is_in_a_team_is_shown_no_list_of_its_borrowers(slack: Slack, loan: Loan) -> None:
    await make_follow_up(slack.office, loan, slack.agent)
    await slack.change(slack.admin, team_id=slack.team.id)
    for line in ("/loan-due team", "/loan-due team all", "/loan-due team unplanned"):
        assert "You need the role" in (await slack.command(slack.admin, line)).text
    assert NAME in (await slack.command(slack.compliance, "/loan-due team")).text


async def test_a_manager_sees_a_loan_of_others_while_one_of_theirs_has_a_call_on_it(slack: Slack, loan: Loan) -> None:
    west = await west_manager(slack)
    caller = await hire(slack, "UCALLER", roles="agent", team_id=west.team_id)
    await make_follow_up(slack.office, loan, caller)
    assert NAME in (await slack.command(west, "/loan-due <@UCALLER>")).text
    assert await sees(slack, west)
    assert await sees(slack, caller)
    await slack.command(slack.manager, "/loan-follow L-1/1 cancel")
    assert not await sees(slack, west)
    for line in ("/loan-audit <@UCALLER>", "/loan-audit today"):
        read = (await slack.command(west, line)).text
        assert "saw the card" in read
        assert "L-1" not in read


async def test_a_manager_reads_the_trail_of_each_loan_that_they_manage(slack: Slack) -> None:
    alone = await hire(slack, "UALONE", roles="agent")
    await make_loan(slack.office, slack.workspace, "L-9", owner=alone, name=NAME)
    await slack.command(alone, "/loan L-9")
    head = await hire(slack, "UHEAD", roles="manager")
    await slack.press(head, await slack.card(head, "L-9"), "Who saw this")
    for line in ("/loan-audit L-9", "/loan-audit <@UALONE>", "/loan-audit today"):
        assert "<@UALONE> · saw the card" in (await slack.command(head, line)).text


async def test_who_sees_a_loan_without_managing_its_owner_is_offered_neither_its_trail_nor_to_give_it_away(
    slack: Slack, loan: Loan
) -> None:
    west = await west_manager(slack)
    caller = await hire(slack, "UCALLER", roles="agent", team_id=west.team_id)
    await make_follow_up(slack.office, loan, caller)

    async def offered(who: Member) -> set[str]:
        """Return what is offered of the two, on the card and in the window that it opens."""
        card, window = await slack.card(who, "L-1"), await slack.in_card(who, "Open", number="L-1")
        return {"Who saw this", "Reassign"} & {*buttons(card), *window.text.splitlines()}

    assert await offered(slack.manager) == {"Who saw this", "Reassign"}
    assert await offered(west) == set()
    await choose(slack, "all_teams")
    assert await offered(west) == {"Reassign"}
    await slack.change(slack.agent, team_id=west.team_id)
    assert await offered(west) == {"Who saw this", "Reassign"}


async def test_who_moves_the_calls_of_another_team_is_told_no_borrower(slack: Slack, loan: Loan) -> None:
    agreed = slack.clock.now() + timedelta(hours=5)
    await make_follow_up(slack.office, loan, slack.agent, due_at=agreed)
    for who in (slack.admin, slack.manager):
        async with slack.office.desk(slack.workspace) as desk:
            desk.actor = who
            request = MoveRequest(member_id=slack.agent.id, day=agreed.date())
            preview = await preview_moves(desk, request)
        assert preview.staying == 1
        assert [each.loan.name for each in preview.stays] == ([NAME] if who is slack.manager else [])


async def test_a_manager_moves_the_calls_of_their_own_people_alone_unless_an_admin_widens_it(
    slack: Slack, loan: Loan
) -> None:
    await make_follow_up(slack.office, loan, slack.agent)
    west = await west_manager(slack)

    async def ask(form_name: str, whose: str) -> Modal:
        await slack.sandbox.open_home("UWEST")
        await slack.sandbox.home_of("UWEST").press(form_name)
        form = slack.sandbox.modal_of("UWEST")
        await form.fill(whose, "UAGENT")
        await form.submit()
        return form

    refused = (await ask("Move a member's calls", "Whose calls")).errors["Whose calls"]
    assert refused == "Only the people responsible can act on this: @Manager."
    await choose(slack, "all_teams")
    form = await ask("Move a member's calls", "Whose calls")
    assert "1 call would be moved" in form.text
    await choose(slack, "own_teams")
    await form.press("Move now")
    assert "Only the people responsible" in slack.sandbox.modal_of("UWEST").text
    await slack.in_chinese(west)
    assert "@Manager" in (await ask("批量改期", "谁的跟进")).errors["谁的跟进"]


async def test_who_acts_for_another_sees_what_they_have_for_as_long(slack: Slack, loan: Loan) -> None:
    alone = await hire(slack, "UALONE", roles="agent")
    answer = await slack.command(slack.manager, "/loan-team away @agent until nov 30 cover @alone")
    assert "<@UALONE>" in answer.text
    assert await sees(slack, alone)
    await slack.command(slack.manager, "/loan-team back @agent")
    assert not await sees(slack, alone)


async def test_the_second_level_sees_an_escalated_loan_until_it_is_resolved(slack: Slack, loan: Loan) -> None:
    head = await hire(slack, "UHEAD", roles="manager")
    await slack.press(slack.agent, await slack.card(slack.agent, "L-1"), "Escalate")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Reason", "complaint")
    await form.submit()
    await slack.deliver()
    assert not await sees(slack, head)
    await slack.at("2026-11-25 14:01")
    assert await sees(slack, head)
