"""Forms for teams, admins and members. Now is Wednesday 10:00 in Shanghai."""

import re

import pytest
from sqlmodel import select

from sandbox import Modal
from sandbox.elements import NotPossibleError
from storage.queries.people import members
from storage.tables import AuditEntry, Member, Team
from tests.builders import make_loan, make_team
from tests.wire.office_day import Slack


async def opened(slack: Slack, button: str = "Team settings", who: Member | None = None) -> Modal:
    """Open a form from the list of members as the admin."""
    who = who or slack.admin
    reply = await slack.command(who, "/loan-team")
    assert reply.message is not None
    await slack.press(who, reply.message, button)
    return slack.sandbox.modal_of(who.slack_user_id)


async def managers(slack: Slack, team: Team) -> list[str]:
    async with slack.office.database.reading() as session:
        return [m.slack_user_id for m in await members.managers_of(session, [team.id])]


async def the_team(slack: Slack) -> Team:
    async with slack.office.database.reading() as session:
        return await session.get_one(Team, slack.team.id)


async def roles(slack: Slack, who: str) -> set[str]:
    async with slack.office.database.reading() as session:
        row = (await session.exec(select(Member).where(Member.slack_user_id == who))).one()
        return set() if row.removed_at else set(row.roles.split())


async def test_managers_channel_and_admins_are_changed_together_and_undone(slack: Slack) -> None:
    form = await opened(slack)
    await form.fill("Team managers", ["UOTHER"])
    await form.fill("Channel for escalations", "CDESK")
    await form.fill("Desk admins", ["UADMIN", "UMANAGER"])
    sent = await form.submit()

    assert sent.errors == {}
    assert "Managers: <@UOTHER>" in form.text
    assert "Admins: <@UADMIN>, <@UMANAGER>" in form.text
    assert "keep the manager role: <@UMANAGER>" in form.text
    assert await managers(slack, slack.team) == ["UOTHER"]
    assert (await the_team(slack)).manager_channel_id == "CDESK"
    assert await roles(slack, "UOTHER") == {"agent", "manager"}
    assert await roles(slack, "UMANAGER") == {"admin", "manager"}
    async with slack.office.database.reading() as session:
        acts = {entry.act for entry in await session.exec(select(AuditEntry))}
    assert acts >= {"set_managers", "set_manager_channel"}

    await form.press("Undo")

    assert await managers(slack, slack.team) == ["UMANAGER"]
    assert (await the_team(slack)).manager_channel_id == "CMANAGERS"
    assert await roles(slack, "UOTHER") == {"agent"}
    assert await roles(slack, "UMANAGER") == {"manager"}


async def test_the_channel_of_the_managers_has_a_language_of_its_own(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    form = await opened(slack)
    await form.fill("Channel language", "English")
    await form.submit()
    assert "Channel language: English" in form.text

    await slack.command(slack.agent, "/loan-call L-1 refused : shouted")
    await slack.deliver()
    assert "Agent logged: refused." in slack.texts("CMANAGERS")[-1]

    await form.press("Undo")
    await slack.command(slack.agent, "/loan-call L-1 refused : shouted again")
    await slack.deliver()
    assert "Agent 已登记：拒绝。" in slack.texts("CMANAGERS")[-1]


async def test_another_team_shows_its_own_managers(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    form = await opened(slack)
    await form.fill("Team", "West")
    assert "UMANAGER" not in str(form.values)

    await form.fill("Team managers", ["UAGENT"])
    await form.submit()

    assert "Team: West" in form.text
    assert await managers(slack, west) == ["UAGENT"]
    assert await managers(slack, slack.team) == ["UMANAGER"]


async def test_a_team_may_have_no_channel_and_no_manager(slack: Slack) -> None:
    form = await opened(slack)
    await form.fill("Team managers", [])
    await form.fill("Turn off", ["channel"])
    await form.submit()

    assert "Managers: nobody" in form.text
    assert (await the_team(slack)).manager_channel_id is None
    assert await managers(slack, slack.team) == []


async def test_saving_without_changes_is_reported(slack: Slack) -> None:
    form = await opened(slack)
    await form.submit()

    assert form.errors == {"Desk admins": "Nothing was changed: it is already set this way."}


@pytest.mark.parametrize(
    ("label", "value", "said"),
    [
        ("Team managers", ["USTRANGER"], "not a member"),
        ("Desk admins", ["UMANAGER"], "has no other role"),
        ("Channel for escalations", "CALIEN", "shared with another company"),
    ],
)
async def test_errors_are_shown_at_their_fields(slack: Slack, label: str, value: str | list[str], said: str) -> None:
    slack.sandbox.add_channel("alien", channel_id="CALIEN", kind="private", members=["UADMIN"], is_ext_shared=True)
    form = await opened(slack)
    await form.fill(label, value)
    await form.submit()

    assert said in form.errors[label]
    assert await managers(slack, slack.team) == ["UMANAGER"]


async def test_values_of_a_closed_form_are_offered_again_for_the_same_team(slack: Slack) -> None:
    slack.sandbox.add_channel("alien", channel_id="CALIEN", kind="private", members=["UADMIN"], is_ext_shared=True)
    west = await make_team(slack.office, slack.workspace, "West")
    form = await opened(slack)
    await form.fill("Team", "West")
    await form.fill("Team managers", ["UAGENT"])
    await form.fill("Channel for escalations", "CALIEN")
    await form.submit()
    assert form.errors
    await form.close()

    form = await opened(slack)
    assert "You started filling this in" in form.text
    await form.press("Continue where I left off")
    assert {"UAGENT", "CALIEN", str(west.id)} <= set(re.findall(r"UAGENT|CALIEN|[0-9a-f-]{36}", str(form.values)))
    await form.fill("Channel for escalations", "CDESK")
    await form.submit()

    assert "Team: West" in form.text
    assert await managers(slack, west) == ["UAGENT"]
    assert await managers(slack, slack.team) == ["UMANAGER"]


async def test_an_admin_who_lost_the_role_meanwhile_changes_nothing(slack: Slack) -> None:
    form = await opened(slack)
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.admin.id)).roles = "agent"
    await form.fill("Team managers", ["UOTHER"])
    await form.submit()

    assert "You need the role admin" in form.errors["Desk admins"]
    assert await managers(slack, slack.team) == ["UMANAGER"]


