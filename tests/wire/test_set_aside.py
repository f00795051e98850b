"""One row with which the worker fails holds up no other: it is set aside, logged, and the admins are told once a day."""

import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from desk.messages.reminders import announce_due
from storage.tables import FollowUp, Home, Loan, Member, SetAside
from tests.builders import make_follow_up, make_loan, make_member
from tests.wire.office_day import Slack, logged

pytestmark = pytest.mark.usefixtures("log")


@pytest.fixture
async def astray(slack: Slack) -> Member:
    """A colleague whose rows the database can be made to refuse."""
    slack.sandbox.add_user("UASTRAY", name="Astray", locale="en-US", tz="Asia/Shanghai")
    return await make_member(slack.office, slack.workspace, "UASTRAY", name="Astray", team_id=slack.team.id)


async def refuse(slack: Slack, key: str) -> None:
    """Make the database refuse notices with such a key."""
    when = f"BEFORE INSERT ON notice {{}} WHEN (NEW.key LIKE '{key}')"
    await make_trigger(slack, when)


async def refuse_end_of_absence(slack: Slack, member: Member) -> None:
    """Make the database refuse the end of a member's absence."""
    name = member.id.hex if slack.office.database.is_sqlite else member.id
    await make_trigger(slack, f"BEFORE UPDATE OF absent_until ON member {{}} WHEN (NEW.id = '{name}')")


async def make_trigger(slack: Slack, when: str) -> None:
    if slack.office.database.is_sqlite:
        made = [f"CREATE TRIGGER refusal {when.format('')} BEGIN SELECT RAISE(ABORT, 'refused'); END"]
    else:
        made = [
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''refused''; END' LANGUAGE plpgsql",
            f"CREATE TRIGGER refusal {when.format('FOR EACH ROW')} EXECUTE FUNCTION refuse()",
        ]
    async with slack.office.database.transaction() as session:
        for statement in made:
            await session.execute(text(statement))


async def accept(slack: Slack) -> None:
    """Have the database refuse nothing any more."""
    on = "" if slack.office.database.is_sqlite else " ON notice"
    async with slack.office.database.transaction() as session:
        await session.execute(text(f"DROP TRIGGER refusal{on}"))


async def give_unknown_purpose(slack: Slack, member: Member, number: str) -> None:
    """Give the calls of a loan of the member's a purpose that this release does not know."""
    async with slack.office.database.transaction() as session:
        loan = (await session.exec(select(Loan).where(Loan.number == number))).one()
        assert loan.owner_id == member.id
        for follow_up in await session.exec(select(FollowUp).where(FollowUp.loan_id == loan.id)):
            follow_up.purpose = "unheard_of"


async def due(slack: Slack, member: Member, number: str, **values: Any) -> FollowUp:
    loan = await make_loan(slack.office, slack.workspace, number, owner=member)
    return await make_follow_up(slack.office, loan, member, due_at=slack.clock.now(), **values)


async def aside(slack: Slack) -> list[tuple[str, Any]]:
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(SetAside).order_by(SetAside.chore))).all()
    return [(row.chore, row.subject_id) for row in rows]


def told(slack: Slack) -> list[str]:
    return [each for each in slack.texts(slack.admin) if "failed in some of its work" in each]


async def test_a_reminder_that_fails_keeps_no_other_from_being_sent(
    slack: Slack, astray: Member, log: io.StringIO
) -> None:
    lost = await due(slack, astray, "L-1")
    await due(slack, slack.agent, "L-2")
    await due(slack, slack.other, "L-3")
    await refuse(slack, f"reminder:{lost.id}%")

    await slack.deliver()

    assert "L-2" in " ".join(slack.texts(slack.agent))
    assert "L-3" in " ".join(slack.texts(slack.other))
    assert await aside(slack) == [("reminders", lost.id)]
    (line,) = logged(log, "row_set_aside")
    assert (line["chore"], line["subject"]) == ("reminders", str(lost.id))
    assert logged(log, "chore_failed") == []


async def test_one_persons_many_reminders_are_still_one_message(slack: Slack, astray: Member) -> None:
    lost = await due(slack, astray, "L-0")
    for number in range(1, 8):
        await due(slack, slack.agent, f"L-{number}")
    await refuse(slack, f"reminder:{lost.id}%")

    await slack.deliver()

    assert len([text for text in slack.texts(slack.agent) if "L-7" in text or "7 calls" in text]) == 1


