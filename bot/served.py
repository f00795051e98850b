"""What serves one workspace: its client with its own token, the Bolt application, and what the worker does for it.

Nothing here is shared with another workspace but the database, the keys, the clock and the HTTP session.
"""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import monitoring
from bot.audit_heads import HeadKeeper
from bot.case_builder import CaseBuilder
from bot.delivery.sender import Sender
from bot.demo.messages import DEMO_BUTTONS, DEMO_COMPOSERS
from bot.erased_keeper import ErasedKeeper
from bot.export_builder import ExportBuilder
from bot.file_fetcher import FileFetcher
from bot.file_page import FilePage
from bot.file_sweeper import FileSweeper
from bot.home_updater import HomeUpdater
from bot.importer import Importer
from bot.nightly_look import NightlyLook
from bot.phone_place import phone_recordings, site_of
from bot.phone_rings import RingCaller
from bot.settings import Settings
from bot.slack_uploader import SlackUploader
from bot.webhooks.client import WebhookClient
from bot.webhooks.rounds import WebhookRounds
from desk.core.dataclass import dataclass
from desk.core.file_storage import FileStorage
from desk.core.transaction import Office
from handlers.door.app import build_app
from handlers.door.directory import Directory
from handlers.door.registry import registry
from handlers.door.transaction import Transactions
from handlers.loan_links import LoanLinks
from handlers.messages.notices import COMPOSERS, compose
from storage.files.places import store_at
from storage.tables import Workspace

if TYPE_CHECKING:
    from bot.time_stamps import StampKeeper

REQUEST_SECONDS = 10
"""Time limit of one request to Slack's Web API."""


@dataclass(frozen=True, slots=True)
class OfAll:
    """What the workspaces of a process share beside the office."""

    session: aiohttp.ClientSession
    erased: ErasedKeeper
    webhooks: WebhookClient


@dataclass(slots=True)
class ServedWorkspace:
    """A workspace at work. `office` is the deployment's, with the workspace's own part of the store of files."""

    office: Office
    workspace: Workspace
    client: AsyncWebClient
    app: AsyncApp
    sender: Sender
    homes: HomeUpdater
    look: NightlyLook
    fetcher: FileFetcher
    sweeper: FileSweeper
    heads: HeadKeeper
    erased: ErasedKeeper
    cases: CaseBuilder
    exports: ExportBuilder
    uploads: SlackUploader
    importer: Importer
    webhooks: WebhookRounds
    stamps: "StampKeeper | None"
    rings: RingCaller | None
    file_page: FilePage | None

    async def round(self) -> None:
        """Do one round of what the worker does for it."""
        from bot.worker import do_chores  # a process that only answers does without it

        await self.look.round()
        await self.fetcher.round()
        await self.sweeper.round()
        await self.cases.round()
        await self.exports.round()
        await self.uploads.round()
        await self.importer.round()
        await do_chores(self.office, self.workspace)
        await self.sender.deliver_pending()
        await self.webhooks.deliver_pending()
        await self.homes.round()


def client_of(settings: Settings, session: aiohttp.ClientSession, token: str) -> AsyncWebClient:
    """Return a client of Slack's Web API that tries each request once."""
    return AsyncWebClient(
        token=token, base_url=settings.slack_api_url, session=session, timeout=REQUEST_SECONDS, retry_handlers=[]
    )


def served(
    settings: Settings,
    office: Office,
    workspace: Workspace,
    client: AsyncWebClient,
    identity: AuthorizeResult,
    of_all: OfAll,
) -> ServedWorkspace:
    """Return what serves a workspace. `identity` says who the bot is in it."""
    session = of_all.session
    request = settings.ring_request()
    office = replace(
        office,
        files=file_storage(settings, workspace.id),
        rings=request is not None,
        phone_site=site_of(settings, workspace),
    )
    app = build_app(
        registry(DEMO_BUTTONS),
        Transactions(office, workspace, Directory(client), monitoring.count_answer),
        client,
        session,
        loan_links=LoanLinks(settings.loan_links) if settings.loan_links else None,
        identity=identity,
    )
    return ServedWorkspace(
        office=office,
        workspace=workspace,
        client=client,
        app=app,
        sender=Sender(office, client, workspace, partial(compose, composers=COMPOSERS | DEMO_COMPOSERS)),
        homes=HomeUpdater(office, workspace, client),
        look=NightlyLook(office, workspace, client),
        fetcher=FileFetcher(office, workspace, client, session, phone_recordings(settings, session)),
        sweeper=FileSweeper(office, workspace),
        heads=HeadKeeper(office, workspace, settings.audit_heads),
        erased=of_all.erased,
        cases=CaseBuilder(office, workspace),
        exports=ExportBuilder(office, workspace),
        uploads=SlackUploader(office, workspace, client, session),
        importer=Importer(office, workspace),
        webhooks=WebhookRounds(office, workspace, of_all.webhooks),
        stamps=_stamp_keeper(settings, office, workspace, session),
        rings=RingCaller(office, workspace, session, request) if request else None,
        file_page=FilePage(office, workspace) if office.files else None,
    )


def file_storage(settings: Settings, workspace_id: UUID) -> FileStorage | None:
    """Return where a workspace's files are kept, None if the desk has no page that opens them."""
    if not settings.public_url:
        return None
    store = store_at(settings.files_at(), workspace_id)
    limits = settings.most_file_bytes, settings.most_recording_bytes
    return FileStorage(store, settings.public_url, *limits)


def _stamp_keeper(
    settings: Settings, office: Office, workspace: Workspace, session: aiohttp.ClientSession
) -> "StampKeeper | None":
    if not settings.tsa_url:
        return None
    from bot.time_stamps import StampKeeper, authority_of  # a desk without an authority starts without its library

    return StampKeeper(authority_of(settings), settings.audit_heads, str(workspace.id), session, office.clock)
