"""A desk with many members: pages in the place of long lists, and the same answers whichever way the database finds them."""

import random
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from desk.core.transaction import Desk
from desk.follow_ups import due_lists
from desk.people.members import stand_ins_for, stands_in_for, today_of
from handlers.commands import loan_due
from storage.queries.people import members
from storage.tables import Member, TeamManager
from tests.builders import make_follow_up, make_loan, make_member, make_team
from tests.wire.office_day import Slack, buttons, shown

TODAY = date(2026, 11, 25)


async def test_the_members_are_listed_in_pages(slack: Slack) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    for number in range(30):
        await make_member(slack.office, slack.workspace, f"UWEST{number:02}", roles="agent", team_id=west.id)

    first = (await slack.command(slack.agent, "/loan-team")).message

    assert first is not None
    assert "37 members at this desk" in first.text
    assert "and 17 more" in first.text
    assert "UAGENT" in first.text
    assert "UWEST11" in first.text
    assert "UWEST13" not in first.text
    assert "Next page" in buttons(first)

    second = shown(await slack.press(slack.agent, first, "Next page"))

    assert "UWEST13" in second.text
    assert "UWEST29" in second.text
    assert "UWEST11" not in second.text
    assert "Previous page" in buttons(second)
    assert "Next page" not in buttons(second)
    assert shown(await slack.press(slack.agent, second, "Previous page")).text == first.text


async def test_a_long_list_is_counted_only_so_far(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1002", owner=slack.agent)
    for number in range(12):
        await make_follow_up(slack.office, loan, slack.agent, number=number + 1)
    assert "Late and due today · 12" in (await slack.command(slack.agent, "/loan-due")).text

    monkeypatch.setattr(due_lists, "MOST_COUNTED", 11)
    monkeypatch.setattr(loan_due, "TABLE", 10)
    reply = await slack.command(slack.agent, "/loan-due")

    assert "Late and due today · 11+" in reply.text
    assert "and more than 1 more" in reply.text


@pytest.mark.parametrize("line", ["week team", "late team", "all team repayment", "arrears team", "unplanned team"])
async def test_a_large_team_is_listed_as_a_small_one(slack: Slack, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    west = await make_team(slack.office, slack.workspace, "West")
    stranger = await make_member(slack.office, slack.workspace, "UWEST", roles="agent", team_id=west.id)
    for number, owner in enumerate((slack.agent, slack.other, stranger, None)):
        values: dict[str, Any] = {"unpaid_since": TODAY} if number != 1 else {}
        loan = await make_loan(slack.office, slack.workspace, f"A-100{number}", owner=owner, **values)
        if owner is not None:
            due_at = slack.clock.now() + timedelta(hours=number - 1)
            await make_follow_up(
                slack.office, loan, owner, due_at=due_at, purpose=("identity", "repayment")[number % 2]
            )
        await make_loan(slack.office, slack.workspace, f"B-100{number}", owner=owner)
    small = (await slack.command(slack.manager, f"/loan-due {line}")).text

    monkeypatch.setattr(due_lists, "_FEW", 0)
    large = (await slack.command(slack.manager, f"/loan-due {line}")).text

    assert "A-100" in small or "B-100" in small
    assert "A-1002" not in small
    assert large == small


@pytest.mark.parametrize("seed", range(3))
async def test_who_is_asked_of_indexes_stands_in_for_the_same_members(slack: Slack, seed: int) -> None:
    """Compared with what is found among all who are away."""
    chance = random.Random(seed)
    west = await make_team(slack.office, slack.workspace, "West")
    async with slack.office.desk(slack.workspace) as desk:
        people = await members.everybody(desk.session, slack.workspace.id)
        for member in people:
            row = await desk.session.get_one(Member, member.id)
            row.team_id = chance.choice([slack.team.id, west.id, None])
            if chance.random() < 0.6:
                row.absent_until = TODAY + timedelta(days=chance.randint(-1, 3))
                row.cover_id = chance.choice([None, *(each.id for each in people if each.id != row.id)])
            desk.add(row)
        boss = chance.choice(people)
        if boss.id != slack.manager.id:
            desk.add(
                TeamManager(
                    team_id=chance.choice([west.id, slack.team.id]), member_id=boss.id, workspace_id=slack.workspace.id
                )
            )

    async with slack.office.reading_desk(slack.workspace) as desk:
        everyone = (await desk.session.exec(select(Member))).all()
        expected = await among_all(desk, list(everyone))
        found = {each.id: {one.id for one in await stands_in_for(desk, each)} for each in everyone}

    assert found == expected


async def among_all(desk: Desk, everyone: list[Member]) -> dict[UUID, set[UUID]]:
    """Return for whom each member may act today, as the rule says of all members."""
    away = [each for each in everyone if each.absent_until is not None]
    acting = await stand_ins_for(desk, away)
    expected: dict[UUID, set[UUID]] = {each.id: set() for each in everyone}
    for each in away:
        for one in acting.all_for(each, today_of(desk, each)):
            expected[one.id].add(each.id)
    return expected


async def test_the_workload_of_a_large_team_shows_those_with_most_to_do(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle = await make_member(slack.office, slack.workspace, "UIDLE", roles="agent", team_id=slack.team.id, name="Idle")
    for number, owner in enumerate((slack.agent, slack.agent, slack.other, idle)):
        loan = await make_loan(slack.office, slack.workspace, f"A-100{number}", owner=owner)
        days = 3 if owner is idle else 0
        due_at = slack.clock.now() + timedelta(days=days, hours=number - 2)
        await make_follow_up(slack.office, loan, owner, due_at=due_at)
    await slack.command(slack.agent, "/loan-call A-1000 verified")
    slack.clock.advance(days=1)
    small = (await slack.command(slack.manager, "/loan-digest now")).message

    monkeypatch.setattr(due_lists, "_FEW", 0)
    large = (await slack.command(slack.manager, "/loan-digest now")).message

    assert small is not None
    assert large is not None
    lines = [[line for line in one.text.splitlines() if line.startswith(("•", "- "))] for one in (small, large)]
    assert any("Idle" in line for line in lines[0])
    assert not any("Idle" in line for line in lines[1])
    assert lines[1] == [line for line in lines[0] if " 0 due" not in line]
    assert "and 1 more" not in small.text
    assert f"and {len(lines[0]) - len(lines[1])} more" in large.text
    counts = [[each for each in buttons(one) if each[-1].isdigit()] for one in (small, large)]
    assert counts[0] == counts[1] == ["Done 1", "confirmed 1"]
