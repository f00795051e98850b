"""`/loan-team` typed in Slack. Now is Wednesday 10:00."""

import pytest
from sqlmodel import select

from sandbox.server import Sandbox
from storage.queries.people import members
from storage.tables import Member, TeamManager
from tests.builders import make_follow_up, make_loan, make_team
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def channels(slack: Slack) -> Sandbox:
    """Channels for reminders: a suitable one and each unsuitable kind."""
    box = slack.sandbox
    people = ["UADMIN", "UMANAGER", "USTRANGER"]
    for name, values in {
        "good": {"kind": "private"},
        "public": {"kind": "public"},
        "shared": {"kind": "private", "is_ext_shared": True},
        "without-bot": {"kind": "public"},
    }.items():
        box.add_channel(name, channel_id=f"C{name.upper().replace('-', '')}", members=[*people], **values)
    for channel in ("CGOOD", "CPUBLIC", "CSHARED"):
        box.join(channel, "U0APPBOT")
    box.leave("CWITHOUTBOT", "U0APPBOT")
    return box


async def member(slack: Slack, slack_id: str) -> Member | None:
    async with slack.office.database.reading() as session:
        return (await session.exec(select(Member).where(Member.slack_user_id == slack_id))).first()


def reminded(slack: Slack) -> bool:
    return any("please call about documents" in text for text in slack.texts(slack.agent))


async def test_all_members_are_listed_by_team(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-team")
    lines = reply.text.splitlines()
    assert lines[0] == "7 members at this desk"
    assert lines[1:3] == ["No team", "• <@UADMIN> · admin · 09:00-18:00 mon-fri · direct messages"]
    assert "• <@UVERIFIER> · verifier · 09:00-18:00 mon-fri · direct messages" in lines


async def test_admins_are_asked_to_enter_next_years_make_up_days(slack: Slack) -> None:
    told = "The make-up working days of 2027 aren't known yet."
    assert told not in (await slack.command(slack.agent, "/loan-team")).text
    listed = (await slack.command(slack.admin, "/loan-team")).text
    assert told in listed

    line = next(line for line in listed.splitlines() if told in line)
    await slack.command(slack.admin, line[line.index("/loan-team") :])

    assert told not in (await slack.command(slack.admin, "/loan-team")).text


async def test_chinese_answers_contain_no_english(slack: Slack) -> None:
    await slack.in_chinese(slack.admin)
    listed = await slack.command(slack.admin, "/loan-team")
    assert "• <@UVERIFIER> · 电核 · 09:00-18:00 周一至周五 · 私信" in listed.text
    assert "2027 年的调休安排尚未录入" in listed.text
    added = await slack.command(slack.admin, "/loan-team 添加 @stranger 客户经理、电核 #desk 东区")
    assert added.text.splitlines() == [
        "<@USTRANGER> 已加入工作台：",
        "<@USTRANGER> · 客户经理、电核 · 09:00-18:00 周一至周五 · <#CDESK>",
        "新团队：东区",
    ]
    hours = await slack.command(slack.admin, "/loan-team 工时 @stranger 10:00-19:00 周一到周六")
    assert hours.text.splitlines()[0] == "<@USTRANGER> 的工作时间：10:00-19:00 周一至周六。"
    away = await slack.command(slack.admin, "/loan-team 请假 @stranger 到12月5日 代班 @agent")
    assert away.text.splitlines()[:2] == [
        "<@USTRANGER> 休假至 2026年12月5日 周六（含当天）。",
        "由 <@UAGENT> 代班：提醒和新跟进发给代班人。",
    ]
    day = await slack.command(slack.admin, "/loan-team 日历 12月25日 休息 圣诞节")
    assert day.text == "2026年12月25日 周五 为休息日。\n> 圣诞节"


async def test_a_member_is_added_with_roles_channel_and_team_and_undone(slack: Slack, channels: Sandbox) -> None:
    reply = await slack.command(slack.manager, "/loan-team add @stranger agent, verifier #good East")
    assert reply.text.splitlines() == [
        "<@USTRANGER> is now a member of the desk:",
        "<@USTRANGER> · agent, verifier · 09:00-18:00 mon-fri · <#CGOOD>",
        "Team: East",
    ]
    added = await member(slack, "USTRANGER")
    assert added is not None
    assert (added.team_id, added.reminder_channel_id) == (slack.team.id, "CGOOD")
    assert added.next_digest_at is not None
    assert reply.message is not None
    await slack.press(slack.manager, reply.message, "Undo")
    refused = await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan")
    assert "not a member of this desk" in refused.text


async def test_adding_a_member_again_changes_them(slack: Slack) -> None:
    reply = await slack.command(slack.admin, "/loan-team add @agent agent, collector")
    assert reply.text.splitlines()[:2] == [
        "<@UAGENT> is already a member; updated:",
        "<@UAGENT> · agent, collector · 09:00-18:00 mon-fri · direct messages",
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "add @stranger agent #shared",
            "is shared with another company, so borrowers' data can't appear there. Choose another channel.",
        ),
        ("add @stranger agent #without-bot", "The bot isn't in <#CWITHOUTBOT>. Invite it there first"),
        ("add @stranger agent #archived", "Choose"),
        ("add @stranger boss", "“boss” isn't a role."),
        ("add @stranger", "Which role?"),
        ("add @stranger agent East #good", "put the channel before the team."),
        ("add @unheardof agent", "Mention the person with @"),
        ("remove @agent", "Who? Mention a member with @."),
        ("remove @agent to @agent", "That is the same person twice. Name two different members."),
        ("remove @admin to @agent", "This is the only admin. Make another member an admin first."),
        ("away @agent", "Until when? Add the last day away."),
        ("away @agent until yesterday", "“yesterday” has passed"),
        ("away @agent until fri cover @agent", "That is the same person twice. Name two different members."),
        ("hours @agent 9-25", "type working hours like 09:00-18:00."),
        (
            "calendar dec 25",
            "The line is incomplete: something is missing at the end.\nFor example: /loan-team calendar dec 25 work",
        ),
        ("dance", "I don't know what to do with “dance”."),
    ],
)
async def test_an_invalid_line_is_explained(slack: Slack, channels: Sandbox, line: str, said: str) -> None:
    if "#archived" in line:
        channels.add_channel("archived", channel_id="CARCHIVED", kind="public", members=["UADMIN", "U0APPBOT"])
        channels.archive("CARCHIVED")
    reply = await slack.command(slack.admin, f"/loan-team {line}")
    assert said in reply.text
    assert await member(slack, "USTRANGER") is None


