"""Whatever Slack, or a proxy in between, says over a socket: the desk stays connected or connects again."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.service import Service, open_service
from bot.socket_mode import SocketTimeouts
from sandbox.server import Sandbox
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock
from tests.wire.conftest import install, settings_for

QUICK = SocketTimeouts(ping=0.2, silence=30, overlap=0.2, first_pause=0.02, longest_pause=0.05)

GREETINGS: list[str | bytes] = [
    "",
    "hello",
    "[]",
    "null",
    "3",
    '"hello"',
    "{}",
    '{"type": null}',
    '{"type": "goodbye"}',
    '{"type": "disconnect", "reason": {"a": [1]}}',
    '{"type": "hello", "debug_info": null}',
    '{"type": "hello", "debug_info": []}',
    '{"type": "hello", "debug_info": "host"}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": "an hour"}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": [1]}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": {}}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": NaN}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": Infinity}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": -5}}',
    '{"type": "hello", "debug_info": {"approximate_connection_time": 1e308}}',
    '{"type": "hello", "num_connections": "many", "connection_info": 5}',
    "[" * 100_000,
    b"\x00\xff",
    b"",
]

FRAMES: list[str | bytes] = [
    "",
    "not json",
    "[]",
    "null",
    "5",
    '{"type": 3}',
    '{"type": "disconnect"}',
    '{"type": "disconnect", "reason": ["x"]}',
    '{"type": "disconnect", "reason": "a reason of next year"}',
    '{"envelope_id": null}',
    '{"envelope_id": {"a": 1}, "payload": {}}',
    '{"envelope_id": "1"}',
    '{"envelope_id": "2", "payload": null, "type": "slash_commands"}',
    '{"envelope_id": "3", "payload": [], "type": "events_api", "accepts_response_payload": true}',
    '{"envelope_id": "4", "payload": {"type": "block_actions", "actions": []}, "type": "interactive"}',
    '{"envelope_id": "5", "payload": "text", "type": ["x"], "retry_attempt": {}, "retry_reason": null}',
    "{" * 100_000,
    b"\xff\xfe",
]


@pytest.fixture
async def desk(sandbox: Sandbox, sqlite_url: str, clock: FrozenClock) -> AsyncIterator[Service]:
    """A desk that is about to connect."""
    install(sandbox, None)
    service = await open_service(settings_for(sandbox, sqlite_url), clock)
    agent = await make_member(service.office, service.workspace, "UAGENT", roles="agent", name="Agent")
    await make_loan(service.office, service.workspace, "L-1", owner=agent)
    yield service
    await service.close()
    # The sandbox knows none of the envelopes above, nor what was acknowledged of them.
    sandbox.violations[:] = [each for each in sandbox.violations if each.where != "socket"]


async def test_after_any_greeting_the_desk_is_connected(desk: Service, sandbox: Sandbox) -> None:
    for greeting in GREETINGS:
        before = sandbox.sockets.opened
        sandbox.sockets.greetings = [greeting]
        if desk.socket is None:
            await desk.connect(QUICK)
        else:
            sandbox.sockets.drop()
        await sandbox.wait_for(lambda before=before: sandbox.sockets.opened > before)

        reply = await sandbox.command("UAGENT", "CDESK", "/loan-call L-1 reachd")

        assert "reached" in reply.text, greeting


async def test_no_frame_ends_the_work(desk: Service, sandbox: Sandbox) -> None:
    await desk.connect(QUICK)
    for frame in FRAMES:
        await sandbox.sockets.send_raw(frame)
        reply = await sandbox.command("UAGENT", "CDESK", "/loan-call L-1 reachd")
        assert "reached" in reply.text, frame


async def test_an_envelope_of_another_team_is_not_served(desk: Service, sandbox: Sandbox) -> None:
    await desk.connect(QUICK)
    served = await sandbox.command("UAGENT", "CDESK", "/loan-call L-1 no answer")
    assert served.request is not None
    body: dict[str, Any] = served.request.body | {"team_id": "TOTHER", "trigger_id": "another"}

    exchange = await sandbox.sockets.send("command", "/loan-call", json.loads(json.dumps(body)))

    assert exchange.status == 200
    assert exchange.answer == ""


@pytest.mark.parametrize("retry_after", ["abc", "", "NaN"])
async def test_a_rate_limit_in_unknown_words_ends_nothing(desk: Service, sandbox: Sandbox, retry_after: Any) -> None:
    sandbox.faults.next("apps.connections.open", "429", retry_after=retry_after)

    await desk.connect(QUICK)

    assert desk.socket is not None
    assert desk.socket.connected
