"""Socket Mode."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox.server import _simple_manifest  # pyright: ignore[reportPrivateUsage]
from tests.sandbox.conftest import TOKEN, World
from tests.sandbox.payloads import modal, text_input

APP_TOKEN = "xapp-1"
Socket = aiohttp.ClientWebSocketResponse


@pytest.fixture
def world(world: World) -> World:
    manifest = _simple_manifest("Loan Desk", "http://127.0.0.1:9/", ["chat:write"], ["/loan-call"])
    manifest["settings"]["socket_mode_enabled"] = True
    world.sandbox.install(manifest=manifest, token=TOKEN, app_token=APP_TOKEN)
    world.sandbox.sockets.timeout = 0.3
    return world


async def connect(world: World) -> Socket:
    answer = await world.client.apps_connections_open(app_token=APP_TOKEN)
    socket = await world.http.ws_connect(answer["url"])
    assert (await socket.receive_json())["type"] == "hello"
    return socket


@pytest.fixture
async def socket(world: World) -> AsyncIterator[Socket]:
    socket = await connect(world)
    yield socket
    await socket.close()


async def acknowledge(socket: Socket, envelope: dict[str, Any], payload: Any = None) -> None:
    body = {"envelope_id": envelope["envelope_id"]}
    await socket.send_str(json.dumps(body if payload is None else body | {"payload": payload}))


async def test_only_the_app_level_token_opens_a_connection(world: World) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await world.client.apps_connections_open(app_token=TOKEN)
    with pytest.raises(SlackApiError, match="invalid_auth"):
        await world.client.apps_connections_open(app_token="xapp-2")


async def test_a_socket_url_works_for_one_connection(world: World) -> None:
    url = (await world.client.apps_connections_open(app_token=APP_TOKEN))["url"]
    first = await world.http.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await world.http.ws_connect(url)
    await first.close()


async def test_a_command_is_sent_as_an_envelope_and_answered_in_its_acknowledgement(
    world: World, socket: Socket
) -> None:

    task = asyncio.create_task(world.sandbox.command(world.li, world.desk, "/loan-call A-1 busy"))
    envelope = await socket.receive_json()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert envelope["payload"]["text"] == "A-1 busy"
    await acknowledge(socket, envelope, {"text": "logged"})

    assert (await task).text == "logged"
    assert world.app.requests == []


async def test_an_envelope_not_acknowledged_in_time_is_sent_again_over_another_connection(
    world: World, socket: Socket
) -> None:
    other = await connect(world)
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call A-1 busy")
    assert reply.error.endswith('"operation_timeout"')

    first, again = await socket.receive_json(), await other.receive_json()

    assert first["envelope_id"] == again["envelope_id"]
    await other.close()


async def test_a_second_acknowledgement_is_a_violation(world: World, socket: Socket) -> None:
    await socket.send_json({"envelope_id": "nobody-sent-it"})

    await world.sandbox.wait_for(lambda: world.sandbox.violations)

    assert world.sandbox.violations[0].error == "acknowledged_twice_or_unknown"


async def test_the_eleventh_connection_is_refused(world: World) -> None:
    ten = [await connect(world) for _ in range(10)]
    url = (await world.client.apps_connections_open(app_token=APP_TOKEN))["url"]
    eleventh = await world.http.ws_connect(url)

    assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
    for one in ten:
        await one.close()


async def test_submissions_and_events_are_sent_over_the_socket(world: World, socket: Socket) -> None:
    assert world.sandbox.app is not None
    world.sandbox.app.events = frozenset({"message.im"})
    world.sandbox.say(world.li, world.sandbox.dm(world.li), "help")
    envelope = await socket.receive_json()
    assert (envelope["type"], envelope["payload"]["event"]["text"], envelope["retry_attempt"]) == (
        "events_api",
        "help",
        0,
    )
    await acknowledge(socket, envelope)
    await world.sandbox.events.wait_until_delivered()

    command = asyncio.create_task(world.sandbox.command(world.li, world.desk, "/loan-call"))
    typed = await socket.receive_json()
    await world.client.views_open(trigger_id=typed["payload"]["trigger_id"], view=modal(text_input(optional=True)))
    await acknowledge(socket, typed)
    await command
    submission = asyncio.create_task(world.sandbox.modal_of(world.li).submit())
    sent = await socket.receive_json()
    assert (sent["type"], sent["payload"]["type"]) == ("interactive", "view_submission")
    await acknowledge(socket, sent, {"response_action": "errors", "errors": {"note": "Too short."}})
    assert (await submission).errors == {"Note": "Too short."}
