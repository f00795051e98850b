"""The sandbox: a small local Slack for tests and for the demo."""

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from sandbox.answers import Answers
from sandbox.api import WebApi
from sandbox.clock import ClockApi, MovableClock
from sandbox.delivery import Delivery
from sandbox.elements import NotPossibleError
from sandbox.event_limits import EventLimits
from sandbox.events import Events
from sandbox.fault_scenarios import FaultScenariosApi
from sandbox.faults import Faults
from sandbox.files import FileDownloads, FileUploads, SlackFile
from sandbox.limits import Limits
from sandbox.manifest import Installation, read_manifest
from sandbox.modals import Home, Modal, Outcome, ViewActions
from sandbox.model import TEAM_ID, Channel, ChannelKind, Json, Message, User
from sandbox.page_api import PageApi
from sandbox.pane_actions import PaneActions
from sandbox.panes import Pane, Panes
from sandbox.panes_api import PanesApi
from sandbox.sockets import Sockets
from sandbox.suggestions import Suggestions
from sandbox.traffic import Exchange, Traffic, Violation
from sandbox.triggers import Triggers
from sandbox.user_actions import Press, Reply, UserActions
from sandbox.views import Tab, Views
from sandbox.views_api import ViewsApi
from sandbox.workspace import Workspace

PAGE = Path(__file__).parent / "page"
BOT_USER_ID = "U0APPBOT"
MAX_BYTES = 4 * 1024 * 1024

Found = TypeVar("Found")