async def test_a_public_reminder_channel_is_saved_with_a_warning(slack: Slack, channels: Sandbox) -> None:
    reply = await slack.command(slack.admin, "/loan-team add @stranger agent #public")
    assert "Careful: that channel is public. Everyone in the company can read masked names in it." in reply.text


@pytest.mark.parametrize("kind", ["is_restricted", "is_ultra_restricted", "is_bot"])
async def test_guests_and_bots_cannot_become_members(slack: Slack, kind: str) -> None:
    setattr(slack.sandbox.add_user("UGUEST", name="guest"), kind, True)
    reply = await slack.command(slack.admin, "/loan-team add @guest agent")
    assert "guest" in reply.text or "bot" in reply.text
    assert await member(slack, "UGUEST") is None


async def test_only_admins_add_admins_and_agents_add_nobody(slack: Slack) -> None:
    for role in ("admin", "compliance"):
        reply = await slack.command(slack.manager, f"/loan-team add @stranger {role}")
        assert "Only an admin can give or take away the roles admin and compliance." in reply.text
    for who in (slack.agent, slack.compliance):
        reply = await slack.command(who, "/loan-team add @stranger agent")
        assert "You need the role admin or manager for this." in reply.text
    assert await member(slack, "USTRANGER") is None


async def test_only_another_admin_removes_the_admin_role(slack: Slack) -> None:
    for line in ("add @admin agent", "drop @admin admin", "drop @compliance compliance"):
        refused = await slack.command(slack.manager, f"/loan-team {line}")
        assert "Only an admin can give or take away the roles admin and compliance." in refused.text
    await slack.command(slack.admin, "/loan-team add @admin agent")
    refused = await slack.command(slack.admin, "/loan-team drop @admin admin")
    assert "This is the only admin. Make another member an admin first." in refused.text
    assert (await slack.member("UADMIN")).roles == "admin agent"

    await slack.command(slack.admin, "/loan-team add @other admin")
    await slack.command(slack.admin, "/loan-team drop @admin admin")
    assert (await slack.member("UADMIN")).roles == "agent"


async def test_a_manager_cannot_remove_admins_or_compliance_members(slack: Slack) -> None:
    await slack.change(slack.other, roles="admin agent")
    for who in ("other", "compliance"):
        refused = await slack.command(slack.manager, f"/loan-team remove @{who} to @agent")
        assert "Only an admin can give or take away the roles admin and compliance." in refused.text


