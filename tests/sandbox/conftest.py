import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Channel, Sandbox, User

SECRET = "a-signing-secret"
TOKEN = "xoxb-a-token"
SCOPES = (
    "chat:write",
    "im:write",
    "users:read",
    "users:read.email",
    "channels:read",
    "groups:read",
    "im:read",
    "channels:history",
    "groups:history",
    "im:history",
    "channels:join",
)

SHORTCUTS = [
    {"type": "global", "name": "Log a call", "callback_id": "log_call", "description": "Log one"},
    {"type": "message", "name": "Log a call from this message", "callback_id": "log_from", "description": "Log it"},
]


def manifest(url: str, events: Iterable[str], features: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest of an app with all scopes that the event tests need."""
    more = ("app_mentions:read", "links:read", "links:write", "commands")
    return {
        "display_information": {"name": "Loan Desk"},
        "features": {"bot_user": {"display_name": "Loan Desk"}, "unfurl_domains": ["loans.example"], **features},
        "oauth_config": {"scopes": {"bot": [*SCOPES, *more]}},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": url, "message_menu_options_url": url},
            "event_subscriptions": {"request_url": url, "bot_events": list(events)},
        },
    }


Answer = Callable[[dict[str, Any]], Awaitable[Any]]


class Clock:
    """A clock that stands still until a test moves it forward."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def __call__(self) -> float:
        return self.seconds

    def forward(self, seconds: float) -> None:
        self.seconds += seconds


async def nothing(_form: dict[str, Any]) -> Any:
    return None


@dataclass
class App:
    """The app under the sandbox: it answers as the test says and records its requests."""

    url: str = ""
    answer: Answer = nothing
    status: int = 200
    statuses: list[int] = field(default_factory=list)
    """HTTP statuses of the next answers to events; after them `status` applies."""
    headers: dict[str, str] = field(default_factory=dict)
    answers_challenge: bool = True
    """Whether the app answers the challenge of the events URL."""
    payloads: list[dict[str, Any]] = field(default_factory=list)
    event_bodies: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.requests.append((dict(request.headers), raw))
        if request.content_type == "application/json":
            return await self._handle_event(json.loads(raw))
        form: dict[str, Any] = dict(parse_qsl(raw.decode(), keep_blank_values=True))
        form = json.loads(form["payload"]) if "payload" in form else form
        self.payloads.append(form)
        body = await self.answer(form)
        if isinstance(body, str):
            return web.Response(status=self.status, text=body)
        return web.Response(status=self.status) if body is None else web.json_response(body, status=self.status)

    async def _handle_event(self, body: dict[str, Any]) -> web.Response:
        if body["type"] == "url_verification":
            return web.json_response({"challenge": body["challenge"] if self.answers_challenge else "?"})
        self.event_bodies.append(body)
        await self.answer(body)
        return web.Response(status=self.statuses.pop(0) if self.statuses else self.status, headers=self.headers)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Return the events of a type that the app got."""
        events = [one["event"] for one in self.event_bodies if one["type"] == "event_callback"]
        return [event for event in events if event["type"] == kind]

    def answer_with(self, **body: Any) -> None:
        """Answer every command with this message."""

        async def answer(_form: dict[str, Any]) -> Any:
            return body

        self.answer = answer


@dataclass
class World:
    """A running sandbox with an app, two users and two channels."""

    sandbox: Sandbox
    app: App
    clock: Clock
    client: Any
    """The SDK's client, typed as Any because the SDK types every field of an answer as optional."""
    http: aiohttp.ClientSession
    li: User
    wang: User
    desk: Channel
    risk: Channel

    def subscribe(self, *events: str, **features: Any) -> None:
        """Reinstall the app with these events, and with shortcuts, an App Home and domains to unfurl."""
        features = {"shortcuts": SHORTCUTS, "app_home": {"home_tab_enabled": True}, **features}
        self.sandbox.install(manifest=manifest(self.app.url, events, features), signing_secret=SECRET, token=TOKEN)

    async def post(self, path: str, **body: Any) -> Any:
        async with self.http.post(self.sandbox.base_url + path, json=body) as response:
            return await response.json()

    async def get(self, path: str, **query: str) -> Any:
        async with self.http.get(self.sandbox.base_url + path, params=query) as response:
            return await response.json()


@pytest.fixture(autouse=True)
def unhurried() -> bool:
    """Keep Slack's real time limits, which these tests check."""
    return False


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock, app = Clock(), App()
    server = web.Application()
    server.add_routes([web.post("/slack/events", app.handle)])
    runner = web.AppRunner(server, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"

    sandbox = Sandbox(now=clock)
    await sandbox.start()
    sandbox.install(
        app_url=app.url,
        signing_secret=SECRET,
        token=TOKEN,
        scopes=SCOPES,
        commands=[{"command": "/loan-call", "usage_hint": "<loan> <outcome>", "description": "Log a call"}],
    )
    li = sandbox.add_user("U0LI", name="li.wei", real_name="李伟", email="li@lender.example", locale="zh-CN")
    wang = sandbox.add_user("U0WANG", name="wang", real_name="Wang Fang", tz="Europe/Berlin")
    desk = sandbox.add_channel("loan-desk", channel_id="C0DESK", members=[li, wang])
    risk = sandbox.add_channel("risk", channel_id="C0RISK", kind="private", members=[wang], with_bot=False)
    async with aiohttp.ClientSession() as http:
        client = AsyncWebClient(token=TOKEN, base_url=sandbox.api_url, session=http, retry_handlers=[])
        yield World(sandbox, app, clock, client, http, li, wang, desk, risk)
    await sandbox.stop()
    await runner.cleanup()
