"""What the processes of one desk hear of each other's installations, tokens and damages. Now is Wednesday 10:00 in Shanghai."""

import asyncio
import io
from dataclasses import replace
from datetime import timedelta

from bot.heartbeat import Heartbeat, Identity
from desk.people.installations import Grant, Tokens, record, tokens_of
from storage.tables import SlackInstallation
from tests.wire.office_day import Slack, logged
from tests.wire.several import Several, installation, remove, token_of


async def test_of_two_installations_at_the_same_time_the_later_one_counts(
    several: Several, lenders: dict[str, Slack]
) -> None:
    east = lenders["T0EAST"]
    row = await installation(east)
    now = tokens_of(east.office.cipher, row)
    earlier = Grant(
        tokens=Tokens("xoxb-ended"),
        at=row.installed_at - timedelta(seconds=1),
        enterprise_id=None,
        is_enterprise_install=False,
        app_id=row.app_id,
        bot_id=row.bot_id,
        scopes=(),
        installed_by="UAGENT",
    )

    async with east.office.desk(east.workspace) as desk:
        await record(desk, earlier)
    assert tokens_of(east.office.cipher, await installation(east)) == now
    async with east.office.desk(east.workspace) as desk:
        await record(desk, replace(earlier, at=row.installed_at + timedelta(seconds=1)))
    assert tokens_of(east.office.cipher, await installation(east)).bot == "xoxb-ended"


async def test_a_process_without_a_worker_follows_what_others_change(
    several: Several, lenders: dict[str, Slack]
) -> None:
    other = await several.another_process()
    heartbeat = Heartbeat(other.shared, None, Identity("web", "b"), seconds=0.02, follow=other.workspaces.refresh)
    await heartbeat.start()
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    first = token_of(east)
    await east.later(hours=11)  # the worker replaces its token
    await remove(several, west)

    async with asyncio.timeout(60):
        while len(other.workspaces.present()) > 1:  # noqa: ASYNC110  (the database tells nobody)
            await asyncio.sleep(0.02)
    (one,) = other.workspaces.present()
    assert (one.workspace.slack_team_id, one.client.token) == ("T0EAST", token_of(east))
    assert one.client.token != first
    await heartbeat.stop()
    await other.close()


async def test_a_token_that_cannot_be_read_keeps_no_other_from_being_replaced(
    several: Several, lenders: dict[str, Slack], log: io.StringIO
) -> None:
    east, west = lenders["T0EAST"], lenders["T0WEST"]
    async with east.office.database.transaction() as session:
        damaged = await session.get_one(SlackInstallation, (await installation(east)).id)
        damaged.bot_token_cipher = damaged.bot_token_cipher[:-4]
    earlier = token_of(west)

    await west.later(hours=11)
    await west.later(seconds=30)

    assert token_of(west) != earlier
    assert len(logged(log, "token_unreadable")) == 1
    assert "L-1" in (await west.command(west.agent, "/loan new 陈静 13900001234")).text
