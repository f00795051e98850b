"""How the databases would execute statements in a desk with many rows: what they would read from beginning to end."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import JSON, BigInteger, Column, select
from sqlmodel import SQLModel, col

from bench.dataset import analyze, bulk
from storage.engine.database import Database
from storage.engine.types import new_id
from storage.tables import Workspace

STAY_SMALL = {
    "workspace",
    "team",
    "team_manager",
    "calendar_override",
    "recomputation",
    "set_aside",
    "process",
    "rate_limit",
    "handover",
    "stage_rules",
    "compliance_rules",
    "audit_chain",
    "playbook_version",
    "signing_key",
    "retention_policy",
    "slack_installation",
}
"""The tables of which a lender has few rows, however many people and loans."""

GROWING = set(SQLModel.metadata.tables) - STAY_SMALL

READ_IN_PART = {
    "ix_member_roles": "its first entry, and the next combination",
    "ix_member_away": "who is away",
    "ix_notice_owed_from": "what is still to be sent",
    "ix_legal_hold_present": "the holds in force",
    "ix_loan_removed": "loans that are being deleted",
    "ix_webhook_event_unspread": "events of the last moment",
    "ix_audit_segment_there": "its first entry, or a page of them",
    **{f"ix_{table}_page": "a page of a list" for table in ("loan", "follow_up", "call", "promise", "document_item")},
}
"""Indexes of which a statement that names only the workspace reads little."""

COUNTED = {"ix_member_team": "`/loan-team` counts the members", "ix_member_team_id": "the same on PostgreSQL"}
"""Indexes that such a statement reads in full, and why that may be."""

_ALONE = re.compile(r"\(*workspace_id = [^()]*?(?:\(\w+\))?[^()]*\)*")
_ALIAS = re.compile(r"_\d+$")
_SQLITE = re.compile(r"(SCAN|SEARCH) (\S+)(?: USING (?:COVERING )?INDEX (\S+)(?: \((.*)\))?)?")


ROWS, TEAMS = 1000, 50
"""Rows that each growing table gets before the databases are asked for their plans: of few rows any index is as good."""

_AT = datetime(2026, 11, 2, tzinfo=UTC)
_VALUES = {
    "zone": "Asia/Shanghai",
    "locale": "en-US",
    "roles": "agent",
    "state": "open",
    "unpaid_since": _AT.date(),
    "spread_at": _AT,
}
_BY_TYPE: dict[type, Any] = {
    int: 1,
    bool: False,
    datetime: _AT,
    date: _AT.date(),
    time: _AT.time(),
    Decimal: Decimal(1),
}


async def fill(database: Database) -> None:
    """Add rows to each growing table, which refer to each other, and update the statistics."""
    ids: dict[str, list[Any]] = {}
    async with database.engine.connect() as connection:
        ids["workspace"] = list((await connection.execute(select(col(Workspace.id)))).scalars())
    for table in SQLModel.metadata.sorted_tables:
        count = TEAMS if table.name == "team" else ROWS if table.name in GROWING else 0
        rows = [{column.name: _value(column, n, ids) for column in table.c} for n in range(count)]
        ids[table.name] = ids.get(table.name) or [row.get("id") for row in rows]
        await bulk(database, table.name, rows)
    await analyze(database)


def _value(column: Column[Any], n: int, ids: Mapping[str, list[Any]]) -> Any:
    for key in column.foreign_keys:
        referred = ids.get(key.column.table.name) or [None]
        return referred[n % len(referred)]
    if column.name in _VALUES:
        return _VALUES[column.name]
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return "{}"
    if isinstance(column.type, BigInteger):  # a digest: each row has another
        return n
    kind = getattr(column.type, "impl_instance", column.type).python_type
    name = f"{n:04}"
    return new_id() if kind is UUID else name.encode() if kind is bytes else _BY_TYPE.get(kind, name)


async def scans(database: Database, executed: Mapping[str, Any]) -> list[str]:
    """Return what the statements (SQL and an example of its parameters) would read in full, a line each."""
    find = _sqlite_scans if database.is_sqlite else _postgres_scans
    return [f"{found}: {sql}" for sql, found in await find(database, executed)]


async def _sqlite_scans(database: Database, executed: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    async with database.engine.connect() as connection:
        for sql, parameters in executed.items():
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", tuple(parameters))
            # What refers to a new row is looked for only while the transaction has a reference to no row.
            if not sql.startswith("INSERT"):
                found += [(sql, step) for *_, step in plan if _reads_much_of_sqlite(step)]
    return found


def _reads_much_of_sqlite(line: str) -> bool:
    step = _SQLITE.match(line)
    if step is None:
        return False
    kind, alias, index, condition = step.groups()
    if _ALIAS.sub("", alias) not in GROWING or index in READ_IN_PART or index in COUNTED:
        return False
    return kind == "SCAN" or condition == "workspace_id=?"


async def _postgres_scans(database: Database, executed: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # This driver sends a statement without parameters as text, with their numbers for the general plan.
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        # A small table is read in full, because that is quicker: only what no index could serve is left of it.
        await connection.execute("SET enable_seqscan = off")
        for sql in executed:
            cursor = await connection.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {sql}".encode())
            (plan,) = await cursor.fetchone() or ([],)
            found += [(sql, each) for each in _postgres_steps(plan[0]["Plan"])]
    return found


def _postgres_steps(node: Mapping[str, Any], table: str = "") -> Iterator[str]:
    table = node.get("Relation Name", table)
    kind, index, condition = node["Node Type"], node.get("Index Name"), node.get("Index Cond", "")
    reads_much = kind == "Seq Scan" or (index and (not condition or _ALONE.fullmatch(condition)))
    if reads_much and table in GROWING and index not in READ_IN_PART and index not in COUNTED:
        yield f"{kind} of {table} by {index} {condition}"
    for each in node.get("Plans", ()):
        yield from _postgres_steps(each, table)


def is_query(sql: str) -> bool:
    """Return whether a statement reads or writes rows."""
    return sql.lstrip("( ").partition(" ")[0].upper() in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
