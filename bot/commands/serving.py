"""`loandesk serve`, `socket`, `worker` and `migrate`: processes that run until a stop signal and lose no work."""

import asyncio
import contextlib
import gc
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.heartbeat import BEAT_SECONDS, Heartbeat, Identity, NameTakenError, identity
from bot.key_watch import WATCH_SECONDS, KeyWatch
from bot.logs import kind_of
from bot.monitoring import Health, admin_application
from bot.service import NotMigratedError, Service, WrongKeyError, open_service
from bot.settings import CannotStartError, Settings
from bot.socket_mode import SocketTimeouts
from bot.stop_limit import StopLimit
from desk.core.clock import Clock
from desk.core.dataclass import dataclass
from desk.people.installing import AnotherTeamsDatabaseError
from storage.engine import schema
from storage.engine.database import Database, make_folder
from storage.engine.trouble import DATABASE_ERRORS, is_outage
from storage.upkeep.serving_role import BadRoleError, grant

if TYPE_CHECKING:
    from bot.delivery.rounds import Pace

log = structlog.get_logger()

Command = Literal["serve", "socket", "worker"]

ADMIN_PORTS: dict[Command, int] = {"serve": 9101, "worker": 9102, "socket": 9103}
"""Default ports of health and metrics."""


_ARRIVING_SECONDS = 0.05
"""How long a process that has just opened its port waits for the first command."""

_GO_FIRST_SECONDS = 1.0
"""How long deliveries wait at most for commands at the start of a process that does both."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Parameters that only tests set."""

    clock: Clock | None = None
    pace: "Pace | None" = None
    beat_seconds: float = BEAT_SECONDS
    timeouts: SocketTimeouts | None = None
    key_watch_seconds: float = WATCH_SECONDS


async def run(settings: Settings, command: Command, tuning: Tuning | None = None) -> int:
    """Run until a stop signal, then finish the work in flight, within the time that the settings give. Raise CannotStartError.

    On SQLite one process does everything. On PostgreSQL `serve` and `socket` answer Slack and `worker` sends reminders.
    """
    tuning = tuning or Tuning()
    _check(settings, command)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    limit = StopLimit(settings.stop_seconds, asyncio.current_task())

    def begin_to_stop() -> None:
        stop.set()
        limit.begin()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin_to_stop)
    service = await _open(settings, tuning)
    name = identity(settings, command)
    try:
        async with _heartbeat(service, name, tuning) as heartbeat:
            try:
                await _start(service, command, name, tuning)
                # Objects made at start live as long as the process: scanning them, even once, would delay answers by 0.2 s.
                gc.freeze()
                gc.enable()
                async with _key_watch(settings, tuning) as watch, _admin(service, command, watch):
                    log.info("serving", command=command, name=name.name, port=service.port)
                    await _wait_for_any(stop, heartbeat.overtaken)
                    limit.begin()
                    log.info("stopping", command=command, name=name.name)
            finally:
                # The name is released when no work is done under it any more.
                await service.finish()
    finally:
        await service.close()
    return 1 if heartbeat.overtaken.is_set() else 0


async def migrate_database(settings: Settings, serving_role: str | None = None) -> int:
    """Apply the missing migrations, grant the role that serves its rights, and return 0. Raise CannotStartError for a role that
    cannot be granted them."""
    url = settings.database_url.get_secret_value()
    make_folder(url)
    database = Database(url)
    try:
        await schema.migrate(database)
        if serving_role is not None:
            await _grant(database, serving_role)
    finally:
        await database.close()
    return 0


async def _grant(database: Database, role: str) -> None:
    if database.is_sqlite:
        raise CannotStartError("--serving-role is for PostgreSQL: on SQLite the owner of the file owns the tables.")
    try:
        async with database.engine.begin() as connection:
            await grant(connection, role)
    except BadRoleError as error:
        raise CannotStartError(f"{error}.") from None


async def is_migrated(settings: Settings) -> bool:
    """Return whether the database is at this release's schema."""
    database = Database(settings.database_url.get_secret_value())
    try:
        return await schema.is_current(database)
    finally:
        await database.close()


def _check(settings: Settings, command: Command) -> None:
    if command == "worker" and settings.on_sqlite:
        raise CannotStartError(
            "On SQLite no separate worker is needed: `loandesk serve` and `loandesk socket` also send reminders."
        )
    if command == "socket" and not settings.app_token.get_secret_value():
        raise CannotStartError("SLACK_APP_TOKEN is missing: Socket Mode needs the app-level token, xapp-….")