class Sandbox:
    """A workspace with its HTTP server, and users' actions in it.

    `now` is the clock of signatures, triggers, response URLs and rate limits, in Unix seconds. `clock`, if given, is the
    clock of messages, which the page can set forward. Users and channels are given by id or as the objects that `add_user`
    and `add_channel` return. `violations` are the payloads that Slack would have refused; a test of an app ends by
    asserting that there are none.
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
        self.workspace = Workspace(now=clock.time if clock else now, team_id=team_id, name=team_name)
        self.sockets = Sockets(self.workspace, self.traffic, self.violations, self._installed)
        self.delivery = Delivery(self.workspace, self.traffic, self.sockets, now)
        self.base_url = ""
        self._now = now
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self.answers = Answers(
            self.workspace, self.triggers, self.faults, self.traffic, self.violations, self._installed
        )
        self.views = Views(self.workspace)
        self.panes = Panes(self.workspace)
        self.suggestions = Suggestions(self.workspace, self.delivery, self.answers, self._installed)
        self.user_actions = UserActions(
            self.workspace, self.delivery, self.triggers, self.answers, self.suggestions, self._installed
        )
        self.view_actions = ViewActions(
            self.workspace,
            self.views,
            self.delivery,
            self.triggers,
            self.answers,
            self.suggestions,
            self._installed,
        )
        self.events = Events(self.workspace, self.views, self.delivery, self.violations, self._installed)
        self.workspace.observer = self.events
        self.pane_actions = PaneActions(
            self.workspace, self.panes, self.events, self.delivery, self.triggers, self.answers, self._installed
        )
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

    def add_user(self, user_id: str | None = None, *, name: str, real_name: str = "", **fields: Any) -> User:
        """Add a user; `fields` are those of `sandbox.model.User`."""
        return self.workspace.add_user(
            User(user_id or self.workspace.new_id("U"), name=name, real_name=real_name or name, **fields)
        )

    def add_channel(
        self,
        name: str,
        *,
        channel_id: str | None = None,
        kind: ChannelKind = "public",
        members: Iterable[User | str] = (),
        with_bot: bool = True,
        **fields: Any,
    ) -> Channel:
        """Add a channel with these members and, by default, the bot."""
        ids = [_id(member) for member in members] + ([BOT_USER_ID] if with_bot else [])
        return self.workspace.add_channel(Channel(channel_id or self.workspace.new_id("C"), name, kind, ids, **fields))

    def add_group(self, group_id: str, members: Iterable[User | str]) -> None:
        """Add a user group, which is mentioned as `<!subteam^S…>`."""
        self.workspace.groups[group_id] = frozenset(_id(member) for member in members)

    def dm(self, user: User | str) -> Channel:
        """Return the direct message channel of the bot and a user."""
        return self.workspace.dm(BOT_USER_ID, _id(user))

    def join(self, channel: Channel | str, user: User | str) -> None:
        self.workspace.join(_id(channel), _id(user))

    def leave(self, channel: Channel | str, user: User | str) -> None:
        self.workspace.leave(_id(channel), _id(user))

    def archive(self, channel: Channel | str) -> None:
        self.workspace.archive(_id(channel))

    def unarchive(self, channel: Channel | str) -> None:
        self.workspace.archive(_id(channel), archived=False)

    def share(self, channel: Channel | str) -> None:
        """Share a channel with another company."""
        self.workspace.share(_id(channel))

    def unshare(self, channel: Channel | str) -> None:
        self.workspace.share(_id(channel), shared=False)

    def remove_user(self, user: User | str) -> None:
        """Deactivate a user's account."""
        self.workspace.deactivate(_id(user))

    def make_guest(self, user: User | str, *, single_channel: bool = False) -> None:
        """Make an account a guest's, in several channels or in one."""
        self.workspace.make_guest(_id(user), single_channel=single_channel)

    async def command(self, user: User | str, channel: Channel | str, line: str) -> Reply:
        """Send a slash command as this user. Raises NotPossibleError if they can't write in the channel."""
        return await self.user_actions.command(_id(user), _id(channel), line)

    async def press(
        self,
        user: User | str,
        message: Message,
        what: str,
        *,
        block_id: str | None = None,
        choice: Any = None,
        typed: str | None = None,
        sure: bool = True,
    ) -> Press:
        """Press a button, by its action_id or text, or choose in a menu or picker.

        `choice` is the value to choose, `typed` the text for which an external menu loads its options, `sure` the answer to
        a confirmation dialog. Raises NotPossibleError unless there is exactly one such element.
        """
        return await self.user_actions.press(
            _id(user), message, what, block_id=block_id, choice=choice, typed=typed, sure=sure
        )

    def modal_of(self, user: User | str) -> Modal:
        """Return the modal that the user sees. Raises NotPossibleError when there is none."""
        stack = self.views.stack(_id(user))
        if not stack:
            raise NotPossibleError(f"{_id(user)} has no modal open")
        return Modal(stack[-1], self.view_actions)

    def modals_of(self, user: User | str) -> list[Modal]:
        """Return the user's view stack; the visible modal is last."""
        return [Modal(view, self.view_actions) for view in self.views.stack(_id(user))]

    def home_of(self, user: User | str) -> Home:
        """Return the user's App Home. Raises NotPossibleError when nothing was published for them."""
        home = self.views.home(_id(user))
        if home is None:
            raise NotPossibleError(f"nothing was published for {_id(user)}")
        return Home(home, self.view_actions)

    async def open_home(self, user: User | str, tab: Tab = "home") -> None:
        """Open a tab of the app as this user; when this returns, the app has been notified.

        Raises NotPossibleError when the app has no such tab.
        """
        if self.app is None or not (self.app.home_tab if tab == "home" else self.app.messages_tab):
            raise NotPossibleError(f"the app has no {tab} tab")
        sent = self.events.home_opened(_id(user), tab)
        if sent is not None:
            await sent

    async def open_pane(self, user: User | str, message: Message, url: str | None = None) -> Pane:
        """Click the Work Object below a link of a message, of which there is one or that of `url`. When this returns, the app
        has been notified; the pane shows what it then presents."""
        return await self.pane_actions.open(_id(user), message, url)

    async def press_in_pane(self, user: User | str, what: str) -> Outcome:
        """Press a button of the side pane that the user has open."""
        return await self.pane_actions.press(_id(user), what)

    async def shortcut(self, user: User | str, what: str) -> Outcome:
        """Start a global shortcut, by its name. Raises NotPossibleError when the user doesn't see it."""
        return await self.user_actions.shortcut(_id(user), what)

    async def message_shortcut(self, user: User | str, message: Message, what: str) -> Press:
        """Start a message shortcut, by its name."""
        return await self.user_actions.message_shortcut(_id(user), message, what)

    def change_user(self, user: User | str, **fields: Any) -> None:
        """Change a user's account; `fields` are those of `sandbox.model.User`."""
        self.workspace.change_user(_id(user), **fields)

    def say(self, user: User | str, channel: Channel | str, text: str, *, thread_ts: str | None = None) -> Message:
        """Post an ordinary message as this user."""
        return self.user_actions.say(_id(user), _id(channel), text, thread_ts=thread_ts)

    def upload(self, user: User | str, name: str, content: bytes) -> SlackFile:
        """Upload a file as this user, to be shown in a conversation (`send_files`) or chosen in a form (`Modal.fill`)."""
        return self.user_actions.upload(_id(user), name, content)

    def send_files(self, user: User | str, channel: Channel | str, *files: SlackFile, text: str = "") -> Message:
        """Post a message with files as this user."""
        return self.user_actions.say(_id(user), _id(channel), text, files=files)

    def messages(self, channel: Channel | str, user: User | str | None = None) -> list[Message]:
        """Return a channel's messages in order, with the user's ephemeral ones if there is a user."""
        return self.workspace.messages(_id(channel), _id(user) if user is not None else None)

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


def _id(entity: User | Channel | str) -> str:
    return entity if isinstance(entity, str) else entity.id


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
