"""Slash commands, from the composer to the app and back."""

import asyncio
import hashlib
import hmac
import time
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from sandbox import NotPossibleError, Sandbox
from tests.sandbox.conftest import SECRET, World


async def test_the_app_gets_every_field_of_the_command(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call L-1042 reached")
    form = world.app.payloads[0]
    assert form["command"] == "/loan-call"
    assert form["text"] == "L-1042 reached"
    assert (form["user_id"], form["channel_id"], form["team_id"]) == ("U0LI", "C0DESK", "T0SANDBOX")
    assert form["is_enterprise_install"] == "false"
    assert form["api_app_id"] == "A0SANDBOX"
    assert form["response_url"].startswith(world.sandbox.base_url)
    assert "enterprise_id" not in form


async def test_every_command_has_its_own_trigger(world: World) -> None:
    for _ in range(2):
        await world.sandbox.command(world.li, world.desk, "/loan-call")
    first, second = world.app.payloads
    assert first["trigger_id"] != second["trigger_id"]


async def test_a_request_is_signed_with_the_apps_secret_and_the_time(world: World) -> None:
    await world.sandbox.command(world.li, world.desk, "/loan-call 王")
    headers, raw = world.app.requests[0]
    stamp = headers["X-Slack-Request-Timestamp"]
    expected = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + raw, hashlib.sha256).hexdigest()
    assert headers["X-Slack-Signature"] == f"v0={expected}"
    assert int(stamp) == int(world.clock())
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("typed", "received"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("add @li.wei agent", "add <@U0LI> agent"),
        ("add @LI.WEI", "add <@U0LI>"),
        ("@李伟说", "<@U0LI>说"),
        ("@wangs", "@wangs"),
        ("@nobody", "@nobody"),
        ("to #loan-desk", "to <#C0DESK|loan-desk>"),
        ("to #risk", "to #risk"),
        ("to #nowhere", "to #nowhere"),
        ("see https://a.example/x?a=1&b=2.", "see <https://a.example/x?a=1&amp;b=2>."),
        ("见https://a.example/x。", "见<https://a.example/x>。"),
        ("see lender.com/x", "see <http://lender.com/x|lender.com/x>"),
        ("mail a.b@c.example now", "mail <mailto:a.b@c.example|a.b@c.example> now"),
        ("<@U0LI>", "&lt;@U0LI&gt;"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("L-1042, 3:30 1.5 #12", "L-1042, 3:30 1.5 #12"),
    ],
)
async def test_typed_text_reaches_the_app_escaped(world: World, typed: str, received: str) -> None:
    await world.sandbox.command(world.li, world.desk, f"/loan-call {typed}")
    assert world.app.payloads[0]["text"] == received


async def test_a_private_channel_is_sent_to_the_app_without_its_name(world: World) -> None:
    await world.sandbox.command(world.wang, world.desk, "/loan-call #risk")
    assert world.app.payloads[0]["text"] == "<#C0RISK|>"


async def test_only_the_user_who_typed_the_command_sees_its_answer(world: World) -> None:
    world.app.answer_with(response_type="ephemeral", text="Logged.")
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call L-1042 reached")
    assert (reply.status, reply.text, reply.ephemeral) == (200, "Logged.", True)
    assert [m.text for m in world.sandbox.messages(world.desk, world.li)] == ["Logged."]
    assert world.sandbox.messages(world.desk, world.wang) == []
    assert world.sandbox.messages(world.desk) == []


async def test_an_in_channel_answer_also_shows_the_typed_command(world: World) -> None:
    world.app.answer_with(response_type="in_channel", text="Logged.")
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call L-1042")
    assert not reply.ephemeral
    assert [m.text for m in world.sandbox.messages(world.desk)] == ["/loan-call L-1042", "Logged."]


async def test_a_plain_text_answer_is_ephemeral(world: World) -> None:
    async def answer(_form: dict[str, Any]) -> Any:
        return "Logged."

    world.app.answer = answer
    assert (await world.sandbox.command(world.li, world.desk, "/loan-call")).text == "Logged."


async def test_an_empty_answer_shows_nothing(world: World) -> None:
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert (reply.status, reply.text, reply.message) == (200, "", None)
    assert world.sandbox.messages(world.desk, world.li) == []


async def test_only_ordinary_whitespace_ends_the_command_name(world: World) -> None:
    assert (await world.sandbox.command(world.li, world.desk, "/loan-call\u3000L-1042")).error
    await world.sandbox.command(world.li, world.desk, "/loan-call L-1042\nsecond line ")
    assert [form["text"] for form in world.app.payloads] == ["L-1042\nsecond line"]


async def test_an_unknown_command_is_not_delivered(world: World) -> None:
    reply = await world.sandbox.command(world.li, world.desk, "/lone-call L-1042")
    assert reply.text.startswith("/lone-call is not a valid command.")
    assert world.app.payloads == []


