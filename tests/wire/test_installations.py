"""Installations of one desk in several Slack teams: their tokens are replaced, and they end when the app is removed.

Now is Wednesday 10:00 in Shanghai.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from bot.workers import Workers
from desk.people.installations import hold_refresh
from sandbox.model import text_of
from storage.tables import AuditEntry, SlackInstallation
from tests.builders import make_follow_up, make_loan
from tests.clocks import FrozenClock
from tests.wire.office_day import Slack, logged
from tests.wire.several import Several, several_teams


@pytest.fixture
async def several(database_url: str, clock: FrozenClock, unhurried: bool, tmp_path: Path) -> AsyncIterator[Several]:
    async with several_teams(database_url, clock, unhurried=unhurried, files=str(tmp_path)) as deployment:
        yield deployment


@pytest.fixture
async def lenders(several: Several) -> dict[str, Slack]:
    for team in several.teams:
        await several.install(team)
    return {team: await several.lender(team) for team in several.teams}


async def installation(slack: Slack) -> SlackInstallation:
    """Return the installation as it is now."""
    async with slack.office.database.reading() as session:
        which = SlackInstallation.workspace_id == slack.workspace.id
        return (await session.exec(select(SlackInstallation).where(which))).one()


def token_of(slack: Slack) -> str:
    assert slack.sandbox.app is not None
    return slack.sandbox.app.token


async def remove(several: Several, slack: Slack) -> None:
    """Remove the app from a team in Slack, and have the desk hear of it."""
    slack.sandbox.uninstall()
    await slack.sandbox.events.wait_until_delivered()
    await several.service.workspaces.refresh()


async def test_a_token_is_replaced_two_hours_before_its_end_and_all_is_sent_with_the_new_one(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east = lenders["T0EAST"]
    first = token_of(east)
    await east.later(hours=9, minutes=59)
    assert token_of(east) == first

    await east.later(minutes=1)

    assert token_of(east) != first
    assert [each.get("grant_type") for each in several.cloud.asked[2:]] == ["refresh_token"] * 2
    await east.later(hours=5)  # the first one has ended by now
    assert "L-1" in (await east.command(east.agent, "/loan new 陈静 13900001234")).text
    await east.sandbox.open_home("UAGENT")
    assert [
        each.body for each in east.sandbox.traffic if each.kind == "api" and not (each.answer or {"ok": 1})["ok"]
    ] == []


async def test_one_process_replaces_a_token(several: Several, lenders: dict[str, Slack], clock: FrozenClock) -> None:
    east = lenders["T0EAST"]
    clock.advance(hours=11)
    row = await installation(east)

    held = await asyncio.gather(*(hold_refresh(east.office, row) for _ in range(3)))

    assert len([each for each in held if each is not None]) == 1
    clock.advance(seconds=21)  # the process that held it died
    assert await hold_refresh(east.office, row) is not None


async def test_a_lost_answer_is_asked_for_again_with_the_same_refresh_token(
    several: Several, lenders: dict[str, Slack], log: io.StringIO
) -> None:
    east = lenders["T0EAST"]
    several.cloud.lose_answers = 2  # one for each team
    await east.later(hours=11)
    assert len(logged(log, "token_not_replaced")) == 2
    lost = token_of(east)

    await east.later(seconds=10)
    assert token_of(east) == lost
    await east.later(seconds=10)

    assert token_of(east) != lost
    assert (await installation(east)).refresh_failed_at is None
    await east.later(hours=3)
    assert "L-1" in (await east.command(east.agent, "/loan new 陈静 13900001234")).text


async def test_when_slack_replaces_no_token_the_admins_are_told_while_it_works_until_the_app_is_installed_again(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    several.cloud.forget_refresh_tokens(east.sandbox)

    await east.later(hours=11)
    await east.later(minutes=2)

    (told,) = [text for text in east.texts(east.admin) if "installed in Slack again" in text]
    assert "Wed 25 Nov 2026 22:00" in told
    assert "https://desk.example.com/slack/install" in told
    assert not [text for text in west.texts(west.admin) if "installed in Slack again" in text]

    assert (await several.install("T0EAST"))[0] == 200
    await east.later(minutes=1)
    assert "was without access from Wed 25 Nov 2026 21:00" in east.texts(east.admin)[-1]
    await east.later(hours=11)
    assert (await installation(east)).refresh_failed_at is None


async def test_nothing_is_sent_after_the_app_is_removed_all_is_kept_and_goes_on_when_it_is_installed_again(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    for slack in lenders.values():
        loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now() + timedelta(hours=1))
    several.clock.advance(minutes=1)
    await remove(several, east)
    calls = len([each for each in east.sandbox.traffic if each.kind == "api"])

    await west.later(hours=2)

    assert [text for text in west.texts(west.agent) if "A-1" in text]
    assert len([each for each in east.sandbox.traffic if each.kind == "api"]) == calls
    row = await installation(east)
    assert row.ended_why in ("app_uninstalled", "tokens_revoked")
    assert len(await east.rows(AuditEntry))

    assert (await several.install("T0EAST", user="UMANAGER"))[0] == 200
    east.served = await several.served("T0EAST")
    await west.later(minutes=1)

    assert "was without access from Wed 25 Nov 2026 10:01" in "".join(east.texts(east.admin))
    assert [text for text in east.texts(east.agent) if "A-1" in text]
    assert "A-1" in (await east.command(east.agent, "/loan A-1")).text


async def test_what_slack_says_late_of_an_earlier_installation_ends_no_later_one(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east = lenders["T0EAST"]
    several.clock.advance(minutes=1)
    await remove(several, east)
    (sent,) = [each for each in east.sandbox.traffic if each.name == "app_uninstalled"]
    several.clock.advance(minutes=1)
    await several.install("T0EAST")

    await east.sandbox.redeliver(sent)

    assert (await installation(east)).ended_at is None


async def test_revoked_tokens_of_people_end_nothing(several: Several, lenders: dict[str, Slack]) -> None:
    east = lenders["T0EAST"]
    several.clock.advance(minutes=1)
    sent = east.sandbox.events.emit("tokens_revoked", {"type": "tokens_revoked", "tokens": {"oauth": ["UAGENT"]}})
    assert sent is not None
    await sent

    assert (await installation(east)).ended_at is None


async def test_a_workspace_whose_slack_is_dead_holds_up_no_other(several: Several, lenders: dict[str, Slack]) -> None:
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    for slack in lenders.values():
        loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
        await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now() + timedelta(minutes=30))
    for method in ("chat.postMessage", "views.publish", "users.info"):
        east.sandbox.faults.next(method, "timeout", times=1000)
    several.clock.advance(minutes=31)

    await several.service.work()
    assert isinstance(several.service.worker, Workers)
    await west.sandbox.wait_for(lambda: [text for text in west.texts(west.agent) if "A-1" in text], 20)

    assert not [text for text in east.texts(east.agent) if "A-1" in text]
    east.sandbox.faults.clear()


async def test_a_desk_that_starts_serves_what_is_installed(several: Several, lenders: dict[str, Slack]) -> None:
    other = await several.another_process()

    assert {one.workspace.slack_team_id for one in other.workspaces.present()} == set(several.teams)
    several.clock.advance(minutes=1)
    await remove(several, lenders["T0WEST"])
    await other.workspaces.refresh()
    assert [one.workspace.slack_team_id for one in other.workspaces.present()] == ["T0EAST"]
    assert await other.workspaces.find("T0WEST") is None
    await other.close()


async def test_the_words_of_the_trail(several: Several, lenders: dict[str, Slack]) -> None:
    east = lenders["T0EAST"]
    reply = await east.command(east.compliance, "/loan-audit today")

    assert reply.message is not None
    assert "installed the app in Slack" in text_of(reply.message)
