"""What the desk asks Slack about people and channels: little for members, next to nothing for others, and never for long."""

import pytest

from handlers.door.transaction import MOST_LOOKED_UP
from tests.wire.office_day import Slack

CROWD = " ".join(f"<@U{number:05d}>" for number in range(80))


def look_ups(slack: Slack) -> int:
    return len(slack.sandbox.traffic.api_calls("users.info")) + len(
        slack.sandbox.traffic.api_calls("conversations.info")
    )


@pytest.mark.both_doors
async def test_a_nonmembers_line_with_many_mentions_is_not_looked_up(slack: Slack) -> None:
    before = look_ups(slack)

    reply = await slack.sandbox.command("USTRANGER", slack.desk_channel, f"/loan-team add {CROWD} agent")

    assert "not a member of this desk" in reply.text
    assert look_ups(slack) == before + 1, "only their language"


@pytest.mark.parametrize("line", [f"/loan-team add {CROWD} agent", f"/loan-call L-1 reached {CROWD}", "/loan mine"])
async def test_more_requests_of_a_nonmember_cost_no_look_up_at_all(slack: Slack, line: str) -> None:
    await slack.sandbox.command("USTRANGER", slack.desk_channel, "/loan-team")
    before = look_ups(slack)

    reply = await slack.sandbox.command("USTRANGER", slack.desk_channel, line)

    assert "not a member of this desk" in reply.text
    assert look_ups(slack) == before


async def test_a_removed_member_is_no_member(slack: Slack) -> None:
    await slack.change(slack.agent, removed_at=slack.clock.now())
    before = look_ups(slack)

    await slack.sandbox.command("UAGENT", slack.desk_channel, f"/loan-team add {CROWD} agent")

    assert look_ups(slack) <= before + 1


@pytest.mark.parametrize("mentions", [CROWD, "<#C00001> " + CROWD])
async def test_a_members_line_with_many_mentions_is_refused_before_any_look_up(slack: Slack, mentions: str) -> None:
    before = look_ups(slack)

    reply = await slack.command(slack.admin, f"/loan-team add {mentions} agent")

    assert f"more than {MOST_LOOKED_UP} people" in reply.text
    assert look_ups(slack) == before


async def test_one_person_named_often_is_looked_up_once(slack: Slack) -> None:
    before = look_ups(slack)

    await slack.command(slack.admin, "/loan-team add " + "<@USTRANGER> " * 50)

    assert look_ups(slack) == before + 1


@pytest.mark.in_time
@pytest.mark.usefixtures("log")
async def test_while_slack_does_not_say_who_is_meant_nothing_is_done(slack: Slack) -> None:
    slack.sandbox.faults.next("users.info", "slow", delay=3.5)

    reply = await slack.command(slack.admin, "/loan-team add <@USTRANGER> agent")

    assert "Slack" in reply.text
    assert reply.request is not None
    assert (reply.request.seconds or 9) < 2
    assert "USTRANGER" not in (await slack.command(slack.admin, "/loan-team")).text
