"""A mistake of ours in the database is answered as one, and logged with its kind and place; only an outage is an outage."""

import io

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from storage.tables import Loan
from tests.builders import make_follow_up, make_loan
from tests.wire.office_day import Slack, logged

NOTE = "her husband works nights"
OURS = "Something went wrong and nothing was changed."


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A loan of the agent with one follow-up, which is due."""
    loan = await make_loan(slack.office, slack.workspace, "L-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent, due_at=slack.clock.now())
    return loan


async def execute(slack: Slack, statement: str) -> None:
    async with slack.office.database.transaction() as session:
        await session.execute(text(statement))


def answered(command: str, outcome: str) -> float:
    labels = {"command": command, "outcome": outcome}
    return REGISTRY.get_sample_value("loandesk_command_seconds_count", labels) or 0


async def test_a_unique_violation_is_our_mistake(slack: Slack, loan: Loan, log: io.StringIO) -> None:
    await execute(slack, "UPDATE loan SET next_follow_up_number = 1")  # a number that a follow-up has
    before = answered("/loan-follow", "error")

    reply = await slack.command(slack.agent, f"/loan-follow L-1 tomorrow 3pm income {NOTE}")

    assert OURS in reply.text
    (line,) = logged(log, "mishap")
    assert line["reference"] in reply.text
    on_sqlite = "SQLITE_CONSTRAINT_UNIQUE:UNIQUE constraint failed: follow_up.loan_id, follow_up.number"
    on_postgres = "23505:follow_up_loan_id_number_key"
    assert line["error"].startswith("IntegrityError:")
    assert on_sqlite in line["error"] or on_postgres in line["error"]
    assert any(place.startswith("desk/follow_ups/") for place in line["at"])
    assert answered("/loan-follow", "error") == before + 1
    assert logged(log, "database_trouble") == []
    assert [secret for secret in (NOTE, "husband", str(loan.id), loan.id.hex) if secret in log.getvalue()] == []


async def test_a_query_that_the_database_does_not_understand_is_our_mistake(
    slack: Slack, loan: Loan, log: io.StringIO
) -> None:
    await execute(slack, 'ALTER TABLE "call" RENAME TO mislaid')
    before = answered("/loan-call", "error")

    reply = await slack.command(slack.agent, f"/loan-call L-1 reached {NOTE}")

    assert OURS in reply.text
    (line,) = logged(log, "mishap")
    assert "no such table: call" in line["error"] or "ProgrammingError:42P01" in line["error"]
    assert any(place.startswith("desk/calls/") for place in line["at"])
    assert answered("/loan-call", "error") == before + 1
    assert [secret for secret in (NOTE, "husband", str(loan.id), loan.id.hex) if secret in log.getvalue()] == []
    await execute(slack, 'ALTER TABLE mislaid RENAME TO "call"')
    assert "reached" in (await slack.command(slack.agent, "/loan-call L-1 reached")).text


@pytest.mark.usefixtures("loan")
async def test_the_worker_logs_the_place_of_our_mistake(slack: Slack, log: io.StringIO) -> None:
    await execute(slack, "ALTER TABLE follow_up RENAME TO mislaid")

    await slack.deliver()

    failed = logged(log, "chore_failed")
    assert {line["chore"] for line in failed} >= {"announce_due", "escalate_due"}
    assert all(any(place.startswith("storage/queries/") for place in line["at"]) for line in failed)
    await execute(slack, "ALTER TABLE mislaid RENAME TO follow_up")
