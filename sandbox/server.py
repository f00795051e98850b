"""The sandbox: a small local Slack for tests and for the demo."""

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from sandbox.answers import Answers
from sandbox.api import WebApi
from sandbox.clock import ClockApi, MovableClock
from sandbox.delivery import Delivery
from sandbox.event_limits import EventLimits
from sandbox.fault_scenarios import FaultScenariosApi
from sandbox.faults import Faults
from sandbox.files import FileDownloads, FileUploads
from sandbox.limits import Limits
from sandbox.manifest import Installation, read_manifest
from sandbox.model import TEAM_ID, Json, User
from sandbox.page_api import PageApi
from sandbox.panes_api import PanesApi
from sandbox.people import BOT_USER_ID, People
from sandbox.sockets import Sockets
from sandbox.traffic import Exchange, Traffic, Violation
from sandbox.triggers import Triggers
from sandbox.user_actions import Reply
from sandbox.views_api import ViewsApi
from sandbox.workspace import Workspace

PAGE = Path(__file__).parent / "page"
MAX_BYTES = 4 * 1024 * 1024

Found = TypeVar("Found")


class Sandbox(People):
    """A workspace with its HTTP server, and what the people in it do and see.

    `now` is the clock of signatures, triggers, response URLs and rate limits, in Unix seconds. `clock`, if given, is the
    clock of messages, which the page can set forward. `violations` are the payloads that Slack would have refused; a test of an
    app ends by asserting that there are none.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        clock: MovableClock | None = None,
        team_name: str = "Sandbox",
        team_id: str = TEAM_ID,
        enterprise_id: str | None = None,
        for_organisation: bool = False,
        dedupe_client_msg_id: bool = True,
    ) -> None:
        self.app: Installation | None = None
        self.enterprise_id, self.for_organisation = enterprise_id, for_organisation
        self.violations: list[Violation] = []
        self.traffic = Traffic()
        self.faults = Faults()
        self.limits = Limits(now)
        self.triggers = Triggers(now=now)
        workspace = Workspace(now=clock.time if clock else now, team_id=team_id, name=team_name)
        self.sockets = Sockets(workspace, self.traffic, self.violations, self._installed)
        self.delivery = Delivery(workspace, self.traffic, self.sockets, now)
        self.base_url = ""
        self._now = now
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self.answers = Answers(workspace, self.triggers, self.faults, self.traffic, self.violations, self._installed)
        super().__init__(workspace, self.delivery, self.triggers, self.answers, self.violations, self._installed)
        self.api = WebApi(
            self.workspace,
            self.views,
            self.panes,
            self.triggers,
            self.limits,
            self.faults,
            self.traffic,
            self._installed,
            self.violations,
            self.sockets.connections_open,
            dedupe_client_msg_id=dedupe_client_msg_id,
        )
        self.downloads = FileDownloads(
            self.workspace.files, self._installed, lambda file: self.workspace.app_sees(file, BOT_USER_ID)
        )
        self.uploads = FileUploads(self.workspace.files, self.workspace.touch)
        self._page = PageApi(
            self.workspace, self.user_actions, self.faults, self.traffic, self.violations, self._installed, clock
        )

    @property
    def installed_in(self) -> str:
        """The id under which an app is installed here: of the team, or of its whole organisation."""
        return self.enterprise_id if self.for_organisation and self.enterprise_id else self.workspace.team_id

    def _installed(self) -> Installation | None:
        return self.app

    @property
    def api_url(self) -> str:
        """The `base_url` for an app's Slack client."""
        return f"{self.base_url}/api/"

    async def start(self, port: int = 0, host: str = "127.0.0.1") -> str:
        """Serve until `stop()`; port 0 takes a free port. Returns the base URL, without a trailing slash."""
        server = web.Application(client_max_size=MAX_BYTES)
        server.on_response_prepare.append(_require_revalidation)
        server.add_routes(
            [
                web.route("*", "/api/{method}", self.api.handle),
                web.post("/response/{id}", self.answers.handle),
                web.get("/link/", self.sockets.handle),
                web.get("/archives/{channel}/{message}", _permalink),
                *self.downloads.routes(),
                *self.uploads.routes(),
                web.get("/", _index),
                web.static("/static", PAGE),
                *self._page.routes(),
                *ViewsApi(self.view_actions, self.user_actions, self.open_home).routes(),
                *PanesApi(self.workspace, self.pane_actions).routes(),
                *FaultScenariosApi(self.workspace, self.faults.scenarios).routes(),
                *ClockApi(self.workspace, self._clock).routes(),
            ]
        )
        await self.delivery.open()
        self._runner = web.AppRunner(server, access_log=None, shutdown_timeout=2)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound = self._runner.addresses[0][1]
        return self._is_at(f"http://{host}:{bound}")

    async def attach(self, base_url: str) -> None:
        """Be reached at the address of another server, which hands requests on (`sandbox.cloud`), until `stop()`."""
        await self.delivery.open()
        self._is_at(base_url)

    def _is_at(self, base_url: str) -> str:
        self.base_url = self.api.base_url = self.triggers.base_url = self.sockets.base_url = base_url
        return base_url

    async def stop(self) -> None:
        """Stop the server and release the calls that a fault keeps waiting."""
        self.faults.clear()
        self.workspace.close_streams()
        await self.sockets.close()
        await self.events.close()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.delivery.close()

    def install(
        self,
        *,
        manifest: Json | None = None,
        app_url: str = "",
        signing_secret: str = "sandbox-signing-secret",
        token: str = "xoxb-sandbox-token",
        app_token: str = "xapp-sandbox-token",
        scopes: Iterable[str] = (),
        commands: Iterable[str | Json] = (),
        name: str = "Loan Desk",
        withhold: Iterable[str] = (),
    ) -> Installation:
        """Install an app from its manifest, or from a URL, scopes and commands in place of a manifest.

        `withhold` are optional scopes of the manifest that the installer doesn't grant.
        Raises ManifestError on a manifest that Slack would refuse.
        """
        manifest = manifest or _simple_manifest(name, app_url, scopes, commands)
        installed = read_manifest(
            manifest, signing_secret=signing_secret, token=token, app_token=app_token, withhold=withhold
        )
        installed.team_id = self.workspace.team_id
        return self.put(installed)

    def put(self, installed: Installation) -> Installation:
        """Let an app be installed, in place of an earlier one."""
        self.events.limits = EventLimits()
        self.app = installed
        handle = re.sub(r"[^\w.-]+", "", installed.bot_name).lower()  # a handle has no spaces
        bot = User(installed.bot_user_id, name=handle, real_name=installed.bot_name, is_bot=True)
        self.workspace.users[bot.id] = bot
        return installed

    def uninstall(self, error: str = "account_inactive") -> None:
        """Revoke the app's token: every API call is answered with `error`, and no command is delivered."""
        if self.app is not None:
            self.events.emit("app_uninstalled", {"type": "app_uninstalled"})
            revoked = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [self.app.bot_user_id]}}
            self.events.emit("tokens_revoked", revoked)
            self.app.revoked = error

    async def wait_for(self, predicate: Callable[[], Found], timeout: float = 60.0) -> Found:  # noqa: ASYNC109
        """Return the predicate's first true value, checked after every change in the workspace and every exchange.

        Raises TimeoutError after `timeout` seconds.
        """
        return await self.workspace.wait_for(predicate, timeout)

    async def redeliver(
        self, request: Exchange | None, *, signing_secret: str | None = None, timestamp: int | None = None
    ) -> Reply:
        """Send the same body again with a new signature, like a network that repeats a request.

        The answer is returned but not shown in the workspace. `signing_secret` and `timestamp` allow forgeries.
        """
        if request is None or self.app is None:
            raise ValueError("there is no request to send again")
        sent = await self.delivery.resend(
            request,
            secret=signing_secret or self.app.signing_secret,
            timestamp=int(self._now()) if timestamp is None else timestamp,
        )
        body = sent.answer if isinstance(sent.answer, dict) else {"text": str(sent.answer or "")}
        return Reply(sent.status, request=sent, answer=body)


def _simple_manifest(name: str, app_url: str, scopes: Iterable[str], commands: Iterable[str | Json]) -> Json:
    described = [{"command": one} if isinstance(one, str) else one for one in commands]
    return {
        "display_information": {"name": name},
        "features": {
            "app_home": {"home_tab_enabled": True},
            "bot_user": {"display_name": name},
            "slash_commands": [
                {"url": app_url, "description": one["command"], "should_escape": True, **one} for one in described
            ],
        },
        "oauth_config": {"scopes": {"bot": ["commands", *scopes]}},
        "settings": {
            "interactivity": {"is_enabled": True, "request_url": app_url, "message_menu_options_url": app_url}
        },
    }


async def _require_revalidation(_request: web.Request, response: web.StreamResponse) -> None:
    """Make the browser revalidate cached files, so that it never mixes old and new modules."""
    response.headers.setdefault("Cache-Control", "no-cache")


async def _index(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")


async def _permalink(request: web.Request) -> web.Response:
    digits = request.match_info["message"].removeprefix("p")
    ts = f"{digits[:-6]}.{digits[-6:]}"
    raise web.HTTPFound(f"/?channel={request.match_info['channel']}&message={ts}")
