"""Requests that Slack does not send, or not to this desk: refused at once with one line of log that repeats nothing of them."""

import asyncio
import contextlib
import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.http_server import LARGEST_BODY, HttpTimeouts
from bot.service import Service, open_service
from handlers.door.response_urls import is_slacks
from sandbox.delivery import signed_headers
from sandbox.server import Sandbox
from sandbox.workspace import TEAM_ID
from tests.builders import make_loan, make_member
from tests.clocks import FrozenClock
from tests.wire.conftest import install, settings_for
from tests.wire.office_day import SIGNING_SECRET, Slack, logged

FORM = "application/x-www-form-urlencoded"
PRIVATE = "13800138000"


@dataclass(slots=True)
class Answer:
    """What came back on a connection: the status, None without an answer, and whether the desk closed the connection."""

    status: int | None
    closed: bool
    text: str = ""


@dataclass(slots=True)
class Desk:
    """A desk on 127.0.0.1, to be sent bytes."""

    service: Service
    log: io.StringIO = field(default_factory=io.StringIO)

    async def send(self, *parts: bytes, reads: bool = True) -> Answer:
        """Send bytes over a new connection, and read until the desk closes it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.service.port)
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            text = (await reader.read() if reads else b"").decode(errors="replace")
        except ConnectionError:
            return Answer(None, closed=True)
        finally:
            writer.close()
        return Answer(int(text.split()[1]) if text else None, closed=True, text=text)

    async def post(self, body: bytes, headers: Mapping[str, str | bytes]) -> Answer:
        """Post a body with these headers and no others."""
        given = {"Host": "desk", "Connection": "close", "Content-Length": str(len(body)), **headers}
        lines = [name.encode() + b": " + (v if isinstance(v, bytes) else v.encode()) for name, v in given.items()]
        return await self.send(b"\r\n".join([b"POST /slack/events HTTP/1.1", *lines, b"", b""]), body)

    async def post_signed(self, body: bytes, kind: str = FORM, **headers: str) -> Answer:
        """Post a body that is signed with the right secret."""
        signed = signed_headers(body, secret=SIGNING_SECRET, timestamp=int(time.time()))
        return await self.post(body, {**signed, "Content-Type": kind, **headers})

    def forget_log(self) -> None:
        self.log.seek(0)
        self.log.truncate()

    def refusals(self) -> list[tuple[int, str]]:
        return [(line["status"], line["why"]) for line in logged(self.log, "request_refused")]


TIMEOUTS = HttpTimeouts(headers=0.2, body=0.2, idle=0.5, lingering=0.1)


@pytest.fixture
async def desk(sandbox: Sandbox, sqlite_url: str, clock: FrozenClock, log: io.StringIO) -> AsyncIterator[Desk]:
    install(sandbox, "http://127.0.0.1:9")
    service = await open_service(settings_for(sandbox, sqlite_url), clock)
    await service.serve(TIMEOUTS)
    yield Desk(service, log)
    await service.close()


def command(**changes: str) -> dict[str, str]:
    form = {"team_id": TEAM_ID, "command": "/loan", "text": "help", "user_id": "UAGENT", "channel_id": "CDESK"}
    return form | {"trigger_id": "1.2.3", "response_url": "https://hooks.slack.com/commands/1"} | changes


def press(**changes: Any) -> dict[str, Any]:
    action = {"action_id": "card.show#1", "value": "{}"}
    common = {"type": "block_actions", "team": {"id": TEAM_ID}, "user": {"id": "UAGENT", "team_id": TEAM_ID}}
    return common | {"trigger_id": "1.2.3", "channel": {"id": "CDESK"}, "actions": [action]} | changes


def event(**changes: Any) -> dict[str, Any]:
    said = {"type": "app_mention", "user": "UAGENT", "channel": "CDESK", "text": "hello"}
    return {"type": "event_callback", "team_id": TEAM_ID, "event_id": "Ev1", "event": said} | changes


NOW = "the time"
GOOD = {"X-Slack-Request-Timestamp": NOW, "X-Slack-Signature": "v0=" + "0" * 64, "Content-Type": FORM}

UNSIGNED = [
    {},
    {"X-Slack-Signature": GOOD["X-Slack-Signature"]},
    {"X-Slack-Request-Timestamp": NOW},
    GOOD,
    GOOD | {"X-Slack-Request-Timestamp": ""},
    GOOD | {"X-Slack-Request-Timestamp": "now"},
    GOOD | {"X-Slack-Request-Timestamp": "1e9"},
    GOOD | {"X-Slack-Request-Timestamp": "-5"},
    GOOD | {"X-Slack-Request-Timestamp": "9" * 5000},
    GOOD | {"X-Slack-Request-Timestamp": "١٧٦٤٠٣٦٠٠٠"},
    GOOD | {"X-Slack-Signature": ""},
    GOOD | {"X-Slack-Signature": "v0=é"},
    GOOD | {"X-Slack-Signature": b"v0=\xff\xfe"},
    GOOD | {"X-Slack-Signature": "v1=" + "0" * 64},
    GOOD | {"Content-Type": "application/json"},
    GOOD | {"Content-Type": "application/json; charset=no-such-thing"},
    GOOD | {"Content-Type": ""},
    GOOD | {"Content-Encoding": "gzip"},
    GOOD | {"Content-Encoding": "br"},
    GOOD | {"X-Slack-Bolt-Lazy-Only": "1", "X-Slack-Bolt-Lazy-Function-Name": "press"},
    GOOD | {"X-Slack-Retry-Num": "x", "X-Slack-Retry-Reason": "http_timeout"},
]
BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b"payload=%7B",
    b"payload=",
    b"ssl_check=1",
    b'{"type": "event_callback"}',
]


async def test_an_unsigned_request_is_refused_with_one_short_line_of_log(desk: Desk) -> None:
    tried = [(headers, body) for headers in UNSIGNED for body in (b"payload=%7B", PRIVATE.encode())]
    tried += [(headers, body) for headers in (UNSIGNED[0], GOOD) for body in BODIES]
    for headers, body in tried:
        headers = {name: str(int(time.time())) if value == NOW else value for name, value in headers.items()}

        answer = await desk.post(body, headers)

        assert answer.status in (400, 401), (headers, body)
    lines = desk.log.getvalue().splitlines()
    assert len(lines) == len(tried)
    assert all(json.loads(line)["event"] == "request_refused" and len(line) < 200 for line in lines)
    assert PRIVATE not in desk.log.getvalue()


MALFORMED: list[tuple[bytes, str, str]] = [
    (b"", FORM, "not_a_form"),
    (b"\xff\xfe", FORM, "not_utf8"),
    (b"text=%ff", FORM, "not_a_form"),
    (b"a&" * 1000, FORM, "not_a_form"),
    (b"a=1&a=2", FORM, "not_a_form"),
    (b"payload=", FORM, "not_json"),
    (b"payload=%5B%5D", FORM, "no_object"),
    (b"payload=3", FORM, "no_object"),
    (b"{", "application/json", "not_json"),
    (b"null", "application/json", "no_object"),
    (b'"text"', "Application/JSON; charset=nonsense", "no_object"),
    (b'{"a": NaN}', "application/json", "not_json"),
    (b'{"a": "\\ud800"}', "application/json", "not_json"),
    (b'{"a":' * 50_000, "application/json", "not_json"),
    (urlencode({"text": "help"}).encode(), FORM, "no_team"),
    (urlencode(command(trigger_id="")).encode(), FORM, "wrong_shape:command"),
    (urlencode(command(user_id="U\0")).encode(), FORM, "wrong_shape:command"),
    (json.dumps({**command(), "user_id": ["UAGENT"]}).encode(), "application/json", "wrong_shape:command"),
    (json.dumps(press(user="UAGENT")).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(user={"id": 3})).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(actions=[])).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(actions={})).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(actions=[{"action_id": None}])).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(actions=[{"action_id": "a", "value": "{"}])).encode(), "application/json", "not_json"),
    (json.dumps(press(team=[TEAM_ID])).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(view=[])).encode(), "application/json", "wrong_shape:block_actions"),
    (json.dumps(press(type="view_submission")).encode(), "application/json", "wrong_shape:view_submission"),
    (json.dumps(press(type="shortcut")).encode(), "application/json", "wrong_shape:shortcut"),
    (json.dumps(press(type="block_suggestion")).encode(), "application/json", "wrong_shape:block_suggestion"),
    (json.dumps(event(event=None)).encode(), "application/json", "wrong_shape:event_callback"),
    (json.dumps(event(event="x")).encode(), "application/json", "wrong_shape:event_callback"),
    (json.dumps(event(event_id=None)).encode(), "application/json", "wrong_shape:event:app_mention"),
    (json.dumps(event(authorizations={})).encode(), "application/json", "wrong_shape:event:app_mention"),
    (json.dumps(event(authorizations=["x"])).encode(), "application/json", "wrong_shape:event:app_mention"),
    (
        json.dumps(event(event={"type": "message", "user": {}})).encode(),
        "application/json",
        "wrong_shape:event:message",
    ),
    (
        json.dumps(event(event={"type": "app_home_opened"})).encode(),
        "application/json",
        "wrong_shape:event:app_home_opened",
    ),
    (
        json.dumps(event(event={"type": "user_change", "user": "UAGENT"})).encode(),
        "application/json",
        "wrong_shape:event:user_change",
    ),
    (json.dumps(event(event={"type": "user_change"})).encode(), "application/json", "wrong_shape:event:user_change"),
    (json.dumps(press(type="no_such_kind", channel=2**63)).encode(), "application/json", "wrong_shape:other"),
    (
        json.dumps(event(event={"type": "no_such", "item": {"channel": 1}})).encode(),
        "application/json",
        "wrong_shape:event_callback",
    ),
]


async def test_a_signed_body_of_another_shape_is_refused(desk: Desk) -> None:
    for body, kind, why in MALFORMED:
        desk.forget_log()

        answer = await desk.post_signed(body, kind)

        assert answer.status == 400, body[:200]
        assert desk.refusals() == [(400, why)]
        assert len(desk.log.getvalue().splitlines()) == 1


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "type", "team_id"]), inner),
    max_leaves=4,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from([command(), press(), event()]), st.data())
async def test_no_value_of_a_signed_body_is_a_mishap(desk: Desk, body: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(body)))
    desk.forget_log()

    answer = await desk.post_signed(json.dumps(body | {name: data.draw(JSON_VALUES)}).encode(), "application/json")

    assert answer.status in (200, 400, 401, 404)
    assert logged(desk.log, "mishap") == []
    assert logged(desk.log, "envelope_failed") == []


async def test_a_signed_request_of_another_team_is_refused(desk: Desk) -> None:
    for body in (
        command(team_id="TOTHER"),
        press(team={"id": "TOTHER"}),
        event(team_id="TOTHER"),
        event(authorizations=[{"team_id": "TOTHER"}]),
    ):
        desk.forget_log()

        answer = await desk.post_signed(json.dumps(body).encode(), "application/json")

        assert answer.status == 401, body
        assert desk.refusals() == [(401, "another_team")]


NO_HTTP = [
    b"\x16\x03\x01\x02\x00\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST / HTTP/9\r\n\r\n",
    b"P(ST / HTTP/1.1\r\nHost: desk\r\n\r\n",
    b"POST http://[ HTTP/1.1\r\nHost: desk\r\n\r\n",
    *(
        b"POST /slack/events HTTP/1.1\r\nHost: desk\r\n" + header + b"\r\n\r\n"
        for header in (
            b"Content-Length: -5",
            b"Content-Length: five",
            b"Content-Length: 99999999999999999999",
            b"Content-Length: 1\r\nContent-Length: 2",
            b"Transfer-Encoding: chunked\r\nContent-Length: 5",
            b"no colon",
            b": no name",
            b"X: a\0b",
            b"X: " + b"a" * 20_000,
        )
    ),
]


async def test_bytes_that_are_no_http_are_refused_in_one_line(desk: Desk) -> None:
    for raw in NO_HTTP:
        desk.forget_log()

        answer = await desk.send(raw)

        assert answer.status == 400, raw[:200]
        assert desk.refusals() == [(400, "not_http")]
        assert len(desk.log.getvalue().splitlines()) == 1


async def test_a_body_of_a_mebibyte_is_read_and_a_longer_one_is_not(desk: Desk) -> None:
    form = command()
    padding = LARGEST_BODY - len(urlencode(form)) - len("&padding=")
    longest = urlencode(form).encode() + b"&padding=" + b"x" * padding
    assert len(longest) == LARGEST_BODY

    assert (await desk.post_signed(longest)).status == 200
    assert (await desk.post_signed(longest + b"x")).status == 413
    assert desk.refusals() == [(413, "too_large")]


async def test_fields_are_not_counted_before_the_signature_is_verified(desk: Desk) -> None:
    began = time.process_time()

    answer = await desk.post(b"a&" * 500_000, GOOD | {"X-Slack-Request-Timestamp": str(int(time.time()))})

    assert answer.status == 401
    assert time.process_time() - began < 0.15


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"", "slow_headers"),
        (b"POST /slack/ev", "slow_headers"),
        (b"POST /slack/events HTTP/1.1\r\nHost: desk\r\nX-Slack-Sign", "slow_headers"),
    ],
)
async def test_a_connection_whose_headers_do_not_end_is_closed(desk: Desk, sent: bytes, why: str) -> None:
    answer = await desk.send(sent)

    assert answer.closed
    assert desk.refusals() == [(408, why)]
    assert len(desk.log.getvalue().splitlines()) == 1


async def test_a_header_that_comes_byte_by_byte_wins_no_time(desk: Desk) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.service.port)

    async def drip() -> None:
        for byte in b"GET /healthz HTTP/1.1\r\nX-Header: " + b"a" * 10_000:
            writer.write(bytes([byte]))
            await asyncio.sleep(TIMEOUTS.headers / 20)

    dripping = asyncio.create_task(drip())
    with contextlib.suppress(ConnectionResetError):  # a byte was on its way when the desk closed the connection
        assert await reader.read() == b""
    dripping.cancel()
    writer.close()


async def test_a_body_that_does_not_end_is_refused(desk: Desk) -> None:
    headers = GOOD | {"X-Slack-Request-Timestamp": str(int(time.time())), "Content-Length": "100"}

    answer = await desk.post(b"command=", headers)

    assert answer.status == 408
    assert desk.refusals() == [(408, "slow_body")]


async def test_a_connection_is_kept_for_more_requests_and_closed_when_it_is_idle(desk: Desk) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.service.port)
    for _ in range(2):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))

    assert await reader.read() == b""
    writer.close()


NO_ADDRESS_OF_SLACKS = [
    "http://hooks.slack.com/actions/1",
    "https://hooks.slack.com.evil.example/actions/1",
    "https://hooks.slack.com@evil.example/actions/1",
    "https://evil.example\\@hooks.slack.com/actions/1",
    "https://evil.example/hooks.slack.com",
    "http://127.0.0.1:{port}/actions/1",
    "http://localhost:{port}/actions/1",
    "file:///etc/passwd",
    "//hooks.slack.com/",
    "",
]


async def test_an_answer_is_sent_to_no_address_but_slacks(slack: Slack, log: io.StringIO) -> None:
    await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    posted: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        posted.append(await reader.readuntil(b"\r\n"))
        writer.close()

    stranger = await asyncio.start_server(take, "127.0.0.1", 0)
    port = stranger.sockets[0].getsockname()[1]
    reply = await slack.command(slack.agent, "/loan-call L-1 no answer")
    assert reply.message is not None
    pressed = await slack.press(slack.agent, reply.message, "Undo")
    assert pressed.request is not None
    for number, url in enumerate(NO_ADDRESS_OF_SLACKS, start=1):
        body = pressed.request.body | {"response_url": url.format(port=port), "trigger_id": f"another {number}"}
        raw = urlencode({"payload": json.dumps(body)}).encode()

        answer = await Desk(slack.service).post_signed(raw)

        assert answer.status == 200
        assert len(logged(log, "answer_withheld")) == number, url
    assert posted == []
    stranger.close()


def test_answers_may_go_to_slacks_own_hosts() -> None:
    api = "https://slack.com/api/"
    assert is_slacks("https://hooks.slack.com/actions/T1/2/x", api)
    assert is_slacks("https://hooks.slack.com:443/actions/T1/2/x", api)
    assert is_slacks("https://hooks.slack-gov.com/commands/T1/2/x", api)
    assert is_slacks("http://127.0.0.1:8420/response/1", "http://127.0.0.1:8420/api/")
    assert not is_slacks("https://hooks.slack.com:8443/actions/T1/2/x", api)


async def test_what_people_write_to_each_other_in_a_channel_is_acknowledged_and_ignored(slack: Slack) -> None:
    said = {"type": "message", "user": "UAGENT", "channel": "CDESK", "channel_type": "channel", "text": "lunch?"}
    before = len(slack.sandbox.messages("CDESK", "UAGENT"))

    for each in (said, said | {"channel_type": "group"}, said | {"channel_type": "mpim"}, {"type": "reaction_added"}):
        answer = await Desk(slack.service).post_signed(json.dumps(event(event=each)).encode(), "application/json")
        assert answer.status == 200

    assert len(slack.sandbox.messages("CDESK", "UAGENT")) == before


async def test_a_signed_command_is_served(desk: Desk) -> None:
    await make_member(desk.service.office, desk.service.workspace, "UAGENT", roles="agent", name="Agent")

    answer = await desk.post_signed(urlencode(command()).encode())

    assert answer.status == 200
    assert "/loan" in answer.text
