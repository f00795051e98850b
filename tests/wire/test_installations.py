"""Installations of one desk in several Slack teams: their tokens are replaced, and they end when the app is removed.

Now is Wednesday 10:00 in Shanghai.
"""

import asyncio
import io
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.commands import case, doctor, importing
from bot.commands.import_options import Options
from bot.named_workspace import NAMED
from bot.settings import CannotStartError
from bot.workers import Workers
from desk.people.installations import hold_refresh
from sandbox.model import text_of
from storage.tables import AuditEntry, Undo
from tests.builders import make_follow_up, make_loan
from tests.clocks import FrozenClock
from tests.wire.office_day import Slack, logged
from tests.wire.several import Several, installation, remove, token_of


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
    await west.sandbox.wait_for(lambda: [text for text in west.texts(west.agent) if "A-1" in text])

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


async def test_an_organisation_has_one_desk_for_all_its_teams_beside_that_of_a_team(several: Several) -> None:
    grid = await several.add_team("T0SHARED", "Group", enterprise_id="E0GROUP", for_organisation=True)
    for user in ("UADMIN", "UAGENT"):  # who came to the organisation with it, or later
        account = grid.workspace.users.pop(user)
        account.id = f"W{user[1:]}"
        grid.workspace.users[account.id] = account
        for channel in grid.workspace.channels.values():
            channel.members[:] = [account.id if each == user else each for each in channel.members]
    assert (await several.install("T0SHARED", user="WADMIN"))[0] == 200
    assert (await several.install("T0EAST"))[0] == 200
    served = await several.served("T0SHARED")
    assert served.workspace.slack_team_id == "E0GROUP"
    await served.round()
    assert "Welcome" in grid.messages(grid.dm("WADMIN"))[-1].text

    added = await grid.command("WADMIN", "CDESK", "/loan-team add <@WAGENT> agent")
    assert "WAGENT" in added.text
    assert "L-1" in (await grid.command("WAGENT", "CDESK", "/loan new 陈静 13900001234")).text
    await grid.open_home("WAGENT")
    assert "L-1" in grid.home_of("WAGENT").text
    await grid.home_of("WAGENT").press("New inquiry")
    form = grid.modal_of("WAGENT")
    await form.fill("Borrower's name", "王晓明")
    await form.fill("Phone number", "138 0013 5678")
    assert not (await form.submit()).error
    assert "New inquiry L-2" in form.text
    grid.say("WAGENT", grid.dm("WAGENT"), "hello")
    await grid.events.wait_until_delivered()
    assert [exchange.status for exchange in grid.traffic if exchange.kind in ("event", "command", "action")]
    assert {exchange.status for exchange in grid.traffic if exchange.kind in ("event", "command", "action")} <= {200}

    east = several.teams["T0EAST"]
    assert "You're not a member" in (await east.command("UAGENT", "CDESK", "/loan mine")).text


async def test_an_organisation_that_removes_the_app_ends_its_desk_alone(several: Several) -> None:
    grid = await several.add_team("T0SHARED", "Group", enterprise_id="E0GROUP", for_organisation=True)
    await several.install("T0SHARED")
    await several.install("T0EAST")
    several.clock.advance(minutes=1)

    grid.uninstall()
    await grid.events.wait_until_delivered()
    await several.service.workspaces.refresh()

    assert [one.workspace.slack_team_id for one in several.service.workspaces.present()] == ["T0EAST"]


async def test_a_team_of_an_organisation_that_installs_the_app_itself_has_its_own_desk(several: Several) -> None:
    await several.add_team("T0BRANCH", "Branch", enterprise_id="E0GROUP")  # the organisation is listed, the team is not
    assert (await several.install("T0BRANCH"))[0] == 200

    branch = await several.lender("T0BRANCH")

    assert branch.workspace.slack_team_id == "T0BRANCH"
    assert "L-1" in (await branch.command(branch.agent, "/loan new 陈静 13900001234")).text
    assert (await installation(branch)).enterprise_id == "E0GROUP"


async def printed(command: Awaitable[int], console: Console) -> tuple[int, str]:
    """Return the exit code of a command, and what it prints."""
    code = await command
    file: Any = console.file
    return code, file.getvalue()


def paper() -> Console:
    return Console(file=io.StringIO(), width=200)


async def test_a_command_for_one_workspace_asks_which(
    several: Several, lenders: dict[str, Slack], tmp_path: Path
) -> None:
    settings, east, west = several.service.settings, lenders["T0EAST"], lenders["T0WEST"]
    for slack in lenders.values():
        await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    file = tmp_path / "loans.csv"
    file.write_text("loan,name,phone,stage,owner\nA-7,陈静,13900001234,application,UAGENT\n", "utf-8")
    for command in (
        importing.run(settings, file, paper(), Options()),
        case.export(settings, paper(), number="A-1", folder=tmp_path, languages=("en",), purpose="", parts=frozenset()),
    ):
        with pytest.raises(CannotStartError, match=r"--workspace ID.*T0EAST \(East Bank\), T0WEST \(West Bank\)"):
            await command
    named = NAMED.set("T0WEST")
    try:
        code, said = await printed(importing.run(settings, file, console := paper(), Options()), console)
        assert code == 0, said
        NAMED.set("T0NOBODY")
        with pytest.raises(CannotStartError, match="There is no workspace T0NOBODY"):
            await importing.run(settings, file, paper(), Options())
    finally:
        NAMED.reset(named)
    assert "A-7" in (await west.command(west.agent, "/loan mine")).text
    assert "A-7" not in (await east.command(east.agent, "/loan mine")).text
    acts = [entry.workspace_id for entry in await east.rows(AuditEntry) if entry.act == "import"]
    assert acts == [west.workspace.id]


async def test_the_doctor_looks_at_each_workspace(several: Several, lenders: dict[str, Slack]) -> None:
    several.clock.advance(minutes=1)
    await remove(several, lenders["T0WEST"])

    _, said = await printed(doctor.run(several.service.settings, console := paper(), several.clock), console)

    assert "East Bank (T0EAST): token" in said
    assert "WARN West Bank (T0WEST): app: removed 2026-11-25 02:01 UTC" in said
    assert "West Bank (T0WEST): token" not in said


async def test_what_is_kept_only_for_a_time_is_deleted_where_the_app_was_removed_too(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    await make_loan(east.office, east.workspace, "A-1", owner=east.agent)
    await east.command(east.agent, "/loan-call A-1 no answer")
    several.clock.advance(minutes=1)
    await remove(several, east)
    assert [row.workspace_id for row in await east.rows(Undo)] == [east.workspace.id]

    await west.later(minutes=8)

    assert await east.rows(Undo) == []
