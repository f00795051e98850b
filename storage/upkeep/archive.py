"""The desk's rows as lines of text, the same for both databases: what a backup holds.

The first line says what it is; then each table with its columns, and its rows; the last line counts them, so that a
torn file is known for one. Encrypted columns stay encrypted, and no key is in it: only check values, by which one sees
whether a key is the right one.
"""

import base64
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Date, LargeBinary, Table, Time, Uuid, inspect, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  # pyright: ignore[reportUnusedImport]  (fills the metadata)
from storage.engine import schema
from storage.engine.cipher import CIPHER_SUFFIX, KeyRing, key_of, keys_in_steps
from storage.engine.database import Database
from storage.engine.types import Money, UtcDateTime

FORMAT = 1
_OF_THE_MOMENT = frozenset({"process"})
"""Tables that say what is running now: nothing of them is to be brought back."""

_BATCH = 500


class BrokenArchiveError(Exception):
    """It is no backup of the desk, or not a whole one. Says what is wrong."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole archive says of itself. `keys` and `search_key` are check values; `keys_used` are the ids needed."""

    revision: str
    taken_at: datetime
    keys: dict[int, str]
    search_key: str
    keys_used: frozenset[int]
    rows: dict[str, int] = field(default_factory=dict[str, int])


async def dump(database: Database, ring: KeyRing, now: datetime) -> AsyncIterator[str]:
    """The lines of an archive of all that stood in the database at one instant, while others go on writing.

    Raises BrokenArchiveError when the database has no tables of the desk.
    """
    async with database.snapshot() as connection:
        revision = await schema.revision_on(connection)
        if revision is None:
            raise BrokenArchiveError("the database has not been migrated")
        yield _line(
            {
                "loandesk_backup": FORMAT,
                "revision": revision,
                "taken_at": now.isoformat(),
                "keys": {str(number): check for number, check in ring.checks().items()},
                "search_key": ring.search_check(),
            }
        )
        counts: Counter[str] = Counter()
        used: set[int] = set()
        for table in _tables():
            yield _line({"table": table.name, "columns": [column.name for column in table.columns]})
            async for row in _stream(connection, table):
                counts[table.name] += 1
                used |= _keys_used(table, row)
                yield _line([_encode(value) for value in row])
        yield _line({"end": True, "rows": dict(counts), "keys_used": sorted(used)})


def read(lines: Iterable[str]) -> Summary:
    """Reads an archive to its end and checks that it is whole. Raises BrokenArchiveError."""
    head: dict[str, Any] | None = None
    counts: Counter[str] = Counter()
    table = ""
    for value in _values(lines):
        match value:
            case {"loandesk_backup": number}:
                if number != FORMAT:
                    raise BrokenArchiveError(f"it has the format {number}; this release reads {FORMAT}")
                head = value
            case {"table": name}:
                table = name
            case {"end": True, "rows": rows, "keys_used": used}:
                if head is None or dict(counts) != rows:
                    break
                return Summary(
                    revision=head["revision"],
                    taken_at=datetime.fromisoformat(head["taken_at"]),
                    keys={int(number): check for number, check in head["keys"].items()},
                    search_key=head["search_key"],
                    keys_used=frozenset(used),
                    rows=rows,
                )
            case list():
                counts[table] += 1
            case _:
                break
        if head is None:
            raise BrokenArchiveError("it is not a backup of Loan Desk")
    raise BrokenArchiveError("it is not whole: its end is missing, or rows in between")


async def load(connection: AsyncConnection, lines: Iterable[str]) -> AsyncIterator[int]:
    """Insert the rows of a complete archive, and yield the number of rows of each step.

    Raises BrokenArchiveError for a table or column that this release does not know.
    """
    into: sa.TableClause | None = None
    columns: list[Column[Any]] = []
    waiting: list[dict[str, Any]] = []

    async def write() -> int:
        count = len(waiting)
        if into is not None and waiting:
            await connection.execute(into.insert(), waiting)
        waiting.clear()
        return count

    for value in _values(lines):
        match value:
            case {"table": name, "columns": names}:
                yield await write()
                known = _known(name)
                columns = [_column(known, each) for each in names]
                # Only these: a column that came later has a default here, and is not there yet.
                into = sa.table(name, *(sa.column(each.name, each.type) for each in columns))
            case list():
                waiting.append(_row(columns, value))
                if len(waiting) == _BATCH:
                    yield await write()
            case _:
                pass
    yield await write()


async def filled_tables(connection: AsyncConnection) -> list[str]:
    """The tables that hold a row already."""
    present = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
    found = {
        table.name: (await connection.execute(select(literal(1)).select_from(table).limit(1))).scalar()
        for table in _tables()
        if table.name in present
    }
    return [name for name, row in found.items() if row]


def _tables() -> list[Table]:
    return [table for name, table in sorted(SQLModel.metadata.tables.items()) if name not in _OF_THE_MOMENT]


async def _stream(connection: AsyncConnection, table: Table) -> AsyncIterator[Any]:
    async with connection.stream(select(table).execution_options(yield_per=_BATCH)) as rows:
        async for row in rows:
            yield row


def _keys_used(table: Table, row: Any) -> set[int]:
    used: set[int] = set()
    for column, value in zip(table.columns, row, strict=True):
        if value is None:
            continue
        if column.name.endswith(CIPHER_SUFFIX):
            used.add(key_of(value))
        elif table.name == "undo" and column.name == "steps":
            used |= keys_in_steps(value)
    return used


def _values(lines: Iterable[str]) -> Iterator[Any]:
    try:
        for line in lines:
            yield json.loads(line)
    except (ValueError, OSError, EOFError):
        raise BrokenArchiveError("it is not a backup of Loan Desk, or not a whole one") from None


def _row(columns: list[Column[Any]], values: Any) -> dict[str, Any]:
    return {column.name: _decode(column, value) for column, value in zip(columns, values, strict=True)}


def _known(name: str) -> Table:
    table = SQLModel.metadata.tables.get(name)
    if table is None:
        raise BrokenArchiveError(f"this release has no table {name}: restore with the release that made the backup")
    return table


def _column(table: Table, name: str) -> Column[Any]:
    column: Column[Any] | None = table.columns.get(name)
    if column is None:
        raise BrokenArchiveError(
            f"this release has no column {table.name}.{name}: restore with the release that made the backup"
        )
    return column


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _encode(value: Any) -> Any:
    match value:
        case datetime() | date() | time():
            return value.isoformat()
        case UUID() | Decimal():
            return str(value)
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return value


def _decode(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    match column.type:
        case UtcDateTime():
            return datetime.fromisoformat(value)
        case Date():
            return date.fromisoformat(value)
        case Time():
            return time.fromisoformat(value)
        case Uuid():
            return UUID(value)
        case Money():
            return Decimal(value)
        case LargeBinary():
            return base64.b64decode(value)
        case _:
            return value
