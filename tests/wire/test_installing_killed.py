"""A process that is killed in the middle of an installation, or while it replaces a token: nothing is lost, doubled or half done.

Now is Wednesday 2026-11-25 10:00 in Shanghai.
"""

import asyncio
import os
import signal
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import aiohttp
import pytest
from sqlmodel import select

from bot import install_page, token_refresher
from bot.service import open_service
from bot.settings import Settings
from storage.tables import AuditEntry, Member, SlackInstallation, Workspace
from tests.bot.forks import FORKS
from tests.clocks import FrozenClock
from tests.wire.office_day import Slack
from tests.wire.several import Browser, Several, installation, token_of


def serve_and_die(settings: Settings, now: str, before: str, ready: Connection) -> None:
    """Serve in a process that is killed before it does the step of that name."""

    async def die(*_: Any, **__: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    for module in (install_page, token_refresher):
        if hasattr(module, before):
            setattr(module, before, die)

    async def run() -> None:
        service = await open_service(settings, FrozenClock(datetime.fromisoformat(now)))
        await service.serve()
        ready.send(service.port)
        await service.round()
        await asyncio.sleep(60)

    asyncio.run(run())


async def begin(several: Several, before: str) -> tuple[BaseProcess, int]:
    """Start such a process on the same database, and return it with its port."""
    here, there = FORKS.Pipe(duplex=False)
    arguments = (several.service.settings, several.clock.now().isoformat(), before, there)
    process = FORKS.Process(target=serve_and_die, args=arguments, daemon=True)
    process.start()
    return process, await asyncio.to_thread(here.recv)


async def ended(process: BaseProcess) -> int | None:
    await asyncio.to_thread(process.join, 60)
    return process.exitcode


async def rows(several: Several, table: Any) -> list[Any]:
    async with several.service.shared.database.reading() as session:
        return list((await session.exec(select(table))).all())


@pytest.mark.every_example
@pytest.mark.parametrize("before", ["take_state", "install", "record"])
async def test_an_installation_that_was_killed_is_done_by_another_try(several: Several, before: str) -> None:
    process, port = await begin(several, before)
    mine = Browser()
    back = several.cloud.allow(await several.begin(mine), several.teams["T0EAST"], "UADMIN")
    path = back.partition("desk.example.com")[2]
    headers = {"Cookie": f"loandesk_install={mine.cookie}"}
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"http://127.0.0.1:{port}{path}", headers=headers)
    assert await ended(process) == -signal.SIGKILL
    assert await rows(several, SlackInstallation) == []
    assert await several.service.workspaces.find("T0EAST") is None  # what is half installed is not served

    assert (await several.install("T0EAST"))[0] == 200
    assert len(await rows(several, Workspace)) == 1
    assert [member.slack_user_id for member in await rows(several, Member)] == ["UADMIN"]
    assert [each.act for each in await rows(several, AuditEntry)].count("install_app") == 1
    east = await several.lender("T0EAST")
    assert "L-1" in (await east.command(east.agent, "/loan new 陈静 13900001234")).text


@pytest.mark.every_example
@pytest.mark.parametrize("before", ["hold_refresh", "record_refreshed"])
async def test_a_token_whose_replacing_was_killed_is_replaced_by_another_process(
    several: Several, lenders: dict[str, Slack], before: str
) -> None:
    east = lenders["T0EAST"]
    several.clock.advance(hours=11)
    process, _ = await begin(several, before)
    assert await ended(process) == -signal.SIGKILL
    await east.later(seconds=30)
    row = await installation(east)
    assert (row.refresh_failed_at, row.refresh_held_until) == (None, None)
    assert row.token_expires_at is not None
    assert row.token_expires_at > several.clock.now()
    served = await several.served("T0EAST")
    assert served.client.token == token_of(east)
    assert "L-1" in (await east.command(east.agent, "/loan new 陈静 13900001234")).text