async def test_undo_never_removes_the_last_admin(slack: Slack) -> None:
    first = (await slack.command(slack.admin, "/loan-team add @other admin")).message
    await slack.change(slack.admin, roles="manager compliance")
    await slack.change(slack.manager, roles="manager admin")
    again = (await slack.command(slack.manager, "/loan-team add @collector admin")).message
    for who in (slack.other, slack.manager):
        await slack.change(who, roles="manager")
    await slack.change(slack.manager, roles="manager admin")
    await slack.command(slack.collector, "/loan-team drop @manager admin")
    assert first is not None
    assert again is not None
    refused = shown(await slack.press(slack.manager, again, "Undo"))
    assert "Only an admin can give or take away" in refused.text
    assert (await slack.member("UCOLLECTOR")).roles == "collector admin"


async def test_a_member_who_loses_the_manager_role_manages_no_team(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    async with slack.office.database.transaction() as session:
        session.add(TeamManager(team_id=west.id, member_id=slack.manager.id, workspace_id=slack.workspace.id))
    await slack.command(slack.admin, "/loan-team add @manager agent")
    await slack.command(slack.admin, "/loan-team drop @manager manager")
    async with slack.office.database.reading() as session:
        assert await members.teams_managed_by(session, slack.manager.id) == []


async def test_roles_are_added_and_dropped_by_name_and_what_is_replaced_is_said(
    slack: Slack, channels: Sandbox
) -> None:
    await slack.command(slack.admin, "/loan-team add @stranger agent #public East")
    added = await slack.command(slack.admin, "/loan-team add @stranger manager #good North")
    assert added.text.splitlines() == [
        "<@USTRANGER> is already a member; updated:",
        "<@USTRANGER> · agent, manager · 09:00-18:00 mon-fri · <#CGOOD>",
        "New team: North",
        "Team before: East",
        "Channel before: <#CPUBLIC>",
    ]
    dropped = await slack.command(slack.admin, "/loan-team drop @stranger manager")
    assert dropped.text.splitlines()[1:] == [
        "<@USTRANGER> · agent · 09:00-18:00 mon-fri · <#CGOOD>",
        "Team: North",
        "Taken away: manager",
    ]
    assert dropped.message is not None
    await slack.press(slack.admin, dropped.message, "Undo")
    assert (await slack.member("USTRANGER")).roles == "agent manager"


async def test_a_line_with_two_roles_and_a_team_is_read_as_such(slack: Slack) -> None:
    await slack.command(slack.admin, "/loan-team add @stranger agent manager East")
    row = await slack.member("USTRANGER")
    assert (row.roles, row.team_id) == ("agent manager", slack.team.id)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("drop @agent verifier", "<@UAGENT> doesn't have the role verifier."),
        ("drop @verifier verifier", "<@UVERIFIER> has no other role."),
        ("drop @agent agent", "has loans or follow-ups, and without this role takes no calls"),
        ("drop @agent", "Which role?"),
    ],
)
async def test_a_role_that_cannot_be_dropped_stays(slack: Slack, line: str, said: str) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.change(slack.agent, roles="agent compliance")
    assert said in (await slack.command(slack.admin, f"/loan-team {line}")).text
    assert (await slack.member("UAGENT")).roles == "agent compliance"


async def test_who_is_let_in_without_a_team_is_asked_for_one(slack: Slack) -> None:
    reply = await slack.command(slack.admin, "/loan-team add @stranger agent")
    assert "No team yet: they see only their own loans and those without an owner." in reply.text
    assert reply.message is not None
    await slack.press(slack.admin, reply.message, "Choose team and channel")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Team", "East")
    await form.fill("Channel for their reminders", "CDESK")
    await form.submit()
    row = await slack.member("USTRANGER")
    assert (row.roles, row.team_id, row.reminder_channel_id) == ("agent", slack.team.id, "CDESK")


