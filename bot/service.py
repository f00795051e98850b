"""The running desk: open it from its settings, answer Slack, and close it without losing requests in progress."""

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING
from uuid import UUID

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import monitoring
from bot.case_builder import CaseBuilder
from bot.delivery.sender import Sender
from bot.dispatching import Dispatcher
from bot.erased_keeper import ErasedKeeper, erased_file
from bot.export_builder import ExportBuilder
from bot.file_fetcher import FileFetcher
from bot.file_pages import FilePages
from bot.file_sweeper import FileSweeper
from bot.http_server import HttpTimeouts, SlackServer
from bot.importer import Importer
from bot.install_page import InstallPage
from bot.journals import journal_of
from bot.manifest import app_manifest
from bot.oauth import OAuth
from bot.phone_place import phone_door
from bot.phone_rings import RingCaller
from bot.served import OfAll, ServedWorkspace, client_of, served
from bot.served_workspaces import InstalledWorkspaces, OneWorkspace, ServedWorkspaces
from bot.settings import Settings
from bot.slack_uploader import SlackUploader
from bot.socket_mode import SocketMode, SocketTimeouts
from bot.token_refresher import TokenRefresher
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookPace, WebhookRounds
from desk.core.clock import Clock, SystemClock
from desk.core.dataclass import dataclass
from desk.core.transaction import Office
from desk.people.installing import Installation, Newcomer, follow_release, install
from handlers.api.late import LateApi
from handlers.door.directory import Directory
from handlers.messages.block_kit.translator import Translator
from handlers.messages.refusals.errors import trouble
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.engine.trouble import Trouble
from storage.tables import SlackInstallation, Workspace
from storage.upkeep.erased_list import ErasedList
from storage.upkeep.inspection import wrong_key

if TYPE_CHECKING:
    from bot.delivery.rounds import Pace
    from bot.workers import Workers
    from handlers.api.api import Api

log = structlog.get_logger()

FINISH_SECONDS = 10
"""How long a stop waits for requests in progress, each of which must be answered within 3 s."""


class NotMigratedError(Exception):
    """The database does not have this release's schema."""


class WrongKeyError(Exception):
    """A key does not fit what is in the database. The message names the setting."""


@dataclass(slots=True)
class Service:
    """An open desk, to be closed. `shared` is the office without a workspace's part of the store of files.

    A desk of one workspace has that workspace's parts as its own.
    """

    settings: Settings
    shared: Office
    session: aiohttp.ClientSession
    workspaces: ServedWorkspaces
    webhook_client: WebhookClient
    worker: "Workers | None" = None
    server: SlackServer | None = None
    runner: web.ServerRunner | None = None
    socket: SocketMode | None = None
    port: int = 0

    @property
    def only(self) -> ServedWorkspace:
        """The workspace of a desk of one."""
        (one,) = self.workspaces.present()
        return one

    @property
    def office(self) -> Office:
        return self.only.office

    @property
    def workspace(self) -> Workspace:
        return self.only.workspace

    @property
    def client(self) -> AsyncWebClient:
        return self.only.client

    @property
    def app(self) -> AsyncApp:
        return self.only.app

    @property
    def sender(self) -> Sender:
        return self.only.sender

    @property
    def fetcher(self) -> FileFetcher:
        return self.only.fetcher

    @property
    def rings(self) -> RingCaller | None:
        return self.only.rings

    @property
    def sweeper(self) -> FileSweeper:
        return self.only.sweeper

    @property
    def cases(self) -> CaseBuilder:
        return self.only.cases

    @property
    def exports(self) -> ExportBuilder:
        return self.only.exports

    @property
    def uploads(self) -> SlackUploader:
        return self.only.uploads

    @property
    def webhooks(self) -> WebhookRounds:
        return self.only.webhooks

    @property
    def importer(self) -> Importer:
        return self.only.importer

    def _serving(self, workspace_id: UUID) -> tuple[Office, Workspace] | None:
        present = self.workspaces.present()
        return next(((one.office, one.workspace) for one in present if one.workspace.id == workspace_id), None)

    async def serve(self, timeouts: HttpTimeouts | None = None) -> None:
        """Start to answer Slack over HTTP, and `GET /healthz`, on the settings' host and port; `port` is the actual one."""
        pages = FilePages(self.shared, self.workspaces, self.settings.locale) if self.settings.public_url else None
        self.server = server = SlackServer(
            self._dispatcher(),
            signing_secret=self.settings.signing_secret.get_secret_value(),
            timeouts=timeouts,
            file_pages=pages,
            install_page=self._install_page(),
            api=LateApi(self._api),
            # The phone system of the settings is of one lender.
            phone=None if self.workspaces.several else phone_door(self.settings, self.office, self.workspace),
        )
        self.runner = server.runner(FINISH_SECONDS)
        await self.runner.setup()
        site = web.TCPSite(self.runner, self.settings.host, self.settings.port)
        await site.start()
        self.port = self.runner.addresses[0][1]

    def _api(self) -> "Api":
        from handlers.api.api import Api  # when a program asks: see `LateApi`

        per_second = self.settings.api_requests_per_second
        return Api(self.shared, self._serving, per_second=per_second, measure=monitoring.count_request)

    async def connect(self, timeouts: SocketTimeouts | None = None, *, wait: bool = True) -> None:
        """Start to answer Slack in Socket Mode; with `wait`, return when the first connection is open."""
        present = self.workspaces.present()
        locale = present[0].workspace.locale if present else self.settings.locale
        self.socket = SocketMode(
            self._dispatcher(),
            client_of(self.settings, self.session, ""),
            self.settings.app_token.get_secret_value(),
            apology=trouble(Translator(locale), Trouble.UNKNOWN).text,
            timeouts=timeouts,
            on_event=lambda event: monitoring.SOCKET.labels(event).inc(),
        )
        await self.socket.start()
        if wait:
            await self.socket.wait_connected()

    def _oauth(self) -> OAuth:
        return OAuth(self.settings, self.session, self.shared.clock)

    def _install_page(self) -> InstallPage | None:
        if not self.workspaces.several:
            return None
        return InstallPage(self.settings, self.shared, self._oauth(), self.session, self.workspaces)

    def _refresher(self) -> TokenRefresher | None:
        if not self.workspaces.several:
            return None
        return TokenRefresher(self.shared, self._oauth(), self.workspaces, self.settings.public_url)

    def _dispatcher(self) -> Dispatcher:
        return Dispatcher(self.workspaces.find, polite=self.workspaces.several)

    async def work(self, executor_id: str = "desk-1", pace: "Pace | None" = None) -> None:
        """Start the worker. `executor_id`: the name of this process."""
        # DBOS takes 0.2 s to import. A process that only answers does without, and others answer meanwhile.
        for late in ("bot.delivery.engine", "bot.workers"):
            await asyncio.to_thread(import_module, late)
        from bot.delivery.engine import DbosEngine, Lane
        from bot.workers import Workers

        webhooks = Lane("deliver_webhooks", "webhooks", WebhookPace().rounds)
        engine = DbosEngine(self.shared, executor_id=executor_id, pace=pace, lanes=[webhooks])
        self.worker = Workers(self.workspaces, engine, self.shared, self._refresher())
        await self.worker.start()

    async def round(self) -> None:
        """Do one round of the worker."""
        from bot.worker import UPKEEP, do_chores

        await self.workspaces.refresh()
        if (refresher := self._refresher()) is not None:
            await refresher.round()
        for one in self.workspaces.present():
            await one.round()
        for workspace in self.workspaces.ended():
            await do_chores(self.shared, workspace, UPKEEP)

    async def finish(self) -> None:
        """Stop taking requests, answer those in progress, and finish the deliveries in progress."""
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None
        if self.socket is not None:
            await self.socket.stop()
            self.socket = None
        if self.worker is not None:
            await self.worker.stop()
            self.worker = None

    async def close(self) -> None:
        """Finish, and close the connections to Slack and the database."""
        await self.finish()
        await self.webhook_client.close()
        await self.session.close()
        await self.shared.database.close()