async def test_an_app_that_returns_an_error_is_shown_as_dispatch_failed(world: World) -> None:
    world.app.status = 500
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert (reply.status, reply.text) == (500, '/loan-call failed with the error "dispatch_failed"')


async def test_an_app_that_is_down_is_shown_as_dispatch_failed(world: World) -> None:
    world.sandbox.install(app_url="http://127.0.0.1:9/", commands=["/loan-call"])
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert (reply.status, reply.text) == (None, '/loan-call failed with the error "dispatch_failed"')


async def test_an_app_that_takes_too_long_is_shown_as_operation_timeout(world: World) -> None:
    late = asyncio.Event()

    async def answer(_form: dict[str, Any]) -> Any:
        await late.wait()

    world.app.answer = answer
    world.sandbox.delivery.timeout = 0.05
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    late.set()
    assert reply.text == '/loan-call failed with the error "operation_timeout"'


async def test_an_app_has_three_seconds_to_answer() -> None:
    assert Sandbox().delivery.timeout == 3.0


async def test_an_answer_over_a_limit_is_refused_and_recorded(world: World) -> None:
    world.app.answer_with(text="x", blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}])
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call")
    assert "invalid_blocks" in reply.error
    assert "/blocks/0/text/text" in str(world.sandbox.violations[0])
    assert world.sandbox.messages(world.desk, world.li) == []


@pytest.mark.parametrize(
    "body",
    [{"text": "x", "response_type": "channel"}, {"text": "x", "colour": "red"}, {"blocks": [{"type": "divider"}]}],
)
async def test_an_answer_with_unknown_fields_or_values_is_refused(world: World, body: dict[str, Any]) -> None:
    world.app.answer_with(**body)
    assert (await world.sandbox.command(world.li, world.desk, "/loan-call")).error
    assert len(world.sandbox.violations) == 1


async def test_a_user_writes_only_in_channels_they_belong_to(world: World) -> None:
    with pytest.raises(NotPossibleError, match="channel_not_found"):
        await world.sandbox.command(world.li, world.risk, "/loan-call")
    world.sandbox.leave(world.desk, world.li)
    with pytest.raises(NotPossibleError, match="not_in_channel"):
        await world.sandbox.command(world.li, world.desk, "/loan-call")
    world.sandbox.archive(world.desk)
    with pytest.raises(NotPossibleError, match="is_archived"):
        await world.sandbox.command(world.wang, world.desk, "/loan-call")
    world.sandbox.remove_user(world.wang)
    with pytest.raises(NotPossibleError, match="account_inactive"):
        await world.sandbox.command(world.wang, world.risk, "/loan-call")


async def test_a_redelivery_sends_the_same_body_with_a_new_signature(world: World) -> None:
    world.app.answer_with(text="Logged.")
    reply = await world.sandbox.command(world.li, world.desk, "/loan-call L-1042")
    world.clock.forward(60)
    again = await world.sandbox.redeliver(reply.request)
    assert again.text == "Logged."
    (first_headers, first), (second_headers, second) = world.app.requests
    assert first == second
    assert first_headers["X-Slack-Signature"] != second_headers["X-Slack-Signature"]
    assert len(world.sandbox.messages(world.desk, world.li)) == 1


async def test_traffic_records_requests_and_answers(world: World) -> None:
    world.app.answer_with(text="Logged.")
    await world.sandbox.command(world.li, world.desk, "/loan-call L-1042")
    sent = world.sandbox.traffic.requests("command")[0]
    assert (sent.name, sent.status, sent.answer) == ("/loan-call", 200, {"text": "Logged."})


async def test_bolt_accepts_what_the_sandbox_sends_and_refuses_forgeries() -> None:
    from aiohttp import web

    sandbox = Sandbox(now=time.time)
    await sandbox.start()
    bolt = AsyncApp(signing_secret=SECRET, token="xoxb-bolt", process_before_response=True)
    bolt.client.base_url = sandbox.api_url

    @bolt.command("/loan")
    async def loan(ack: Any, body: dict[str, Any]) -> None:
        await ack(text=f"You said {body['text']}", response_type="ephemeral")

    runner = web.AppRunner(bolt.web_app("/slack/events"))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    sandbox.install(app_url=url, signing_secret=SECRET, token="xoxb-bolt", commands=["/loan"])
    li = sandbox.add_user(name="li")
    desk = sandbox.add_channel("desk", members=[li])
    try:
        reply = await sandbox.command(li, desk, "/loan L-1042")
        assert (reply.status, reply.text) == (200, "You said L-1042")
        assert (await sandbox.redeliver(reply.request, signing_secret="wrong")).status == 401
        assert (await sandbox.redeliver(reply.request, timestamp=int(time.time()) - 301)).status == 401
        assert sandbox.traffic.api_calls("auth.test")[0].status == 200
    finally:
        await runner.cleanup()
        await sandbox.stop()