async def test_only_admins_are_offered_the_form(slack: Slack) -> None:
    reply = await slack.command(slack.manager, "/loan-team")
    assert "Team settings" not in str(reply.message and reply.message.blocks)
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Team settings")
    assert slack.sandbox.modal_of("UADMIN").title == "Team settings"


async def test_a_member_is_added_and_that_is_undone(slack: Slack) -> None:
    form = await opened(slack, "Add a member", slack.manager)
    await form.fill("Member", "USTRANGER")
    with pytest.raises(NotPossibleError, match="no option"):
        await form.fill("Roles", ["agent", "admin"])

    await form.fill("Roles", ["agent"])
    await form.fill("Channel for their reminders", "CDESK")
    await form.fill("Or a new team", "North")
    await form.submit()
    assert "<@USTRANGER> is now a member of the desk" in form.text
    assert "New team: North" in form.text
    await form.press("Undo")

    assert await roles(slack, "USTRANGER") == set()


async def test_the_form_shows_what_a_member_has_and_changes_only_what_differs(slack: Slack) -> None:
    mine, theirs = await opened(slack, "Add a member"), await opened(slack, "Add a member", slack.manager)
    for form in (mine, theirs):
        await form.fill("Member", "UAGENT")
    assert [option["value"] for option in mine.values["form.refresh#roles"]["selected_options"]] == ["agent"]
    await theirs.fill("Roles", ["agent", "verifier"])
    await theirs.fill("Channel for their reminders", "CDESK")
    await theirs.submit()

    await mine.fill("Roles", ["collector"])
    await mine.submit()

    row = await slack.member("UAGENT")
    assert (row.roles, row.reminder_channel_id, row.team_id) == ("verifier collector", "CDESK", slack.team.id)
    assert "Taken away: agent" in mine.text


async def test_two_admins_change_the_managers_and_the_admins_at_once(slack: Slack) -> None:
    await slack.change(slack.manager, roles="manager admin")
    mine, theirs = await opened(slack), await opened(slack, who=slack.manager)
    await theirs.fill("Team managers", ["UMANAGER", "UAGENT"])
    await theirs.fill("Desk admins", ["UADMIN", "UMANAGER", "UAGENT"])
    await theirs.submit()

    await mine.fill("Team managers", ["UOTHER"])
    await mine.fill("Desk admins", ["UADMIN", "UOTHER"])
    await mine.submit()

    assert await managers(slack, slack.team) == ["UAGENT", "UOTHER"]
    assert {who for who in ("UADMIN", "UMANAGER", "UAGENT", "UOTHER") if "admin" in await roles(slack, who)} == {
        "UADMIN",
        "UAGENT",
        "UOTHER",
    }


async def test_a_teams_name_has_a_limit(slack: Slack) -> None:
    refused = await slack.command(slack.admin, f"/loan-team add @stranger agent {'x' * 61}")
    assert "The team's name has 61 characters; the limit is 60." in refused.text


async def test_a_bot_cannot_become_a_member(slack: Slack) -> None:
    form = await opened(slack, "Add a member")
    await form.fill("Member", "U0APPBOT")
    await form.fill("Roles", ["agent"])
    await form.submit()

    assert "is a bot" in form.errors["Member"]


async def test_a_member_is_removed_and_their_work_goes_to_another_member(slack: Slack) -> None:
    form = await opened(slack, "Remove a member")
    await form.fill("Member", "UAGENT")
    await form.fill("Who takes over their loans and follow-ups", "UAGENT")
    await form.submit()
    assert "the same person twice" in form.errors["Who takes over their loans and follow-ups"]

    await form.fill("Who takes over their loans and follow-ups", "UOTHER")
    await form.submit()

    assert "<@UAGENT> is no longer a member." in form.text
    assert await roles(slack, "UAGENT") == set()
