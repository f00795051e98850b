"""A database is the desk of one Slack team: a process with the token of another one does not start, and changes nothing."""

import asyncio

import pytest
from sqlmodel import select

from bot.commands.serving import CannotStartError, run
from bot.manifest import app_manifest
from bot.service import open_service
from desk.core.transaction import Office
from desk.messages import kinds
from desk.messages.notices import queue_notice
from desk.people.installing import AnotherTeamsDatabaseError, Installation, install
from sandbox.server import Sandbox
from storage.queries.messages import sending
from storage.tables import Member, Workspace
from tests.builders import make_workspace
from tests.wire.conftest import install as install_app
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack


@pytest.mark.parametrize("command", ["serve", "socket", "worker"])
async def test_no_process_starts_with_the_token_of_another_team(slack: Slack, database_url: str, command: str) -> None:
    if command == "worker" and slack.service.settings.on_sqlite:
        return
    other = Sandbox()
    other.workspace.team_id = "TOTHER"
    await other.start()
    install_app(other, None)
    try:
        with pytest.raises(CannotStartError, match=r"T0SANDBOX.*DATABASE_URL"):
            await run(settings_for(other, database_url), command)  # pyright: ignore[reportArgumentType]
    finally:
        await other.stop()

    async with slack.office.database.reading() as session:
        (workspace,) = (await session.exec(select(Workspace))).all()
        people = (await session.exec(select(Member))).all()
    assert workspace.slack_team_id == "T0SANDBOX"
    assert [member.slack_user_id for member in people if member.channel_lost_at] == []


async def test_the_first_team_still_starts_where_another_one_once_did(slack: Slack, database_url: str) -> None:
    slack.clock.advance(days=1)
    await make_workspace(slack.office, slack_team_id="TOTHER")

    service = await open_service(settings_for(slack.sandbox, database_url), slack.clock)

    assert service.workspace.id == slack.workspace.id
    await service.close()


async def test_of_two_teams_that_begin_at_once_one_gets_the_empty_database(office: Office) -> None:
    manifest = app_manifest()
    teams = [
        Installation(team, team, "UBOT", zone="Asia/Shanghai", country=None, locale="en-US", manifest=manifest)
        for team in ("TFIRST", "TSECOND")
    ]

    ended = await asyncio.gather(*(install(office, each, None) for each in teams), return_exceptions=True)

    assert len([each for each in ended if isinstance(each, AnotherTeamsDatabaseError)]) == 1
    async with office.database.reading() as session:
        assert len((await session.exec(select(Workspace))).all()) == 1


async def test_a_sender_takes_no_message_of_another_team(slack: Slack) -> None:
    other = await make_workspace(slack.office, slack_team_id="TOTHER")
    async with slack.office.desk(slack.workspace) as desk:
        notice_id = await queue_notice(desk, kind=kinds.WELCOME, key="w", to=slack.agent)
    assert notice_id is not None

    async with slack.office.desk(slack.workspace) as desk:
        assert await sending.take_lease(desk.session, other.id, notice_id, desk.now) is None
        assert await sending.take_lease(desk.session, slack.workspace.id, notice_id, desk.now) is not None


def test_the_refusal_names_the_team() -> None:
    row = Workspace(slack_team_id="T1", name="East Bank", created_at=None)  # pyright: ignore[reportArgumentType]

    assert AnotherTeamsDatabaseError(row).team == "East Bank (T1)"
