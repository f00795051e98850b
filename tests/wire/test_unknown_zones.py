"""A member whose time zone this machine does not know works by the workspace's, and they and the admins are told once."""

from datetime import date, timedelta

import pytest

from storage.tables import Home, Member
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, shown

NOWHERE = "Mars/Phobos"


@pytest.fixture
async def astray(slack: Slack) -> Member:
    """An agent in a zone that no machine knows, with the loan L-1."""
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.other, stage="disbursed")
    await slack.change(slack.other, zone=NOWHERE)
    return slack.other


def told(slack: Slack) -> list[str]:
    return [each for each in slack.texts(slack.admin) if NOWHERE in each]


async def test_they_log_plan_and_list_in_the_workspaces_zone(slack: Slack, astray: Member) -> None:
    called = await slack.command(astray, "/loan-call L-1 no answer > tomorrow 10am")
    assert "26 Nov 2026 10:00 (Shanghai time)" in called.text

    for line in (
        "/loan-follow L-1 fri 3pm plan",
        "/loan-follow L-1 mon repayment",
        "/loan-follow L-1/1 move mon",
        "/loan-call L-1 promised 3000 fri",
        "/loan-call L-1 reached",
        "/loan-due week",
        "/loan L-1",
        "/loan-docs L-1 id by fri",
        "/loan-digest",
        "/loan-digest 08:45",
        "/loan-digest now",
        "/loan mine",
        "/loan new Ann Lee 13800138055",
    ):
        reply = await slack.command(astray, line)
        assert reply.error == "", line
        assert reply.message is not None, line
        assert "went wrong" not in reply.text, line
        assert "can't" not in reply.text, (line, reply.text)


async def test_a_colleague_plans_hands_over_and_sets_hours_for_them(slack: Slack, astray: Member) -> None:
    loan = await make_loan(slack.office, slack.workspace, "L-2", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now() + timedelta(hours=5))
    lines = (
        (slack.manager, "/loan-follow L-1 @Other tomorrow 10am plan", "26 Nov 2026 10:00 (Shanghai time)"),
        (slack.manager, "/loan-team hours @Other 10:00-19:00", "10:00"),
        (slack.manager, "/loan-team away @Other until dec 4 cover @Agent", "<@UOTHER>"),
        (slack.manager, "/loan-team back @Other", "<@UOTHER>"),
        (slack.manager, "/loan-team away @Agent until dec 4 cover @Other", "<@UAGENT>"),
        (slack.manager, "/loan-due @Other", "L-1"),
        (slack.manager, "/loan-team", "<@UOTHER>"),
    )
    await slack.command(astray, "/loan-call L-1 no answer")
    for who, line, part in lines:
        reply = await slack.command(who, line)
        assert part in reply.text, line

    preview = await slack.command(slack.manager, "/loan-reassign @Agent @Other")
    assert preview.message is not None
    assert "1 loan" in shown(await slack.press(slack.manager, preview.message, "Reassign now")).text


async def test_they_get_reminders_digest_and_escalations(slack: Slack, astray: Member) -> None:
    await slack.command(astray, "/loan-follow L-1 today 2pm plan")
    await slack.change(astray, next_digest_at=slack.clock.now())

    await slack.deliver()
    assert any("Wed 25 Nov" in text for text in slack.texts(astray)), slack.texts(astray)
    assert (await slack.member("UOTHER")).next_digest_at is not None

    await slack.at("2026-11-25 14:00")
    assert any("L-1" in text and "14:00" in text for text in slack.texts(astray))

    await slack.at("2026-11-26 11:00")
    assert any("L-1" in text for text in slack.texts(slack.manager_channel))


async def test_an_absence_ends_and_home_is_kept(slack: Slack, astray: Member) -> None:
    over = date(2026, 11, 24)
    await slack.change(astray, absent_from=over, absent_until=over)
    async with slack.office.desk(slack.workspace) as desk:
        now = desk.now
        desk.add(Home(member_id=astray.id, workspace_id=slack.workspace.id, opened_at=now, checked_at=now))

    await slack.later(minutes=10)

    assert (await slack.member("UOTHER")).absent_until is None
    assert "disbursed 1" in str(slack.sandbox.home_of("UOTHER").blocks)


async def test_they_and_the_admins_are_told_once(slack: Slack, astray: Member) -> None:
    await slack.command(astray, "/loan-call L-1 no answer")
    await slack.deliver()
    await slack.command(astray, "/loan-call L-1 busy")
    await slack.later(hours=2)

    (admins,) = told(slack)
    assert "Other" in admins
    assert "Shanghai" in admins
    (own,) = [text for text in slack.texts(astray) if NOWHERE in text]
    assert "Shanghai" in own

    await slack.later(days=1)
    await slack.command(astray, "/loan-call L-1 busy")
    await slack.deliver()
    assert len([text for text in slack.texts(astray) if NOWHERE in text]) == 1


async def test_who_is_back_in_a_known_zone_works_by_it(slack: Slack, astray: Member) -> None:
    await slack.command(astray, "/loan-call L-1 no answer")
    await slack.change(astray, zone="Asia/Tokyo")

    await slack.deliver()

    assert told(slack) == []
    reply = await slack.command(astray, "/loan-call L-1 reached > tomorrow 10am")
    assert "10:00 (Tokyo time)" in reply.text


@pytest.mark.parametrize("zone", ["", "Asia", "../../etc/passwd", "a" * 300, "asia/nowhere"])
async def test_whatever_the_zone_is_called(slack: Slack, astray: Member, zone: str) -> None:
    await slack.change(astray, zone=zone)

    reply = await slack.command(astray, "/loan-call L-1 no answer > tomorrow 10am")
    await slack.deliver()

    assert "10:00 (Shanghai time)" in reply.text
    assert any("doesn't know your time zone" in text for text in slack.texts(astray))
    assert any("doesn't know the time zone of these members" in text for text in slack.texts(slack.admin))


async def test_an_admin_in_an_unknown_zone_is_told_too(slack: Slack) -> None:
    await slack.change(slack.admin, zone=NOWHERE)
    await slack.command(slack.admin, "/loan-team calendar dec 21 off")

    await slack.deliver()

    assert len(told(slack)) == 2  # as an admin, and as the member
