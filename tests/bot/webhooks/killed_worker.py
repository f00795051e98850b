"""A worker in its own process that sends webhooks and is killed at a given step."""

import asyncio
import os
import signal
from multiprocessing.process import BaseProcess
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.engine import DbosEngine, Lane
from bot.delivery.sender import Sender
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from desk.core.transaction import Office
from desk.webhooks import sending
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.queries.people import workspaces
from tests.bot.delivery.conftest import FAST
from tests.bot.delivery.killed_worker import FastClock, compose
from tests.bot.forks import FORKS

STEPS = (
    "before spread",
    "after spread",
    "before next_outgoing",
    "after next_outgoing",
    "before post",
    "after post",
    "before record",
    "after record",
)
"""The steps of a delivery: functions of `desk.webhooks.sending`, whose transactions are committed after them, and the request."""


def begin(database_url: str, clock: FastClock, *, executor_id: str, step: str) -> BaseProcess:
    """Start a worker that dies at this step."""
    process = FORKS.Process(target=_run, args=(database_url, clock, executor_id, step), daemon=True)
    process.start()
    return process


def _run(database_url: str, clock: FastClock, executor_id: str, step: str) -> None:
    asyncio.run(_work(database_url, clock, executor_id, step))


async def _work(database_url: str, clock: FastClock, executor_id: str, step: str) -> None:
    cipher = Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))
    office = Office(Database(database_url), cipher, clock)
    async with office.database.reading() as session:
        workspace = (await workspaces.every(session))[0]
    client = WebhookClient(Allowed.read("127.0.0.0/8"), clock)
    when, _, name = step.partition(" ")
    owner: Any = client if name == "post" else sending
    _install(owner, name, when)
    async with aiohttp.ClientSession() as http:
        slack = AsyncWebClient(token="xoxb-sandbox-token", base_url="http://127.0.0.1:1/", session=http)
        lane = Lane("deliver_webhooks", "webhooks", 10, {workspace.id: WebhookRounds(office, workspace, client)})
        sender = Sender(office, slack, workspace, compose)
        await DbosEngine(office, sender, executor_id=executor_id, pace=FAST, lanes=[lane]).start()
        await asyncio.sleep(300)


def _install(owner: Any, name: str, when: str) -> None:
    whole = getattr(owner, name)

    async def killed(*arguments: Any, **options: Any) -> Any:
        if when == "after":
            await whole(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, killed)
