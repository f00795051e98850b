import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from bot.demo.people import LI_NA
from bot.demo.setup import Demo, open_demo
from sandbox import Channel, Sandbox, User
from tests.browser.words import CHINESE, Say
from tests.clocks import FrozenClock

# The worker has to deliver pending notices, and the machine may pause for a moment.
expect.set_options(timeout=15_000)

TOKEN = "xoxb-browser-tests"
WEDNESDAY = datetime.fromisoformat("2026-11-25T10:00:00+08:00")
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
COMMANDS = (
    {
        "command": "/loan",
        "description": "My day, a loan's card, find a borrower",
        "usage_hint": "[<loan>] | find <words>",
    },
    {"command": "/loan-call", "description": "Log a call", "usage_hint": "<loan> <outcome> [note]"},
    {"command": "/loan-follow", "description": "Agree the next call", "usage_hint": "<loan> <due> [purpose]"},
)


SHORTCUTS = (
    {"type": "global", "name": "Find a loan", "callback_id": "find", "description": "By name, number or phone"},
    {
        "type": "message",
        "name": "Log a call from this",
        "callback_id": "log",
        "description": "With its text as the note",
    },
)


def manifest(url: str) -> dict[str, Any]:
    """Return the echo app's manifest, with every feature that the page shows."""
    return {
        "display_information": {"name": "Loan Desk"},
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
            "bot_user": {"display_name": "Loan Desk"},
            "slash_commands": [{**one, "url": url, "should_escape": True} for one in COMMANDS],
            "shortcuts": list(SHORTCUTS),
        },
        "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": url, "message_menu_options_url": url},
            "event_subscriptions": {"request_url": url, "bot_events": ["app_home_opened"]},
        },
    }


@dataclass
class Echo:
    """An app that echoes its requests. `gate` holds its answers back, `status` makes them fail.

    `answers` are what it answers, by the type of the payload; to a type without one, nothing.
    """

    url: str = ""
    status: int = 200
    payloads: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.Response:
        raw = (await request.read()).decode()
        if request.content_type == "application/json":
            self.events.append(json.loads(raw))
            return web.json_response({"challenge": self.events[-1].get("challenge")})
        form: dict[str, Any] = dict(parse_qsl(raw, keep_blank_values=True))
        body = json.loads(form["payload"]) if "payload" in form else form
        self.payloads.append(body)
        await self.gate.wait()
        if self.status != 200:
            return web.Response(status=self.status)
        if body.get("type") in self.answers:
            return web.json_response(self.answers[body["type"]])
        if "command" in body:
            text = f"You typed {body['command']} with: {body['text']}"
            return web.json_response({"response_type": "ephemeral", "text": text})
        if "response_url" not in body:
            return web.Response()
        action = body["actions"][0]
        chosen = action.get("value") or action["selected_option"]["value"]
        await self.respond(body["response_url"], f"You pressed {chosen}")
        return web.Response()

    async def respond(self, url: str, text: str) -> None:
        answer = {"response_type": "ephemeral", "replace_original": False, "text": text}
        async with aiohttp.ClientSession() as session, session.post(url, json=answer) as response:
            response.raise_for_status()


@dataclass
class Scene:
    """A workspace with two members, three channels and the echo app, and its page in the browser."""

    sandbox: Sandbox
    app: Echo
    http: aiohttp.ClientSession
    context: BrowserContext
    li: User
    wang: User
    desk: Channel
    calls: Channel
    managers: Channel
    troubles: list[str] = field(default_factory=list)

    async def call(self, method: str, **body: Any) -> Any:
        """Call a Web API method as the app; fail if the sandbox refuses it."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with self.http.post(self.sandbox.api_url + method, json=body, headers=headers) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer

    async def post(self, channel: Channel, text: str, **more: Any) -> Any:
        return await self.call("chat.postMessage", channel=channel.id, text=text, **more)

    async def open(self, user: User, channel: Channel) -> Page:
        """Open the page as this member, in this channel."""
        page = await self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", self._note)
        await page.goto(f"{self.sandbox.base_url}/#{user.id}/{channel.id}")
        await page.get_by_role("log", name=channel.name).wait_for()
        return page

    async def open_form(self, page: Page, view: dict[str, Any]) -> Locator:
        """Open the page as Li Wei and a form with which the app answers a command."""
        await self.sandbox.command(self.li, self.desk, "/loan-call")
        await self.call("views.open", trigger_id=self.app.payloads[-1]["trigger_id"], view=view)
        dialog = page.get_by_role("dialog", name=view["title"]["text"])
        await dialog.wait_for()
        return dialog

    def _note(self, message: Any) -> None:
        if message.type == "error":
            self.troubles.append(message.text)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("These tests need Chromium: install it (Debian: `apt-get install chromium`) and run them again.")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_OPTIONS))
        yield running
        await running.close()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    app = Echo()
    app.gate.set()
    server = web.Application()
    server.add_routes([web.post("/slack/events", app.handle)])
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield app
    app.gate.set()
    await runner.cleanup()


@pytest.fixture
async def new_context(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    contexts: list[BrowserContext] = []

    async def make(**options: Any) -> BrowserContext:
        contexts.append(await browser.new_context(**options))
        return contexts[-1]

    yield make
    for context in contexts:
        await context.close()


@pytest.fixture
async def scene(echo: Echo, new_context: Callable[..., Awaitable[BrowserContext]]) -> AsyncIterator[Scene]:
    sandbox = Sandbox(team_name="Test Lender")
    await sandbox.start()
    sandbox.install(manifest=manifest(echo.url), token=TOKEN)
    li = sandbox.add_user(name="li.wei", real_name="Li Wei", title="Agent", tz="Europe/Berlin")
    wang = sandbox.add_user(name="wang.fang", real_name="王芳", title="主管", locale="zh-CN")
    desk = sandbox.add_channel("desk", members=[li, wang])
    calls = sandbox.add_channel("calls-li", members=[li, wang])
    managers = sandbox.add_channel("managers", kind="private", members=[wang])
    context = await new_context(viewport={"width": 1200, "height": 900})
    async with aiohttp.ClientSession() as http:
        scene = Scene(sandbox, echo, http, context, li, wang, desk, calls, managers)
        yield scene
    echo.gate.set()
    await context.close()
    await sandbox.stop()
    assert scene.troubles == [], "the page must not complain in its console"


@pytest.fixture
async def clock() -> FrozenClock:
    """Return the demo's clock. It is Wednesday 10:00 in Shanghai."""
    return FrozenClock(WEDNESDAY)


@pytest.fixture(params=["zh-CN", "en-US"])
async def demo(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_url: str, clock: FrozenClock
) -> AsyncIterator[Demo]:
    """Run the demo with its worker, in a database that is migrated already; everyone in it reads the same language."""
    demo = await open_demo(
        tmp_path, clock, port=0, locale=request.param, around_the_clock=True, database_url=sqlite_url
    )
    await demo.service.work()
    yield demo
    await demo.close()
    assert demo.sandbox.violations == []


@pytest.fixture
def is_chinese(demo: Demo) -> bool:
    """Whether the people of the demo read Chinese."""
    return demo.sandbox.workspace.users[LI_NA.slack_id].locale == "zh-CN"


@pytest.fixture
def say(is_chinese: bool) -> Say:
    """Return a function that translates a text to the language of the demo's people."""
    return CHINESE.__getitem__ if is_chinese else str
