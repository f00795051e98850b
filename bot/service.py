"""The running desk: open it from its settings, answer Slack, and close it without losing requests in progress."""

import asyncio
from dataclasses import replace
from functools import partial
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
from bot.audit_heads import HeadKeeper
from bot.case_builder import CaseBuilder
from bot.delivery.sender import Sender
from bot.demo.messages import DEMO_BUTTONS, DEMO_COMPOSERS
from bot.erased_keeper import ErasedKeeper, erased_file
from bot.export_builder import ExportBuilder
from bot.file_fetcher import FileFetcher
from bot.file_page import FilePage
from bot.file_sweeper import FileSweeper
from bot.home_updater import HomeUpdater
from bot.http_server import HttpTimeouts, SlackServer
from bot.importer import Importer
from bot.journals import journal_of
from bot.manifest import app_manifest
from bot.nightly_look import NightlyLook
from bot.phone_rings import RingCaller
from bot.phone_system import phone_door
from bot.settings import Settings
from bot.socket_mode import SocketMode, SocketTimeouts
from bot.webhooks.addresses import Allowed
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookPace, WebhookRounds
from bot.worker import Worker, do_chores
from desk.core.clock import Clock, SystemClock
from desk.core.dataclass import dataclass
from desk.core.file_storage import FileStorage
from desk.core.transaction import Office
from desk.people.installing import Installation, Newcomer, install
from handlers.api.api import Api
from handlers.door.app import build_app
from handlers.door.directory import Directory
from handlers.door.registry import registry
from handlers.door.transaction import Transactions
from handlers.loan_links import LoanLinks
from handlers.messages.block_kit.translator import Translator
from handlers.messages.notices import COMPOSERS, compose
from handlers.messages.refusals.errors import trouble
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.engine.trouble import Trouble
from storage.files.places import store_at
from storage.tables import Workspace
from storage.upkeep.erased_list import ErasedList
from storage.upkeep.inspection import wrong_key

if TYPE_CHECKING:
    from bot.delivery.rounds import Pace
    from bot.time_stamps import StampKeeper

log = structlog.get_logger()

REQUEST_SECONDS = 10
"""Time limit of one request to Slack's Web API."""

MEGABYTE = 1024 * 1024

FINISH_SECONDS = 10
"""How long a stop waits for requests in progress, each of which must be answered within 3 s."""


class NotMigratedError(Exception):
    """The database does not have this release's schema."""


class WrongKeyError(Exception):
    """A key does not fit what is in the database. The message names the setting."""


@dataclass(slots=True)
class Service:
    """An open desk, to be closed."""

    settings: Settings
    office: Office
    workspace: Workspace
    client: AsyncWebClient
    app: AsyncApp
    session: aiohttp.ClientSession
    sender: Sender
    homes: HomeUpdater
    look: NightlyLook
    fetcher: FileFetcher
    sweeper: FileSweeper
    heads: HeadKeeper
    erased: ErasedKeeper
    cases: CaseBuilder
    exports: ExportBuilder
    webhooks: WebhookRounds
    importer: Importer
    stamps: "StampKeeper | None"
    rings: RingCaller | None
    worker: Worker | None = None
    server: SlackServer | None = None
    runner: web.ServerRunner | None = None
    socket: SocketMode | None = None
    port: int = 0

    async def serve(self, timeouts: HttpTimeouts | None = None) -> None:
        """Start to answer Slack over HTTP, and `GET /healthz`, on the settings' host and port; `port` is the actual one."""
        self.server = server = SlackServer(
            self.app,
            signing_secret=self.settings.signing_secret.get_secret_value(),
            slack_team_id=self.workspace.slack_team_id,
            timeouts=timeouts,
            file_page=FilePage(self.office, self.workspace) if self.office.files else None,
            api=Api(
                self.office,
                {self.workspace.id: self.workspace}.get,
                per_second=self.settings.api_requests_per_second,
                measure=monitoring.count_request,
            ),
            phone=phone_door(self.settings, self.office, self.workspace),
        )
        self.runner = server.runner(FINISH_SECONDS)
        await self.runner.setup()
        site = web.TCPSite(self.runner, self.settings.host, self.settings.port)
        await site.start()
        self.port = self.runner.addresses[0][1]

    async def connect(self, timeouts: SocketTimeouts | None = None, *, wait: bool = True) -> None:
        """Start to answer Slack in Socket Mode; with `wait`, return when the first connection is open."""
        self.socket = SocketMode(
            self.app,
            self.client,
            self.settings.app_token.get_secret_value(),
            slack_team_id=self.workspace.slack_team_id,
            apology=trouble(Translator(self.workspace.locale), Trouble.UNKNOWN).text,
            timeouts=timeouts,
            on_event=lambda event: monitoring.SOCKET.labels(event).inc(),
        )
        await self.socket.start()
        if wait:
            await self.socket.wait_connected()

    async def work(self, executor_id: str = "desk-1", pace: "Pace | None" = None) -> None:
        """Start the worker. `executor_id`: the name of this process."""
        # DBOS takes 0.2 s to import. A process that only answers does without, and others answer meanwhile.
        await asyncio.to_thread(import_module, "bot.delivery.engine")
        from bot.delivery.engine import DbosEngine, Lane

        webhooks = Lane("deliver_webhooks", "webhooks", self.webhooks, WebhookPace().rounds)
        engine = DbosEngine(self.sender, executor_id=executor_id, pace=pace, lanes=[webhooks])
        self.worker = Worker(
            self.office,
            self.workspace,
            engine,
            self.homes,
            self.look,
            self.fetcher,
            self.sweeper,
            self.heads,
            self.erased,
            self.cases,
            self.exports,
            self.importer,
            self.stamps,
            self.rings,
        )
        await self.worker.start()

    async def round(self) -> None:
        """Do one round of the worker."""
        await self.look.round()
        await self.fetcher.round()
        await self.sweeper.round()
        await self.cases.round()
        await self.exports.round()
        await self.importer.round()
        await do_chores(self.office, self.workspace)
        await self.sender.deliver_pending()
        await self.webhooks.deliver_pending()
        await self.homes.round()

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
        await self.webhooks.close()
        await self.session.close()
        await self.office.database.close()


