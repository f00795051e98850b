"""One desk in several Slack teams: the app is installed from a browser. Now is Wednesday 10:00 in Shanghai."""

import io

import aiohttp
import pytest
from sqlmodel import select

from sandbox.elements import NotPossibleError
from storage.engine.database import Database
from storage.tables import AuditEntry, InstallState, Member, SlackInstallation, Workspace
from tests.clocks import FrozenClock
from tests.wire.office_day import logged
from tests.wire.several import Browser, Several


async def rows(several: Several, table: type) -> list:
    async with several.service.shared.database.reading() as session:
        return list((await session.exec(select(table))).all())


async def test_the_app_is_installed_from_a_browser_and_who_installs_it_is_the_first_admin(several: Several) -> None:
    status, page = await several.install("T0EAST")

    assert status == 200
    assert "Loan Desk is installed in East Bank" in page
    assert "Loan Desk 已安装到 East Bank" in page
    (workspace,) = await rows(several, Workspace)
    (admin,) = await rows(several, Member)
    (installation,) = await rows(several, SlackInstallation)
    assert (workspace.slack_team_id, workspace.name, workspace.bot_user_id) == ("T0EAST", "East Bank", "U0APPBOT")
    assert (admin.slack_user_id, admin.roles) == ("UADMIN", "admin")
    assert installation.installed_by == "UADMIN"
    assert installation.bot_id == "B0SANDBOX"
    assert "chat:write" in installation.scopes.split(",")
    token = several.teams["T0EAST"].app.token  # pyright: ignore[reportOptionalMemberAccess]
    assert token.encode() not in installation.bot_token_cipher
    await several.service.round()
    assert "Welcome" in several.teams["T0EAST"].messages(several.teams["T0EAST"].dm("UADMIN"))[-1].text
    assert await rows(several, InstallState) == []


async def test_each_team_is_served_with_its_own_token(several: Several) -> None:
    for team in several.teams:
        await several.install(team)
    east, west = await several.lender("T0EAST"), await several.lender("T0WEST")

    await east.command(east.agent, "/loan new 陈静 13900001234")

    assert "L-1" in (await east.command(east.agent, "/loan mine")).text
    assert "L-1" not in (await west.command(west.agent, "/loan mine")).text
    await several.service.round()
    for box in several.teams.values():
        calls = [each for each in box.traffic if each.kind == "api"]
        assert calls
        assert all(each.answer is None or each.answer["ok"] for each in calls)


async def test_a_state_works_once_for_ten_minutes_and_in_the_browser_that_began(
    several: Several, clock: FrozenClock
) -> None:
    team = several.teams["T0EAST"]
    mine, other = Browser(), Browser()
    back = several.cloud.allow(await several.begin(mine), team, "UADMIN")
    for status, page in (
        await several.come_back(other, back),  # without the cookie
        await several.come_back(mine, back.replace("state=", "state=x")),
    ):
        assert status == 400
        assert "began in another browser" in page
        assert "另一个浏览器" in page
    assert (await several.come_back(mine, back))[0] == 200
    assert (await several.come_back(mine, back))[0] == 400

    late = several.cloud.allow(await several.begin(mine), team, "UADMIN")
    clock.advance(minutes=10)
    assert (await several.come_back(mine, late))[0] == 400
    assert len(await rows(several, SlackInstallation)) == 1


async def test_what_slack_or_its_user_refuses_is_said_in_both_languages(several: Several) -> None:
    mine = Browser()
    status, page = await several.come_back(mine, several.cloud.deny(await several.begin(mine)))
    assert status == 403
    assert "You did not allow it in Slack" in page
    assert "没有在 Slack 中允许" in page
    mine = Browser()
    back = several.cloud.allow(await several.begin(mine), several.teams["T0EAST"], "UADMIN")
    status, page = await several.come_back(mine, back.replace("code=", "code=0"))
    assert status == 502
    assert "Slack refused the installation: invalid_code." in page
    assert await rows(several, Workspace) == []


