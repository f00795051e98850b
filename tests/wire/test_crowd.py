"""A hundred members press and type at once on one loan."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

import pytest
from sqlmodel import col, select

from sandbox.user_actions import Press, Reply
from storage.tables import AuditEntry, Call, FollowUp, Loan, Member, TeamManager
from tests.builders import make_follow_up, make_loan, make_member
from tests.wire.office_day import Slack

pytestmark = pytest.mark.in_time

Act = Callable[[Member], Awaitable[Press | Reply]]


async def test_a_hundred_members_acting_at_once_leave_a_consistent_history(slack: Slack) -> None:
    crowd = await managers_of(slack, 100)
    async with slack.office.database.transaction() as session:
        (await session.get_one(Member, slack.agent.id)).reminder_channel_id = slack.desk_channel
    loan = await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, purpose="documents", due_at=slack.clock.now())
    await slack.deliver()
    [reminder] = slack.sandbox.messages(slack.desk_channel)
    slack.sandbox.delivery.timeout = 60
    pressing, calling, planning = crowd[:40], crowd[40:70], crowd[70:]

    presses, calls, plans = await asyncio.gather(
        everyone(slack, pressing, lambda who: slack.press(who, reminder, "no answer")),
        everyone(slack, calling, lambda who: slack.command(who, "/loan-call L-1042/1 busy")),
        everyone(slack, planning, lambda who: slack.command(who, f"/loan-follow L-1042 {day_of(who)} 10:00")),
    )

    won = [text for text in presses if "no answer, logged" in text]
    lost = [text for text in presses if re.search(r"L-1042/1 has changed since: <@UCROWD\d+>", text)]
    assert len(won) <= 1, "the others' buttons carry a version that is gone"
    assert len(won) + len(lost) == len(pressing)
    assert len([text for text in calls if "busy, logged" in text]) == len(calling)

    async with slack.office.database.reading() as session:
        [called, *planned] = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
        logged = (await session.exec(select(Call))).all()
        audited = Counter(row.act for row in (await session.exec(select(AuditEntry))).all())
        next_number = (await session.get_one(Loan, loan.id)).next_follow_up_number
    attempts = len(won) + len(calling)
    assert (called.attempts, called.version, len(logged)) == (attempts, 1 + attempts, attempts)
    assert {row.follow_up_id for row in logged} == {called.id}
    assert len({row.caller_id for row in logged}) == attempts
    numbers = list(range(2, 2 + len(planning)))
    assert [row.number for row in planned] == numbers
    assert sorted(int(n) for text in plans for n in re.findall(r"L-1042/(\d+)", text)) == numbers
    assert next_number == numbers[-1] + 1
    assert audited["call"] == attempts


def day_of(who: Member) -> str:
    """Return a day of the member's own: the same purpose twice on a day would be asked about."""
    return f"2027-01-{int(who.slack_user_id[-2:]) % 30 + 1:02}"


async def everyone(slack: Slack, people: Iterable[Member], act: Act) -> list[str]:
    """Let all of them act at once, and return what each reads in the end."""
    return await asyncio.gather(*(insisting(slack, who, act) for who in people))


async def insisting(slack: Slack, who: Member, act: Act) -> str:
    """Act as this member and follow the answer: try again if nothing was changed, look it up if the result is unknown."""
    while True:
        answer = await act(who)
        assert answer.status == 200
        if "Please check the card" in answer.text:
            repeated = await slack.sandbox.redeliver(answer.request)
            return f"{repeated.text}{answer.text}"
        if not re.search("Nothing was changed|未做任何更改", answer.text):
            return answer.message.text if not answer.text and answer.message else answer.text


async def managers_of(slack: Slack, count: int) -> list[Member]:
    """Make managers, who may act on all calls of the team."""
    people: list[Member] = []
    for n in range(count):
        user = slack.sandbox.add_user(f"UCROWD{n:03}", name=f"crowd{n}", locale="en-US", tz="Asia/Shanghai")
        slack.sandbox.join(slack.desk_channel, user)
        people.append(await make_member(slack.office, slack.workspace, user.id, roles="manager", team_id=slack.team.id))
    async with slack.office.database.transaction() as session:
        for one in people:
            session.add(TeamManager(team_id=slack.team.id, member_id=one.id, workspace_id=slack.workspace.id))
    return people