async def test_the_admins_are_told_once_a_day_of_all_that_is_set_aside(slack: Slack, astray: Member) -> None:
    await due(slack, astray, "L-1")
    await refuse(slack, "reminder:%")
    await slack.deliver()
    await slack.deliver()
    assert len(told(slack)) == 1
    assert "L-1/1" in told(slack)[0]

    await due(slack, astray, "L-2")
    await slack.later(minutes=5)
    await slack.deliver()
    assert len(told(slack)) == 1
    assert "L-2/1" in told(slack)[0]

    await slack.later(hours=3)
    await slack.deliver()
    assert len(told(slack)) == 1

    await slack.later(days=1)
    await slack.deliver()
    assert len(told(slack)) == 2


async def test_what_is_mended_is_done_within_the_hour(slack: Slack, astray: Member) -> None:
    await due(slack, astray, "L-1")
    await refuse(slack, "reminder:%")
    await slack.deliver()
    await accept(slack)

    await slack.later(minutes=61)

    assert "L-1" in " ".join(slack.texts(astray))


async def test_a_digest_that_cannot_be_queued_keeps_no_other_from_being_sent(slack: Slack, astray: Member) -> None:
    await slack.change(astray, slack.agent, next_digest_at=slack.clock.now())
    await refuse(slack, f"digest:{astray.id}%")
    await due(slack, slack.agent, "L-1")

    await slack.deliver()

    assert any("due" in text.lower() or "today" in text.lower() for text in slack.texts(slack.agent))
    assert ("digests", astray.id) in await aside(slack)
    async with slack.office.database.reading() as session:
        assert (await session.get_one(Member, slack.agent.id)).next_digest_at != slack.clock.now()


async def test_an_absence_that_cannot_be_ended_keeps_no_other_from_ending(slack: Slack, astray: Member) -> None:
    over = date(2026, 11, 20)
    await slack.change(astray, slack.agent, absent_from=over, absent_until=over)
    await refuse_end_of_absence(slack, astray)

    await slack.deliver()

    assert (await slack.member("UAGENT")).absent_until is None
    assert await aside(slack) == [("absences", astray.id)]


async def test_an_escalation_that_fails_keeps_no_other_from_the_managers(slack: Slack) -> None:
    lost = await due(slack, slack.agent, "L-1")
    await due(slack, slack.agent, "L-2")
    await slack.deliver()
    await refuse(slack, f"escalation:{lost.id}%")

    await slack.later(hours=6)

    assert "L-2" in " ".join(slack.texts(slack.manager_channel))
    assert await aside(slack) == [("escalations", lost.id)]


async def test_a_home_that_cannot_be_read_is_left_alone_for_an_hour(
    slack: Slack, astray: Member, log: io.StringIO
) -> None:
    await due(slack, astray, "L-1", remind_at=None)
    async with slack.office.desk(slack.workspace) as desk:
        now = desk.now
        desk.add(Home(member_id=astray.id, workspace_id=slack.workspace.id, opened_at=now, checked_at=now))
    await give_unknown_purpose(slack, astray, "L-1")
    slack.clock.advance(minutes=10)

    for _ in range(3):
        await slack.later(minutes=2)

    assert await aside(slack) == [("homes", astray.id)]
    assert len(logged(log, "row_set_aside")) == 1


async def test_a_message_that_cannot_be_written_is_told_to_the_admins_and_keeps_no_other(
    slack: Slack, astray: Member
) -> None:
    await due(slack, astray, "L-1")
    async with slack.office.desk(slack.workspace) as desk:
        await announce_due(desk)
    await give_unknown_purpose(slack, astray, "L-1")
    await due(slack, slack.agent, "L-2")

    await slack.deliver()
    await slack.deliver()

    assert "L-2" in " ".join(slack.texts(slack.agent))
    assert len(told(slack)) == 1


async def test_what_is_set_aside_is_forgotten_in_a_week(slack: Slack, astray: Member) -> None:
    await due(slack, astray, "L-1")
    await refuse(slack, "reminder:%")
    await slack.deliver()
    await accept(slack)

    await slack.later(hours=2)
    await slack.later(days=8)

    assert await aside(slack) == []
