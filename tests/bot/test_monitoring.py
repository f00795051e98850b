"""Health and metrics say what is wrong and name no person."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from bot.monitoring import Health, admin_application
from storage.upkeep import processes
from tests.builders import make_loan
from tests.wire.conftest import door, sandbox, slack
from tests.wire.office_day import Slack

__all__ = ["door", "sandbox", "slack"]


@pytest.fixture
async def admin(slack: Slack) -> AsyncIterator[TestClient]:
    """Return the admin port of a process without a worker."""
    health = Health(slack.office, lambda: [slack.workspace.id], timedelta(minutes=5))
    async with TestClient(TestServer(admin_application(health))) as client:
        yield client


async def reported(slack: Slack) -> None:
    """Have today's report to compliance behind it, so that a test counts its own messages alone."""
    slack.clock.advance(minutes=1)
    await slack.deliver()
    assert [text for text in slack.texts(slack.compliance) if "For compliance" in text]


async def worked(slack: Slack) -> None:
    """Record a round of a worker."""
    incarnation, now = uuid4(), slack.clock.now()
    async with slack.office.database.transaction() as session:
        await processes.claim(session, "worker", incarnation.hex, incarnation, now)
        await processes.beat(session, incarnation, now, now)


async def samples(admin: TestClient) -> dict[tuple[str, ...], float]:
    """Return the desk's samples by name and label values."""
    text = await (await admin.get("/metrics")).text()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("loandesk_")
    }


async def test_a_desk_without_a_worker_is_alive_and_not_ready(admin: TestClient, slack: Slack) -> None:
    assert (await admin.get("/healthz")).status == 200
    answer = await admin.get("/readyz")

    assert answer.status == 503
    assert (await answer.json())["worker"] == "none has run yet: is a worker running?"


async def test_a_worker_that_works_makes_it_ready_and_one_that_stops_does_not(admin: TestClient, slack: Slack) -> None:
    await worked(slack)
    assert (await admin.get("/readyz")).status == 200

    slack.clock.advance(seconds=31)
    answer = await admin.get("/readyz")

    assert answer.status == 503
    assert (await answer.json())["worker"] == "none has run for 31 s: is a worker running?"


async def test_a_database_of_another_release_is_named(admin: TestClient, slack: Slack) -> None:
    await worked(slack)
    async with slack.office.database.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '-' || version_num")
    try:
        answer = await admin.get("/readyz")
    finally:
        async with slack.office.database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE alembic_version SET version_num = substr(version_num, 2)")

    assert answer.status == 503
    assert "run loandesk migrate" in (await answer.json())["migrations"]


async def test_metrics_count_commands_and_deliveries_and_name_nobody(admin: TestClient, slack: Slack) -> None:
    await reported(slack)
    before = await samples(admin)
    await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent, name="王小明")
    await slack.command(slack.agent, "/loan-follow L-1042 in 1 min income 王小明")
    await slack.command(slack.agent, "/loan-call L-1042 nonsense")
    slack.clock.advance(minutes=1)
    await slack.deliver()

    after = await samples(admin)

    def more(*sample: str) -> float:
        return after.get(sample, 0) - before.get(sample, 0)

    assert more("loandesk_command_seconds_count", "/loan-follow", "done") == 1
    assert more("loandesk_command_seconds_count", "/loan-call", "refused") == 1
    assert more("loandesk_deliveries_total", "posted") == 1
    assert more("loandesk_notice_lateness_seconds_count", "reminder") == 1
    text = await (await admin.get("/metrics")).text()
    assert not [word for word in ("王", "L-1042", "UAGENT", "CDESK") if word in text]


async def test_what_is_owed_shows_with_its_age(admin: TestClient, slack: Slack) -> None:
    await reported(slack)
    await make_loan(slack.office, slack.workspace, "L-1042", owner=slack.agent)
    await slack.command(slack.agent, "/loan-follow L-1042 in 1 min income")
    slack.clock.advance(minutes=1)
    slack.sandbox.faults.next("chat.postMessage", "500", times=5)
    await slack.deliver()
    slack.clock.advance(minutes=6)

    found = await samples(admin)
    report = await (await admin.get("/readyz")).json()

    assert found["loandesk_backlog",] == 1
    assert found["loandesk_oldest_owed_seconds",] == 360
    assert report["backlog"] == "1 messages are pending, the oldest for 360 s"
