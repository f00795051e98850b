"""The content of a backup: the desk's rows as lines of JSON, the same for both databases.

The first line names the format; then each table comes with its columns and rows; the last line counts the rows, so that an
incomplete file is recognised. Encrypted columns stay encrypted. There is no key in it, only check values that identify keys.
"""

import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
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
_NOT_RESTORED = frozenset({"process", "rate_limit"})
"""Tables of what is running now."""

_RENAMED = {("follow_up", "overdue_at"): "late_at"}
"""Columns of earlier releases by the name that they have now."""

_FORMER: dict[str, dict[str, type[Any]]] = {
    "search_term": {"borrower_id": Uuid, "digest": LargeBinary, "workspace_id": Uuid},
    "related_term": {"person_id": Uuid, "digest": LargeBinary, "workspace_id": Uuid},
}
"""Tables that had other columns in earlier releases, with these; a migration makes of them what they are now."""

_BATCH = 500


class BrokenArchiveError(Exception):
    """The file is not a complete backup of the desk. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The description in a complete archive. `keys` and `search_key` are check values; `keys_used` are the ids needed.

    `signature` is of `digest`, that of all lines before it; empty in an archive of an earlier release.
    """

    revision: str
    taken_at: datetime
    keys: dict[int, str]
    search_key: str
    keys_used: frozenset[int]
    digest: bytes = b""
    signature: str = ""
    rows: dict[str, int] = field(default_factory=dict[str, int])


async def dump(database: Database, ring: KeyRing, now: datetime) -> AsyncIterator[str]:
    """Yield the lines of an archive of the database at one instant, while others go on writing; the last line is signed.

    Raises BrokenArchiveError if the database has no tables of the desk.
    """
    content = hashlib.sha256()
    async for line in _lines(database, ring, now):
        content.update(line.encode())
        yield line
    yield _line({"signature": ring.signature(content.digest())})


async def _lines(database: Database, ring: KeyRing, now: datetime) -> AsyncIterator[str]:
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
            async with connection.stream(select(table).execution_options(yield_per=_BATCH)) as rows:
                async for row in rows:
                    counts[table.name] += 1
                    used |= _keys_used(table, row)
                    yield _line([_encode(value) for value in row])
        yield _line({"end": True, "rows": dict(counts), "keys_used": sorted(used)})


def read(lines: Iterable[str]) -> Summary:
    """Read an archive to its end and check that it is complete. Raises BrokenArchiveError.

    Whether it is signed with our key is for the caller to check: `is_signed`.
    """
    head: dict[str, Any] | None = None
    counts: Counter[str] = Counter()
    table = ""
    content = hashlib.sha256()
    rest = iter(lines)
    for line, value in _values(rest):
        content.update(line.encode())
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
                    digest=content.digest(),
                    signature=_signature(rest),
                    rows=rows,
                )
            case list():
                counts[table] += 1
            case _:
                break
        if head is None:
            raise BrokenArchiveError("it is not a backup of Loan Desk")
    raise BrokenArchiveError("it is not whole: its end is missing, or rows in between")


def is_signed(summary: Summary, ring: KeyRing) -> bool:
    """Return whether the archive was signed with this search key and not changed since."""
    return hmac.compare_digest(summary.signature.encode(), ring.signature(summary.digest).encode())


def _signature(rest: Iterator[str]) -> str:
    """Return the signature behind the end, empty without one. Raises BrokenArchiveError if more follows."""
    values = [value for _, value in _values(rest)]
    match values:
        case []:
            return ""
        case [{"signature": str(signature)}]:
            return signature
        case _:
            raise BrokenArchiveError("something follows its end")


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

    for _, value in _values(lines):
        match value:
            case {"table": name, "columns": names}:
                yield await write()
                columns = _columns(name, names)
                # Only these: a column added later has a default here, and the loaded schema does not have it yet.
                into = sa.table(name, *(sa.column(each.name, each.type) for each in columns))
            case list():
                waiting.append(_row(columns, value))
                if len(waiting) == _BATCH:
                    yield await write()
            case _:
                pass
    yield await write()


async def filled_tables(connection: AsyncConnection) -> list[str]:
    """Return the tables that have rows already."""
    present = set(await connection.run_sync(lambda c: inspect(c).get_table_names()))
    return [
        table.name
        for table in _tables()
        if table.name in present and (await connection.execute(select(literal(1)).select_from(table).limit(1))).scalar()
    ]


def _tables() -> list[Table]:
    return [table for name, table in sorted(SQLModel.metadata.tables.items()) if name not in _NOT_RESTORED]


def _keys_used(table: Table, row: Any) -> set[int]:
    used: set[int] = set()
    for column, value in zip(table.columns, row, strict=True):
        if not value:
            continue
        if column.name.endswith(CIPHER_SUFFIX):
            used.add(key_of(value))
        elif table.name == "undo" and column.name == "steps":
            used |= keys_in_steps(value)
    return used


def _values(lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    try:
        for line in lines:
            yield line, json.loads(line)
    except (ValueError, OSError, EOFError):
        raise BrokenArchiveError("it is not a backup of Loan Desk, or not a whole one") from None


def _row(columns: list[Column[Any]], values: Any) -> dict[str, Any]:
    return {column.name: _decode(column, value) for column, value in zip(columns, values, strict=True)}


def _columns(table: str, names: Sequence[str]) -> list[Column[Any]]:
    former = _FORMER.get(table, {})
    if former.keys() == set(names):
        return [Column(name, former[name]()) for name in names]
    known = SQLModel.metadata.tables.get(table)
    if known is None:
        missing = f"table {table}"
    else:
        present = {name: known.columns.get(_RENAMED.get((table, name), name)) for name in names}
        columns = [Column(name, column.type) for name, column in present.items() if column is not None]
        if len(columns) == len(present):
            return columns
        missing = f"column {table}.{next(name for name, column in present.items() if column is None)}"
    raise BrokenArchiveError(f"this release has no {missing}: restore with the release that made the backup")


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