async def test_only_listed_teams_may_install_it_and_a_token_of_others_is_given_back(
    several: Several, log: io.StringIO
) -> None:
    box = await several.add_team("T0FOREIGN", "Foreign Bank")

    status, page = await several.install("T0FOREIGN")

    assert status == 403
    assert "may not be installed in Foreign Bank" in page
    assert await rows(several, Workspace) == []
    assert box.app is not None
    assert box.app.revoked == "token_revoked"
    assert [line["team"] for line in logged(log, "installation_not_allowed")] == ["T0FOREIGN"]


async def test_a_lost_answer_of_slack_installs_nothing_and_another_try_does(several: Several) -> None:
    several.cloud.lose_answers = 1
    status, page = await several.install("T0EAST")
    assert status == 504
    assert "Slack did not answer, so nothing was installed." in page
    assert await rows(several, SlackInstallation) == []

    assert (await several.install("T0EAST"))[0] == 200


async def test_a_database_that_is_away_is_not_taken_for_slack(
    several: Several, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Browser()
    back = several.cloud.allow(await several.begin(mine), several.teams["T0EAST"], "UADMIN")

    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as away:
        away.setattr(Database, "transaction", refuse)
        status, page = await several.come_back(mine, back)
        assert status == 503
        assert "reach its database just now, so nothing was installed." in page
        assert "连不上数据库" in page
        async with aiohttp.ClientSession() as session, session.get(f"{several.address}/slack/install") as answer:
            assert answer.status == 503

    assert (await several.come_back(mine, back))[0] == 200


async def test_who_installs_it_again_is_no_admin_of_a_desk_that_has_one(several: Several) -> None:
    await several.install("T0EAST")
    await several.install("T0EAST", user="UMANAGER")

    assert [member.slack_user_id for member in await rows(several, Member)] == ["UADMIN"]
    (installation,) = await rows(several, SlackInstallation)
    assert installation.installed_by == "UMANAGER"
    acts = [entry for entry in await rows(several, AuditEntry) if entry.act == "install_app"]
    assert [entry.details["by"] for entry in acts] == ["UADMIN", "UMANAGER"]


async def test_a_team_that_is_not_served_is_told_so_and_its_events_are_acknowledged(
    several: Several, log: io.StringIO
) -> None:
    await several.install("T0EAST")
    west = several.teams["T0WEST"]
    await several.install("T0WEST")
    async with several.service.shared.database.transaction() as session:
        for installation in (await session.exec(select(SlackInstallation))).all():
            workspace = await session.get_one(Workspace, installation.workspace_id)
            if workspace.slack_team_id == "T0WEST":
                installation.ended_at = several.clock.now()
    await several.service.workspaces.refresh()

    reply = await west.command("UADMIN", "CDESK", "/loan help")

    assert "Loan Desk is not installed in this workspace, so nothing was done." in reply.text
    assert "未安装" in reply.text
    await west.open_home("UADMIN")
    assert len(logged(log, "team_not_served")) == 2


async def test_many_begun_installations_are_held_back(
    several: Several, monkeypatch: pytest.MonkeyPatch, clock: FrozenClock
) -> None:
    monkeypatch.setattr("desk.people.installations.MOST_BEGUN", 2)
    mine = Browser()
    for _ in range(2):
        await several.begin(mine)
    async with aiohttp.ClientSession() as session, session.get(f"{several.address}/slack/install") as answer:
        assert answer.status == 503
        assert "Too many installations have begun at once" in await answer.text()
    clock.advance(minutes=11)
    await several.begin(mine)


async def test_the_paths_take_nothing_else(several: Several) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/slack/install", "/slack/oauth_redirect"):
            async with session.post(f"{several.address}{path}") as answer:
                assert answer.status == 405
        for query in ("", "?state=a&state=b&code=c", f"?state={'x' * 5000}&code=c", "?error=access_denied"):
            async with session.get(f"{several.address}/slack/oauth_redirect{query}") as answer:
                assert answer.status == 400


async def test_slack_itself_refuses_what_the_manifest_does_not_have(several: Several) -> None:
    mine = Browser()
    url = await several.begin(mine)
    with pytest.raises(NotPossibleError, match="bad_redirect_uri"):
        several.cloud.allow(url.replace("desk.example.com", "evil.example.com"), several.teams["T0EAST"], "UADMIN")
    with pytest.raises(NotPossibleError, match="invalid_scope"):
        several.cloud.allow(url.replace("chat%3Awrite", "admin"), several.teams["T0EAST"], "UADMIN")