async def open_service(settings: Settings, clock: Clock | None = None, *, migrate: bool = False) -> Service:
    """Open the desk: database, and with the token of one workspace Slack, the workspace and its first admin.

    Raise NotMigratedError unless `migrate`, WrongKeyError, AnotherTeamsDatabaseError, and SlackApiError when Slack refuses
    the token.
    """
    url = settings.database_url.get_secret_value()
    make_folder(url)
    office = Office(
        database=Database(url), cipher=settings.cipher(), clock=clock or SystemClock(), journal=journal_of(url)
    )
    session = aiohttp.ClientSession()
    try:
        if migrate:
            await schema.migrate(office.database)
        elif not await schema.is_current(office.database):
            raise NotMigratedError
        async with office.database.reading() as keyed:
            setting, damaged = await wrong_key(keyed, office.cipher)
        if setting is not None:
            raise WrongKeyError(setting)
        if damaged:
            log.error("borrowers_unreadable", borrowers=[str(row_id) for row_id in damaged])
        of_all = OfAll(
            session=session,
            erased=ErasedKeeper(office, ErasedList(erased_file(settings), office.cipher.ring)),
            webhooks=WebhookClient(Allowed.read(settings.webhooks_private), office.clock),
        )
        if settings.several_workspaces:
            workspaces: ServedWorkspaces = _installed(settings, office, of_all)
            await workspaces.refresh()
            for one in workspaces.present():
                await follow_release(office, one.workspace, app_manifest())
        else:
            workspaces = OneWorkspace(await _of_token(settings, office, of_all))
        return Service(settings, office, session, workspaces, of_all.webhooks)
    except BaseException:
        await session.close()
        await office.database.close()
        raise


async def _of_token(settings: Settings, office: Office, of_all: OfAll) -> ServedWorkspace:
    """Return the workspace of the token in the settings, which is set up if it is new."""
    client = client_of(settings, of_all.session, settings.bot_token.get_secret_value())
    identity = await client.auth_test()
    installation = Installation(
        slack_team_id=str(identity.get("team_id")),
        name=str(identity.get("team", "")),
        bot_user_id=str(identity.get("user_id")),
        zone=settings.zone,
        country=settings.country or None,
        locale=settings.locale,
        manifest=app_manifest(),
    )
    workspace = await install(office, installation, await _first_admin(Directory(client), settings))
    result = AuthorizeResult.from_auth_test_response(auth_test_response=identity, bot_token=client.token)
    return served(settings, office, workspace, client, result, of_all)


def _installed(settings: Settings, office: Office, of_all: OfAll) -> InstalledWorkspaces:
    def serve(installation: SlackInstallation, workspace: Workspace, token: str) -> ServedWorkspace:
        identity = AuthorizeResult(
            enterprise_id=installation.enterprise_id,
            team_id=None if installation.is_enterprise_install else workspace.slack_team_id,
            bot_id=installation.bot_id,
            bot_user_id=workspace.bot_user_id,
            bot_token=token,
        )
        client = client_of(settings, of_all.session, token)
        return served(settings, office, workspace, client, identity, of_all)

    return InstalledWorkspaces(office, serve)


async def _first_admin(directory: Directory, settings: Settings) -> Newcomer | None:
    if not settings.first_admin:
        return None
    person = await directory.person(settings.first_admin)
    if person is None:
        log.warning("first_admin_unknown", user=settings.first_admin)
    return person.newcomer if person else None
