"""What each form of a command, and a Home, asks of the database: how many statements, and never a table that grows in full.

`statements.toml` has the numbers; `pytest --update-snapshots` writes them again.
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from desk.follow_ups.replanning import replan_loans
from desk.retention.sweeping import sweep
from storage.engine.types import new_id
from storage.queries.core.due_rows import chores_due
from storage.tables import AuditSegment, RetentionPolicy
from tests.builders import make_call, make_follow_up, make_loan
from tests.wire.office_day import Slack
from tests.wire.plans import fill, is_query, scans

TABLE = Path(__file__).with_name("statements.toml")

FORMS = (
    ("agent", "/loan"),
    ("agent", "/loan A-1001"),
    ("agent", "/loan find 王"),
    ("agent", "/loan mine"),
    ("agent", "/loan new 陈静 13900001234"),
    ("agent", "/loan edit A-1001 phone 13900004321"),
    ("agent", "/loan-call A-1001 no answer rang twice"),
    ("other", "/loan-call A-1002/1 reached called back"),
    ("compliance", "/loan-call A-1002/1 reached refused"),
    ("agent", "/loan-call A-1001 reached next tomorrow 3pm"),
    ("agent", "/loan-follow A-1001 fri 10:00 signing"),
    ("agent", "/loan-follow A-1001/1 move fri 11:00"),
    ("agent", "/loan-follow A-1001/1 done"),
    ("agent", "/loan-note A-1001 prefers calls after 18:00"),
    ("agent", "/loan-docs A-1001 id, bank by fri"),
    ("agent", "/loan-docs A-1001 got id"),
    ("agent", "/loan-docs A-1001"),
    ("agent", "/loan-stage A-1003 approved"),
    ("agent", "/loan-due"),
    ("agent", "/loan-due week team"),
    ("manager", "/loan-due late team"),
    ("manager", "/loan-due arrears team"),
    ("manager", "/loan-due unplanned team"),
    ("manager", "/loan-due all <@UAGENT>"),
    ("agent", "/loan-digest"),
    ("agent", "/loan-digest now"),
    ("manager", "/loan-digest now"),
    ("agent", "/loan-digest 08:45"),
    ("agent", "/loan-team"),
    ("manager", "/loan-team away <@UOTHER> until fri cover <@UAGENT>"),
    ("agent", "/loan-due "),
    ("manager", "/loan-team back <@UOTHER>"),
    ("manager", "/loan-team hours <@UOTHER> 10:00-19:00"),
    ("manager", "/loan-reassign A-1004 <@UOTHER>"),
    ("manager", "/loan-reassign <@UOTHER> <@UAGENT>"),
)
"""Each form, and who types it."""

HOMES = ("agent", "manager")
"""Whose Homes are opened."""


@contextmanager
def executed(slack: Slack) -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements that the desk executes in the block, with their parameters."""
    found: list[tuple[str, Any]] = []
    engine = slack.office.database.engine.sync_engine

    def add(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if is_query(sql):
            found.append((sql, parameters[0] if many else parameters))

    event.listen(engine, "before_cursor_execute", add)
    yield found
    event.remove(engine, "before_cursor_execute", add)


async def begin(slack: Slack) -> None:
    """Give the agent and a colleague loans with calls to make."""
    now = slack.clock.now()
    for number, owner in (("A-1001", slack.agent), ("A-1002", slack.agent), ("A-1003", slack.agent)):
        loan = await make_loan(slack.office, slack.workspace, number, owner=owner, unpaid_since=now.date())
        await make_follow_up(slack.office, loan, owner, due_at=now + timedelta(hours=1))
        await make_call(slack.office, loan, owner)
    await make_loan(slack.office, slack.workspace, "A-1004", owner=slack.agent, name="陈静", phone="+8613900005678")


async def test_each_form_of_a_command_executes_as_many_statements_as_the_table_says(
    slack: Slack, request: pytest.FixtureRequest
) -> None:
    await begin(slack)
    kind = "sqlite" if slack.office.database.is_sqlite else "postgresql"
    counts: dict[str, int] = {}
    for who, line in FORMS:
        with executed(slack) as statements:
            reply = await slack.command(slack.people[who], line)
        assert not reply.error, line
        counts[f"{who}: {line}"] = len(statements)
    for who in HOMES:
        with executed(slack) as statements:
            await slack.sandbox.open_home(slack.people[who].slack_user_id)
        counts[f"{who}: Home"] = len(statements)

    table = tomllib.loads(TABLE.read_text("utf-8")) if TABLE.exists() else {}
    if request.config.getoption("--update-snapshots"):
        write(table | {kind: counts})
    else:
        assert counts == table[kind]


async def test_no_form_of_a_command_reads_a_growing_table_in_full(slack: Slack) -> None:
    await begin(slack)
    asked: dict[str, dict[str, Any]] = {}
    for who, line in FORMS:
        with executed(slack) as statements:
            await slack.command(slack.people[who], line)
        asked[line] = dict(statements)
    for who in HOMES:
        with executed(slack) as statements:
            await slack.sandbox.open_home(slack.people[who].slack_user_id)
        # Whether any escalation of the workspace waits is asked of the index of those that do: one row is read.
        asked[f"{who}: Home"] = {sql: each for sql, each in statements if not sql.startswith("SELECT escalation.id")}
    await fill(slack.office.database)

    found = {line: await scans(slack.office.database, each) for line, each in asked.items()}

    assert not any(found.values()), "\n".join(f"{line}: {each}" for line, all_of in found.items() for each in all_of)


def write(table: dict[str, dict[str, int]]) -> None:
    """Write the table of the numbers of statements."""
    lines = ["# Statements of each form of a command, and of a Home: who types it, and what."]
    for kind in sorted(table):
        lines += ["", f"[{kind}]", *(f'"{form}" = {count}' for form, count in table[kind].items())]
    TABLE.write_text("\n".join(lines) + "\n", "utf-8")


async def test_the_daily_look_at_loans_reads_no_growing_table_in_full(slack: Slack) -> None:
    await begin(slack)
    slack.clock.advance(days=1)
    with executed(slack) as statements:
        for _ in range(2):
            async with slack.office.desk(slack.workspace) as desk:
                await replan_loans(desk)
    asked = dict(statements)
    await fill(slack.office.database)

    assert len(asked) > 10
    assert await scans(slack.office.database, asked) == []


async def test_to_ask_which_chores_have_something_to_do_reads_no_growing_table_in_full(slack: Slack) -> None:
    with executed(slack) as statements:
        async with slack.office.reading_desk(slack.workspace) as desk:
            await chores_due(desk.session, desk.now)
    asked = dict(statements)
    await fill(slack.office.database)

    assert len(asked) == 1
    assert await scans(slack.office.database, asked) == []


async def test_no_batch_of_retention_reads_a_growing_table_in_full(slack: Slack) -> None:
    office, now = slack.office, slack.clock.now()
    kinds = {"workspace_id": slack.workspace.id, "by_id": slack.agent.id}
    old = {"stage": "closed", "stage_since": now - timedelta(days=2000)}
    loan = await make_loan(slack.office, slack.workspace, "A-1001", owner=slack.agent, **old)
    slack.clock.set(before := now - timedelta(days=2000))
    await make_call(slack.office, loan, slack.agent, note="old")
    slack.clock.set(now)
    await make_follow_up(slack.office, loan, slack.agent, due_at=before, state="cancelled")
    await make_loan(slack.office, slack.workspace, "A-1002", owner=slack.agent)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        for kind in ("words", "file"):
            desk.add(RetentionPolicy(id=new_id(), kind=kind, months=12, number=1, at=now, **kinds))
        segment = {"number": 1, "first": 1, "last": 1, "last_at": before, "sealed_at": before}
        desk.add(AuditSegment(workspace_id=slack.workspace.id, head=b"", seal=b"", previous=b"", **segment))

    with executed(slack) as statements:
        async for _ in sweep(lambda: office.reading_desk(slack.workspace), lambda: office.desk(slack.workspace)):
            pass
    asked = dict(statements)
    await fill(slack.office.database)

    assert len(asked) > 60
    # In the filled database each loan is under a hold, so that these are read in full.
    asked = {sql: each for sql, each in asked.items() if "legal_hold.workspace_id" not in sql}
    found = [each for each in await scans(slack.office.database, asked) if " undo" not in each.partition(": ")[0]]
    assert not found, "\n".join(found)  # rows of `undo` are kept for five minutes
