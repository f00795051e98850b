"""Open the demo: the sandbox, the desk installed from its own manifest, the people, and the imported loans."""

import base64
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.demo.people import ADMIN, add_people, channel_id, setup_lines
from bot.manifest import manifest
from bot.service import Service, open_service
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.core.values import PersonRef
from desk.importing.batches import import_loans
from desk.importing.file_contents import read_loans
from desk.importing.reading.tables import How, read_file
from desk.people.members import find_member
from desk.people.workspace_settings import change_settings, present_settings
from handlers.loan_links import LoanLinks
from sandbox.clock import MovableClock
from sandbox.server import Sandbox
from sandbox.user_actions import Reply

TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-demo-token", "xapp-demo-token", "demo-signing-secret"
LENDER_ZONE = "Asia/Shanghai"

LOAN_LINKS = "https://loans.harbour-auto.example/l/{number}"
"""How links to the lender's own loan system look."""

_IN_ARREARS_FOR = timedelta(days=6)


class DemoClock:
    """The desk's clock: the machine's time until it is set forward on the page. `real`: Unix seconds."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.page = MovableClock(real)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.page.time(), UTC)


class Runtime(Protocol):
    """What runs the desk of the demo: the service itself, or separate processes."""

    async def start(self, service: Service, sandbox: Sandbox) -> str | None:
        """Start to answer Slack. Return the URL, or None in Socket Mode."""
        ...

    async def round(self) -> None:
        """Do one round of the worker: announce what is due, and send it."""
        ...

    async def close(self) -> None:
        """Stop."""
        ...


@dataclass(slots=True)
class InProcess:
    """The demo's own process runs everything."""

    socket: bool = False
    _service: Service | None = None

    async def start(self, service: Service, sandbox: Sandbox) -> str | None:
        self._service = service
        if self.socket:
            await service.connect()
            return None
        await service.serve()
        return f"http://127.0.0.1:{service.port}"

    async def round(self) -> None:
        assert self._service is not None
        await self._service.round()

    async def close(self) -> None:
        """Leave the service to the demo, which closes it."""


@dataclass(slots=True)
class Demo:
    """The open demo."""

    sandbox: Sandbox
    service: Service
    runtime: Runtime

    async def type(self, slack_id: str, channel: str, line: str) -> Reply:
        """Type a command in a demo channel."""
        return await self.sandbox.command(slack_id, channel_id(channel), line)

    async def close(self) -> None:
        """Close the desk, then the workspace."""
        await self.runtime.close()
        await self.service.close()
        await self.sandbox.stop()


class SetUpError(Exception):
    """The desk refused what the admin typed; the message has its answer."""


async def open_demo(
    folder: Path,
    clock: Clock,
    *,
    port: int,
    locale: str | None = None,
    around_the_clock: bool,
    database_url: str | None = None,
    runtime: Runtime | None = None,
    files_port: int = 0,
    links: bool = False,
) -> Demo:
    """Open everything, in `folder` unless another database is given. With `locale`, everyone reads that language.

    The page can set a DemoClock forward. With `files_port`, the desk takes files, and opens them at that port. With `links`,
    links to the lender's own loan system open a side pane.
    """
    runtime = runtime or InProcess()
    sandbox = Sandbox(team_name="Harbour Auto Finance", clock=clock.page if isinstance(clock, DemoClock) else None)
    sandbox.limits.enabled = around_the_clock
    await sandbox.start(port)
    add_people(sandbox, locale=locale)
    install(sandbox, None, files=bool(files_port), links=links)
    known = {"loan_links": LOAN_LINKS} if links else {}
    files = {"public_url": f"http://127.0.0.1:{files_port}", "files": folder / "files"} if files_port else {}
    service = await open_service(
        demo_settings(database_url or f"sqlite:///{folder / 'demo.db'}", sandbox, port=files_port, **files, **known),
        clock,
        migrate=True,
    )
    url = await runtime.start(service, sandbox)
    if url is not None:
        install(sandbox, url, files=bool(files_port), links=links)
    demo = Demo(sandbox=sandbox, service=service, runtime=runtime)
    for line in setup_lines(around_the_clock=around_the_clock):
        reply = await demo.type(ADMIN, "loan-desk", line)
        if reply.error or ("Undo" not in reply.full_text and "撤销" not in reply.full_text):
            raise SetUpError(f"{line}\n{reply.error or reply.full_text}")
    await _import_loans(service)
    if links:
        await _show_work_objects(service)
    return demo


def install(sandbox: Sandbox, url: str | None, *, files: bool = False, links: bool = False) -> None:
    """Install the desk from its manifest, for HTTP at `url` or for Socket Mode; with `files`, it takes files, with `links` it
    shows links to loans as Work Objects."""
    domain = LoanLinks(LOAN_LINKS).domain if links else ""
    written = manifest(url, links_domain=domain, work_objects=links, files=files)
    sandbox.install(manifest=written, token=TOKEN, app_token=APP_TOKEN, signing_secret=SIGNING_SECRET)


async def _show_work_objects(service: Service) -> None:
    """Choose as the admin that links to loans open a side pane."""
    async with service.office.reading_desk(service.workspace) as desk:
        admin = await find_member(desk, PersonRef(slack_id=ADMIN))
    async with service.office.desk(service.workspace, admin) as desk:
        shown, _ = await present_settings(desk)
        await change_settings(desk, replace(shown, work_objects=True), shown)


def demo_settings(database_url: str, sandbox: Sandbox, **values: Any) -> Settings:
    """Return settings with new keys and these values for a desk in that sandbox."""
    return Settings.model_validate(
        {
            "database_url": database_url,
            "bot_token": TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SIGNING_SECRET,
            "slack_api_url": sandbox.api_url,
            "encryption_keys": f"1:{base64.b64encode(os.urandom(32)).decode()}",
            "search_key": base64.b64encode(os.urandom(32)).decode(),
            "first_admin": ADMIN,
            "port": 0,
            "country": "",
            "zone": LENDER_ZONE,
        }
        | values
    )


def loans_file(today: date) -> str:
    """Return the lender's file of that day: what is in arrears has been so since its last due day."""
    unpaid = today - _IN_ARREARS_FOR
    text = (resources.files("bot.demo") / "loans.csv").read_text("utf-8")
    return text.replace("{unpaid}", str(unpaid)).replace("{due_day}", str(unpaid.day))


async def _import_loans(service: Service) -> None:
    today = service.office.clock.now().astimezone(ZoneInfo(LENDER_ZONE)).date()
    table = read_file(loans_file(today).encode(), "loans.csv", How(kind="loans"))
    read = read_loans(table, today=today, region=service.workspace.country or "CN")
    if refused := read.refused:
        raise SetUpError(f"loans.csv, line {refused[0].line}: {refused[0].error.code}")
    await import_loans(service.office, service.workspace, read.rows, dry_run=False, advance=lambda _: None)