async def open_service(
    settings: Settings, clock: Clock | None = None, *, migrate: bool = False, among_others: bool = False
) -> Service:
    """Open the desk: database, Slack, workspace, first admin.

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
        client = AsyncWebClient(
            token=settings.bot_token.get_secret_value(),
            base_url=settings.slack_api_url,
            session=session,
            timeout=REQUEST_SECONDS,
            retry_handlers=[],
        )
        identity = await client.auth_test()
        directory = Directory(client)
        installation = Installation(
            slack_team_id=str(identity.get("team_id")),
            name=str(identity.get("team", "")),
            bot_user_id=str(identity.get("user_id")),
            zone=settings.zone,
            country=settings.country or None,
            locale=settings.locale,
            manifest=app_manifest(),
        )
        workspace = await install(
            office, installation, await _first_admin(directory, settings), among_others=among_others
        )
        request = settings.ring_request()
        office = replace(office, files=file_storage(settings, workspace.id), rings=request is not None)
        app = build_app(
            registry(DEMO_BUTTONS),
            Transactions(office, workspace, directory, monitoring.count_answer),
            client,
            session,
            loan_links=LoanLinks(settings.loan_links) if settings.loan_links else None,
            identity=AuthorizeResult.from_auth_test_response(auth_test_response=identity, bot_token=client.token),
        )
        return Service(
            settings=settings,
            office=office,
            workspace=workspace,
            client=client,
            app=app,
            session=session,
            sender=Sender(office, client, workspace, partial(compose, composers=COMPOSERS | DEMO_COMPOSERS)),
            homes=HomeUpdater(office, workspace, client),
            look=NightlyLook(office, workspace, client),
            fetcher=FileFetcher(office, workspace, client, session),
            sweeper=FileSweeper(office, workspace),
            heads=HeadKeeper(office, workspace, settings.audit_heads),
            erased=ErasedKeeper(office, ErasedList(erased_file(settings), office.cipher.ring)),
            cases=CaseBuilder(office, workspace),
            exports=ExportBuilder(office, workspace),
            webhooks=WebhookRounds(
                office, workspace, WebhookClient(Allowed.read(settings.webhooks_private), office.clock)
            ),
            importer=Importer(office, workspace),
            stamps=_stamp_keeper(settings, office, workspace, session),
            rings=RingCaller(office, workspace, session, request) if request else None,
        )
    except BaseException:
        await session.close()
        await office.database.close()
        raise


def file_storage(settings: Settings, workspace_id: UUID) -> FileStorage | None:
    """Return where this desk keeps files, None if it has no page that opens them."""
    if not settings.public_url:
        return None
    store = store_at(settings.files_at(), workspace_id)
    limits = settings.file_megabytes * MEGABYTE, settings.recording_megabytes * MEGABYTE
    return FileStorage(store, settings.public_url, *limits)


def _stamp_keeper(
    settings: Settings, office: Office, workspace: Workspace, session: aiohttp.ClientSession
) -> "StampKeeper | None":
    if not settings.tsa_url:
        return None
    from bot.time_stamps import StampKeeper, authority_of  # a desk without an authority starts without its library

    return StampKeeper(authority_of(settings), settings.audit_heads, str(workspace.id), session, office.clock)


async def _first_admin(directory: Directory, settings: Settings) -> Newcomer | None:
    if not settings.first_admin:
        return None
    person = await directory.person(settings.first_admin)
    if person is None:
        log.warning("first_admin_unknown", user=settings.first_admin)
    return person.newcomer if person else None
