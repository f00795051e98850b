"""At the start of a process that also delivers, those who tried to reach the desk meanwhile have their answers first."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.commands import serving
from tests.wire.office_day import Slack


@contextmanager
def commands_held(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Event]:
    """Hold the answers to commands until the end of the block; the event says that one has arrived."""
    arrived, released = asyncio.Event(), asyncio.Event()
    dispatch = slack.service.app.async_dispatch

    async def dispatch_later(request: Any) -> Any:
        arrived.set()
        await released.wait()
        return await dispatch(request)

    monkeypatch.setattr(serving, "_ARRIVING_SECONDS", 0)
    monkeypatch.setattr(slack.service.app, "async_dispatch", dispatch_later)
    yield arrived
    released.set()


async def test_deliveries_begin_when_the_command_has_its_answer(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_GO_FIRST_SECONDS", 60)
    await serving.let_commands_go_first(slack.service)  # nothing to wait for

    with commands_held(slack, monkeypatch) as arrived:
        command = asyncio.create_task(slack.command(slack.agent, "/loan help"))
        await arrived.wait()
        deliveries = asyncio.create_task(serving.let_commands_go_first(slack.service))
        await asyncio.wait([deliveries], timeout=0.05)
        assert not deliveries.done()

    await command
    await deliveries


async def test_deliveries_wait_no_longer_than_a_limit(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_GO_FIRST_SECONDS", 0.05)

    with commands_held(slack, monkeypatch) as arrived:
        command = asyncio.create_task(slack.command(slack.agent, "/loan help"))
        await arrived.wait()
        await serving.let_commands_go_first(slack.service)
        assert not command.done()

    await command
