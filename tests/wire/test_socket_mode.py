"""Faults of Socket Mode that Slack's users report, played by the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlmodel import select

from bot.service import Service, open_service
from bot.socket_mode import SocketTimeouts
from sandbox.server import Sandbox
from sandbox.traffic import Exchange
from sandbox.user_actions import Press
from storage.tables import Call, Loan, Member
from tests.builders import make_follow_up, make_loan, make_member
from tests.clocks import FrozenClock
from tests.wire.conftest import install, settings_for

QUICK = SocketTimeouts(ping=0.2, silence=30, overlap=0.5, first_pause=0.05, longest_pause=0.2)


class Shop:
    """A desk behind Socket Mode, an agent, and the loan L-1."""

    def __init__(self, sandbox: Sandbox, service: Service, agent: Member, loan: Loan) -> None:
        self.sandbox, self.service, self.agent, self.loan = sandbox, service, agent, loan
        self.sockets = sandbox.sockets

    async def calls(self) -> int:
        async with self.service.office.database.reading() as session:
            return len((await session.exec(select(Call))).all())

    async def replaced(self, since: int) -> None:
        """Wait until a connection was opened after the first `since` and is the only one."""
        await self.sandbox.wait_for(lambda: self.sockets.opened > since and len(self.sockets.connections) == 1)


@pytest.fixture
def timeouts() -> SocketTimeouts:
    """Return long timeouts, so that a pause of the machine does not look like a silent connection."""
    return QUICK


@pytest.fixture
async def shop(sandbox: Sandbox, sqlite_url: str, clock: FrozenClock, timeouts: SocketTimeouts) -> AsyncIterator[Shop]:
    install(sandbox, None)
    service = await open_service(settings_for(sandbox, sqlite_url), clock)
    await service.connect(timeouts)
    agent = await make_member(service.office, service.workspace, "UAGENT", roles="agent", name="Agent")
    loan = await make_loan(service.office, service.workspace, "L-1", owner=agent)
    await make_follow_up(service.office, loan, agent, purpose="documents", due_at=clock.now())
    yield Shop(sandbox, service, agent, loan)
    await service.close()


async def test_socket_mode_sends_nothing_over_http(shop: Shop) -> None:
    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")

    assert "no answer, logged" in reply.text
    assert reply.request is not None
    assert reply.request.url.startswith("socket:")


async def test_a_press_is_answered_through_its_response_url(shop: Shop) -> None:
    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")
    assert reply.message is not None

    pressed = await shop.sandbox.press("UAGENT", reply.message, "Undo")

    assert pressed.error == ""
    assert pressed.shown is not None
    assert "Undone" in pressed.shown.text


@pytest.mark.parametrize(("trouble", "timeouts"), [("drop", QUICK), ("silence", replace(QUICK, silence=1.5))])
async def test_a_broken_or_silent_connection_is_replaced(shop: Shop, trouble: str) -> None:
    getattr(shop.sockets, trouble)()
    await shop.replaced(since=1)

    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")

    assert "no answer, logged" in reply.text


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_new_connection_is_open_before_the_old_one_is_closed(shop: Shop, reason: str) -> None:
    await shop.sockets.disconnect(reason)
    await shop.sandbox.wait_for(lambda: len(shop.sockets.connections) == 2)
    await shop.replaced(since=1)

    assert [one.number for one in shop.sockets.connections] == [2]
    assert ", logged at" in (await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")).text


async def test_a_connection_is_replaced_at_the_end_of_its_lifetime_without_a_request(
    sandbox: Sandbox, sqlite_url: str, clock: FrozenClock
) -> None:
    sandbox.sockets.approximate_seconds = 0.2
    install(sandbox, None)
    service = await open_service(settings_for(sandbox, sqlite_url), clock)
    await service.connect(SocketTimeouts(overtime=0.1, overlap=0.1))
    await sandbox.wait_for(lambda: sandbox.sockets.opened > 1)
    await service.close()


async def test_an_envelope_resent_after_a_lost_acknowledgement_has_one_effect(shop: Shop) -> None:
    shop.sockets.lost_acknowledgements = 1

    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")

    assert "no answer, logged" in reply.text
    assert shop.sockets.opened == 2
    assert await shop.calls() == 1


async def test_a_press_whose_acknowledgement_was_lost_is_answered_once(shop: Shop) -> None:
    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan L-1")
    assert reply.message is not None
    shop.sockets.lost_acknowledgements = 1

    pressed: Press = await shop.sandbox.press("UAGENT", reply.message, "Call")

    assert pressed.error == ""
    assert len(pressed.replies) == 1


async def test_an_envelope_resent_while_it_is_processed_has_one_effect_and_two_answers(
    shop: Shop,
) -> None:
    shop.sockets.timeout = 0.2
    async with shop.service.office.database.transaction():
        reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")
        assert reply.error.endswith('"operation_timeout"')
        first, again = await shop.sandbox.wait_for(lambda: two(shop.sandbox.traffic.requests("command")))
        assert first.url == again.url
    await shop.sandbox.wait_for(lambda: not any(any(c.waiting.values()) for c in shop.sockets.connections))

    assert await shop.calls() == 1


def two(requests: list[Exchange]) -> list[Exchange]:
    return requests if len(requests) == 2 else []


async def test_a_refused_connection_is_retried(shop: Shop) -> None:
    shop.sandbox.faults.next("apps.connections.open", "500", times=2)
    shop.sandbox.faults.next("apps.connections.open", "error:internal_error")
    shop.sockets.drop()
    await shop.replaced(since=1)

    assert len(shop.sandbox.traffic.api_calls("apps.connections.open")) == 5


async def test_a_shutdown_answers_requests_in_progress(shop: Shop) -> None:
    before = len(shop.sandbox.traffic.api_calls("users.info"))
    shop.sandbox.faults.next("users.info", "slow", delay=0.3)
    typed = asyncio.create_task(shop.sandbox.command("UADMIN", "CDESK", "/loan-team add @other agent #desk East"))
    await shop.sandbox.wait_for(lambda: len(shop.sandbox.traffic.api_calls("users.info")) > before)
    assert shop.service.socket is not None

    await shop.service.socket.stop()

    assert "Other" in (await typed).text or "UOTHER" in (await typed).text
    await shop.sandbox.wait_for(lambda: not shop.sockets.connections)


async def test_a_command_that_fails_unexpectedly_is_answered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(shop.service.app, "async_dispatch", fail)

    reply = await shop.sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")

    assert "未能确认" in reply.text or "是否" in reply.text