async def test_adding_a_member_cannot_be_undone_once_they_have_loans(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    added = await slack.command(slack.admin, "/loan-team add @stranger agent East")
    await slack.command(slack.manager, "/loan-reassign L-1 @stranger")
    assert added.message is not None
    refused = shown(await slack.press(slack.admin, added.message, "Undo"))
    assert "<@USTRANGER> has loans or follow-ups now." in refused.text
    assert (await slack.member("USTRANGER")).removed_at is None


async def test_a_removed_members_work_goes_to_another_member(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents")
    reply = await slack.command(slack.admin, "/loan-team remove @agent to @other")
    assert reply.text.splitlines() == [
        "<@UAGENT> is no longer a member.",
        "Now with <@UOTHER>: 1 loan and 1 open follow-up.",
    ]
    assert "not a member of this desk" in (await slack.command(slack.agent, "/loan")).text
    await slack.deliver()
    assert any("From Agent to you, reassigned by Admin" in text for text in slack.texts(slack.other))

    assert reply.message is not None
    await slack.press(slack.admin, reply.message, "Undo")
    mine = await slack.command(slack.agent, "/loan mine")
    assert "L-1" in mine.text


async def test_an_absence_can_be_undone_and_ended(slack: Slack) -> None:
    reply = await slack.command(slack.agent, "/loan-team away @agent until fri cover @other")
    assert reply.text.splitlines()[:2] == [
        "<@UAGENT> is away until Fri 27 Nov 2026 (inclusive).",
        "<@UOTHER> is the cover and gets reminders and new follow-ups.",
    ]
    listed = await slack.command(slack.admin, "/loan-team")
    assert "away until Fri 27 Nov · cover: <@UOTHER>" in listed.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert "away until" not in (await slack.command(slack.admin, "/loan-team")).text
    await slack.command(slack.agent, "/loan-team away @agent until fri")
    back = await slack.command(slack.manager, "/loan-team back @agent")
    assert back.text.startswith("<@UAGENT> is back, and their open follow-ups are theirs again.")


async def test_an_absence_ends_with_its_last_day(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    await slack.change(slack.other, team_id=west.id)
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-team away @agent until fri cover @other")
    await slack.at("2026-11-27 23:59")
    assert "王小明" in (await slack.command(slack.other, "/loan L-1")).text

    await slack.at("2026-11-28 00:01")

    assert "no loan “L-1”" in (await slack.command(slack.other, "/loan L-1")).text
    assert "away until" not in (await slack.command(slack.admin, "/loan-team")).text


async def test_a_cover_must_be_allowed_to_make_the_calls(slack: Slack) -> None:
    refused = await slack.command(slack.agent, "/loan-team away @agent until fri cover @compliance")
    assert "<@UCOMPLIANCE> doesn't take calls" in refused.text
    assert (await slack.member("UAGENT")).absent_until is None


async def test_only_the_manager_or_an_admin_sets_a_members_absence(slack: Slack) -> None:
    reply = await slack.command(slack.other, "/loan-team away @agent until fri")
    assert "Only the member, their manager or an admin can change this." in reply.text


async def test_new_working_hours_and_days_move_planned_reminders(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1 tomorrow documents")
    hours = await slack.command(slack.agent, "/loan-team hours @agent 10:00-19:00 mon-sat")
    assert hours.text == "<@UAGENT> now works 10:00-19:00 mon-sat.\nBefore: 09:00-18:00 mon-fri."
    await slack.at("2026-11-26 09:00")
    assert not reminded(slack)
    await slack.at("2026-11-26 10:00")
    assert reminded(slack)


async def test_a_day_off_moves_the_reminder_and_is_undone(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1 tomorrow documents")
    day = await slack.command(slack.admin, "/loan-team calendar tomorrow off Founders' day")
    assert day.text == "Thu 26 Nov 2026 is a day off.\n> Founders' day"
    assert day.message is not None
    shown(await slack.press(slack.admin, day.message, "Undo"))
    await slack.command(slack.admin, "/loan-team calendar tomorrow off Founders' day")
    await slack.at("2026-11-26 09:00")
    assert not reminded(slack)
    await slack.at("2026-11-27 09:00")
    assert reminded(slack)


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [
        (
            "away @agent until fri cover @other",
            "away @agent until mon",
            "Before: away until Fri 27 Nov. cover: <@UOTHER>",
        ),
        ("hours @agent 10:00-19:00 mon-sat", "hours @agent 09:00-18:00 mon-fri", "Before: 10:00-19:00 mon-sat."),
        ("calendar dec 25 off Christmas", "calendar dec 25 work", "Before: a day off."),
    ],
)
async def test_what_is_replaced_is_said(slack: Slack, first: str, then: str, said: str) -> None:
    assert said not in (await slack.command(slack.admin, f"/loan-team {first}")).text
    assert said in (await slack.command(slack.admin, f"/loan-team {then}")).text.splitlines()
