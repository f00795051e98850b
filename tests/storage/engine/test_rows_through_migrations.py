"""Every table gets a row as soon as a migration has made it, and every later migration keeps that row; and what the processes of
the last release could not go on with is known."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from uuid import uuid4

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, func, inspect, select
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

import storage
import storage.tables
from storage.engine.database import Database, make_folder

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
SAMPLES: Mapping[type, Any] = {bool: True, int: 1, date: NOW.date(), time: time(9), bytes: b"x", str: "x"}
"""A value for each Python type of a column."""

RELEASE = "0012"
"""The newest migration of the last release."""

BREAKS = [
    "follow_up.late_at is required",
    "follow_up.overdue_at is gone",
    "notice.enqueued is gone",
    "process.workspace_id is gone",
    "search_term.workspace_id is gone",
]
"""What the processes of that release cannot go on with. While there is any, the changelog and the documents must say that they
are stopped before the migration."""

STOPS = "Stop the processes of the last release before `loandesk migrate`"
ALSO_STOPS: Mapping[str, str] = {
    "docs/operating.md": "as it does for this release, stop the old processes",
    "docs/running.md": "Before some releases, this one among them, the old processes",
}
"""Where else it is said, and how."""


CONVERTED = {("search_term", "digest"), ("related_term", "digest")}
"""Columns of a key whose values a migration writes in another form."""

Columns = dict[str, dict[str, bool]]
"""The columns of each table, and whether a new row must give each a value."""


class Rows:
    """A row in each table of a database, written once the table is there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.keys: dict[str, dict[str, Any]] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._known = MetaData()

    def fill(self) -> None:
        """Write a row in each table that has none yet: the tables that it refers to come first."""
        new = set(inspect(self._connection).get_table_names()) - self.keys.keys()
        if new:
            self._known.reflect(self._connection, only=sorted(new))
            for table in self._known.sorted_tables:
                if table.name in new:
                    self._write(table)

    def missing(self) -> list[str]:
        """Return the tables whose row is gone."""
        known = MetaData()
        known.reflect(self._connection)
        gone: list[str] = []
        for name, key in self.keys.items():
            table = known.tables[name]
            same = (table.c[column] == value for column, value in key.items() if (name, column) not in CONVERTED)
            if not self._connection.scalar(select(func.count()).select_from(table).where(*same)):
                gone.append(name)
        return gone

    def _write(self, table: Table) -> None:
        values = {column.name: _sample(column.type) for column in table.columns}
        for key in table.foreign_key_constraints:
            there = self._values.get(key.referred_table.name)
            for element in key.elements:
                values[element.parent.name] = there[element.column.name] if there else None
        self._connection.execute(table.insert().values(values))
        self._values[table.name] = values
        self.keys[table.name] = {column.name: values[column.name] for column in table.primary_key.columns}


def _sample(kind: TypeEngine[Any]) -> Any:
    text = str(kind).upper()
    if text.startswith("CHAR(32)"):
        return uuid4().hex
    if text.startswith("UUID"):
        return uuid4()
    if text.startswith(("DATETIME", "TIMESTAMP")):
        return NOW if getattr(kind, "timezone", False) else NOW.replace(tzinfo=None)
    if text.startswith("NUMERIC"):
        return 1
    if text.startswith("JSON"):
        return {}
    return SAMPLES[kind.python_type]


def _migrations() -> Iterator[Any]:
    return reversed(list(ScriptDirectory(str(Path(storage.__file__).parent / "migrations")).walk_revisions()))


def _breaks(connection: Connection, before: Columns) -> list[str]:
    """Return which columns of the tables of a release are gone, and which must be given a value that it does not give."""
    now = _columns(connection)
    found: list[str] = []
    for table, earlier in before.items():
        present = now.get(table, {})
        found += [f"{table}.{name} is gone" for name in earlier.keys() - present.keys()]
        found += [
            f"{table}.{name} is required" for name, required in present.items() if required and not earlier.get(name)
        ]
    return sorted(found)


def _columns(connection: Connection) -> Columns:
    seen = inspect(connection)
    return {
        table: {each["name"]: not each["nullable"] and each["default"] is None for each in seen.get_columns(table)}
        for table in seen.get_table_names()
    }


def _walk(connection: Connection) -> tuple[Rows, list[str]]:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    context = MigrationContext.configure(connection, opts={"render_as_batch": True})
    rows, release = Rows(connection), Columns()
    with Operations.context(context):
        for migration in _migrations():
            migration.module.upgrade()
            rows.fill()
            if migration.revision == RELEASE:
                release = _columns(connection)
    return rows, _breaks(connection, release)


async def test_each_migration_keeps_the_rows_of_all_tables_and_the_last_release_cannot_go_on_only_as_is_said(
    empty_url: str,
) -> None:
    make_folder(empty_url)
    database = Database(empty_url, patient=True)
    async with database.engine.begin() as connection:
        rows, breaks = await connection.run_sync(_walk)
        missing = await connection.run_sync(lambda _: rows.missing())
    await database.close()
    assert set(SQLModel.metadata.tables) - rows.keys.keys() == set()
    assert missing == []
    assert breaks == BREAKS


def test_it_is_said_that_the_processes_of_the_last_release_are_stopped_before_the_migration() -> None:
    unreleased = Path("CHANGELOG.md").read_text("utf-8").partition("## Unreleased")[2].partition("\n## ")[0]
    assert (STOPS in unreleased) == bool(BREAKS)
    for file, words in ALSO_STOPS.items():
        assert (words in Path(file).read_text("utf-8")) == bool(BREAKS), file
