"""Managers change the members of their own teams, through every door: nobody joins the team of another by a line of theirs."""

import pytest

from storage.queries.people import members
from tests.builders import make_loan, make_manager, make_member, make_team
from tests.wire.office_day import Slack, buttons, given, shown

SECRET = "欧阳绝密"


@pytest.fixture
async def west(slack: Slack) -> None:
    """A team with a manager of its own, an agent and a loan, and a person who is no member yet."""
    for slack_id in ("UWEST", "UWAGENT", "UALONE", "USTRANGER"):
        if slack_id not in slack.sandbox.workspace.users:
            slack.sandbox.add_user(slack_id, name=slack_id[1:].lower(), locale="en-US", tz="Asia/Shanghai")
        slack.sandbox.join("CDESK", slack_id)
    team = await make_team(slack.office, slack.workspace, "West")
    await make_manager(slack.office, slack.workspace, team, "UWEST", name="West")
    agent = await make_member(slack.office, slack.workspace, "UWAGENT", team_id=team.id)
    await make_member(slack.office, slack.workspace, "UALONE", team_id=None)
    await make_loan(slack.office, slack.workspace, "L-9", owner=agent, name=SECRET)


async def test_a_manager_joins_and_changes_no_team_of_others(slack: Slack, west: None) -> None:
    for line, why in {
        "add <@UMANAGER> manager West": "You don't manage West",
        "add <@UMANAGER> agent West": "You don't manage West",
        "add <@UOTHER> agent West": "You don't manage West",
        "add <@UALONE> agent West": "You don't manage West",
        "add <@USTRANGER> agent West": "You don't manage West",
        "add <@UWAGENT> agent East": "a manager of this member",
        "add <@UWAGENT> verifier": "a manager of this member",
        "add <@UWEST> manager East": "a manager of this member",
        "drop <@UWEST> manager": "a manager of this member",
        "remove <@UWAGENT> to <@UAGENT>": "a manager of this member",
        "remove <@UWEST> to <@UMANAGER>": "a manager of this member",
    }.items():
        answer = (await slack.command(slack.manager, f"/loan-team {line}")).text
        assert why in answer, (line, answer)
    assert SECRET not in (await slack.command(slack.manager, "/loan L-9")).text
    await slack.in_chinese(slack.manager)
    assert "您不管理 West" in (await slack.command(slack.manager, "/loan-team add <@UMANAGER> manager West")).text


async def test_a_manager_changes_the_members_of_their_own_team(slack: Slack, west: None) -> None:
    for line in (
        "add <@UOTHER> verifier",
        "add <@UALONE> agent East",
        "add <@USTRANGER> agent East",
        "add <@UOTHER> manager",
        "drop <@UOTHER> manager",
        "add <@UMANAGER> agent",
        "remove <@UALONE> to <@UAGENT>",
        "add <@UALONE> agent North",
    ):
        assert "Undo" in buttons((await slack.command(slack.manager, f"/loan-team {line}")).message), line
    for line in ("add <@UMANAGER> manager West", "remove <@UWAGENT> to <@UAGENT>"):
        assert "Undo" in buttons((await slack.command(slack.admin, f"/loan-team {line}")).message), line


async def test_who_left_comes_back_into_no_team_of_others(slack: Slack, west: None) -> None:
    await slack.command(slack.admin, "/loan-team remove <@UWAGENT> to <@UWEST>")
    back = (await slack.command(slack.manager, "/loan-team add <@UWAGENT> agent")).text
    assert "You don't manage West" in back
    assert "Undo" in buttons((await slack.command(slack.manager, "/loan-team add <@UWAGENT> agent East")).message)


async def test_a_manager_without_a_team_is_made_by_who_may_hear_of_all(slack: Slack, west: None) -> None:
    await slack.command(slack.admin, "/loan-team add <@UALONE> manager")
    for line in ("add <@USTRANGER> manager", "add <@USTRANGER> agent"):
        answer = (await slack.command(slack.manager, f"/loan-team {line}")).text
        assert "Name the team as well, one that you manage: East" in answer
    assert "manager of this member" in (await slack.command(slack.manager, "/loan-team add <@UALONE> agent East")).text
    assert "Undo" in buttons(
        (await slack.command(await slack.member("UALONE"), "/loan-team add <@USTRANGER> manager")).message
    )


async def test_who_manages_no_team_is_told_so(slack: Slack, west: None) -> None:
    for line in ("add <@UOTHER> manager East", "add <@UALONE> manager"):
        await slack.command(slack.admin, f"/loan-team {line}")
    async with slack.office.database.transaction() as session:
        (row,) = await members.managed_by(session, slack.manager.id)
        row.removed_at = slack.clock.now()
        session.add(row)
    answer = (await slack.command(slack.manager, "/loan-team add <@USTRANGER> agent")).text
    assert "You manage no team. An admin can do that" in answer
    await slack.in_chinese(slack.manager)
    answer = (await slack.command(slack.manager, "/loan-team add <@USTRANGER> agent")).text
    assert "您目前不管理任何团队" in answer


async def test_the_form_offers_a_manager_their_own_teams(slack: Slack, west: None) -> None:
    await slack.press(slack.manager, given((await slack.command(slack.manager, "/loan-team")).message), "Add a member")
    form = slack.sandbox.modal_of("UMANAGER")
    assert await form.options("Team") == ["East"]
    await form.fill("Member", "UWAGENT")
    await form.fill("Roles", ["verifier"])
    await form.submit()
    assert "a manager of this member" in form.errors["Member"]


async def test_undo_asks_the_right_of_its_act_again(slack: Slack, west: None) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.other)
    lines = (
        "/loan-team add <@UALONE> agent East",
        "/loan-reassign L-1 <@UAGENT>",
        "/loan-team remove <@UCOLLECTOR> to <@UAGENT>",
    )
    answers = [given((await slack.command(slack.manager, line)).message) for line in lines]
    await slack.command(slack.admin, "/loan-team add <@UOTHER> manager")
    await slack.change(slack.manager, team_id=(await slack.member("UWEST")).team_id)
    async with slack.office.database.transaction() as session:
        row = next(each for each in await members.managed_by(session, slack.manager.id))
        row.removed_at = slack.clock.now()
        session.add(row)
    for answer in answers:
        refused = shown(await slack.press(slack.manager, answer, "Undo")).text
        assert "You don't manage East" in refused or "Only the people responsible" in refused, refused