async def _open(settings: Settings, tuning: Tuning) -> Service:
    try:
        return await open_service(settings, tuning.clock)
    except NotMigratedError:
        raise CannotStartError("The database is not at this release's schema: run loandesk migrate.") from None
    except WrongKeyError as error:
        raise CannotStartError(
            f"{error} does not fit the borrowers in the database: restore the earlier key. With this one the desk "
            "could not read or find them, and with the earlier one not those added now. `loandesk doctor` tells more."
        ) from None
    except AnotherTeamsDatabaseError as error:
        raise CannotStartError(
            f"The database is the desk of the Slack workspace {error.team}, and SLACK_BOT_TOKEN is of another one. "
            "Give each workspace a DATABASE_URL of its own."
        ) from None
    except SlackApiError as error:
        raise CannotStartError(f"Slack refuses SLACK_BOT_TOKEN: {error.response.get('error')}.") from None
    except (aiohttp.ClientError, *DATABASE_ERRORS) as error:
        if not isinstance(error, aiohttp.ClientError) and not is_outage(error):
            raise
        raise CannotStartError(f"The database or Slack cannot be reached: {kind_of(error)}.") from None


@contextlib.asynccontextmanager
async def _heartbeat(service: Service, name: Identity, tuning: Tuning) -> AsyncIterator[Heartbeat]:
    heartbeat = Heartbeat(
        service.shared,
        None if service.workspaces.several else service.workspace,
        name,
        worked_at=lambda: service.worker.worked_at if service.worker else None,
        seconds=tuning.beat_seconds,
        follow=service.workspaces.refresh if service.workspaces.several else None,
    )
    try:
        await heartbeat.start()
    except DATABASE_ERRORS as error:
        if not is_outage(error):
            raise
        raise CannotStartError(f"The database cannot be written: {kind_of(error)}.") from None
    except NameTakenError:
        own_name, one_process = "Give each process its own LOANDESK_EXECUTOR_ID.", "On SQLite there is one process."
        advice = one_process if service.settings.on_sqlite else own_name
        raise CannotStartError(f"A {name.kind} process named {name.name} is running. {advice}") from None
    try:
        yield heartbeat
    finally:
        await heartbeat.stop()


async def _start(service: Service, command: Command, name: Identity, tuning: Tuning) -> None:
    # First the door: nothing that a command writes waits for deliveries to begin.
    if command == "serve":
        try:
            await service.serve()
        except OSError as error:
            settings = service.settings
            raise _port_error("LOANDESK_HOST", settings.host, "PORT", settings.port, error) from None
    if command == "socket":
        await service.connect(tuning.timeouts, wait=False)
    if command == "serve" and service.settings.on_sqlite:
        await let_commands_go_first(service)
    if command == "worker" or service.settings.on_sqlite:
        await service.work(name.name, tuning.pace)


async def let_commands_go_first(service: Service) -> None:
    """Wait until those who tried to reach the desk while it was down have their answers, a second at most.

    To import the delivery engine takes as long as some hundred commands, and would make each of them wait.
    """
    assert service.server is not None
    await asyncio.sleep(_ARRIVING_SECONDS)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_GO_FIRST_SECONDS):
            await service.server.idle.wait()


@contextlib.asynccontextmanager
async def _key_watch(settings: Settings, tuning: Tuning) -> AsyncIterator[KeyWatch]:
    watch = KeyWatch(settings, seconds=tuning.key_watch_seconds)
    await watch.start()
    try:
        yield watch
    finally:
        await watch.stop()


@contextlib.asynccontextmanager
async def _admin(service: Service, command: Command, watch: KeyWatch) -> AsyncIterator[None]:
    settings, socket = service.settings, service.socket
    connected = (lambda: socket.connected) if socket is not None else None
    backlog = timedelta(seconds=settings.backlog_seconds)
    health = Health(service.shared, lambda: served_ids(service), backlog, connected, lambda: watch.trouble)
    runner = web.AppRunner(admin_application(health), access_log=None, shutdown_timeout=1)
    await runner.setup()
    port = ADMIN_PORTS[command] if settings.admin_port is None else settings.admin_port
    try:
        await web.TCPSite(runner, settings.admin_host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise _port_error("LOANDESK_ADMIN_HOST", settings.admin_host, "LOANDESK_ADMIN_PORT", port, error) from None
    log.info("health_and_metrics", host=settings.admin_host, port=runner.addresses[0][1])
    try:
        yield
    finally:
        await runner.cleanup()


def served_ids(service: Service) -> list[UUID]:
    """Return the workspaces that are served now."""
    return [served.workspace.id for served in service.workspaces.present()]


def _port_error(host_setting: str, host: str, port_setting: str, port: int, error: OSError) -> CannotStartError:
    return CannotStartError(f"{host} ({host_setting}) port {port} ({port_setting}) cannot be opened: {error.strerror}.")


async def _wait_for_any(*events: asyncio.Event) -> None:
    tasks = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
