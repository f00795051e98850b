"""Every statement of `storage`, executed by `Work` and by SQLModel's session: they return the same rows and write the same."""

import collections.abc
import contextlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib import import_module
from types import UnionType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from sqlalchemy import JSON, Table, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

import storage.queries
import storage.upkeep
from storage.engine.cipher import Cipher, encrypted_column
from storage.engine.database import Database
from storage.engine.rows import Row, table_of
from storage.engine.types import Money, Rate, UtcDateTime
from storage.engine.work import Work
from storage.queries.core import retention_due
from storage.queries.loans.visibility import Deputy, viewer
from storage.queries.messages import sending
from storage.tables import Borrower, Loan
from storage.upkeep import rotation
from tests.storage.engine.mapped import Mapped, for_session, values_of

NOW = datetime(2026, 11, 25, 2, 0, 0, 123456, tzinfo=UTC)
ROWS = 3


@dataclass(frozen=True)
class Executed:
    """A statement that a function of `storage` executed, and whether as it is (`execute`) or for rows of tables (`exec`)."""

    function: str
    as_it_is: bool
    statement: Any
    params: Any


class Recorder(Work):
    """Notes what is executed."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.function = ""
        self.executed: list[Executed] = []

    async def exec(self, statement: Any, *, params: Any = None) -> Any:
        self.executed.append(Executed(self.function, False, statement, params))
        return await super().exec(statement, params=params)

    async def execute(self, statement: Any, params: Any = None) -> Any:
        self.executed.append(Executed(self.function, True, statement, params))
        return await super().execute(statement, params)


def functions() -> Iterator[Callable[..., Any]]:
    """Yield each public function of `storage` that asks or writes."""
    for package in (storage.queries, storage.upkeep):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            module = import_module(found.name)
            for name, function in vars(module).items():
                if name.startswith("_") or name in APART or not inspect.iscoroutinefunction(function):
                    continue
                if (
                    function.__module__ == module.__name__
                    and next(iter(inspect.signature(function).parameters)) == "session"
                ):
                    yield function


class Examples:
    """Rows in every table, and values for the parameters of the functions, by their names and types."""

    def __init__(self, cipher: Cipher) -> None:
        self.cipher = cipher
        self.rows: dict[str, list[Any]] = {}
        tables = {table_of(row_type).name: row_type for row_type in Row.__subclasses__()}
        for table in SQLModel.metadata.sorted_tables:
            self.rows[table.name] = []
            for number in range(ROWS):
                self.rows[table.name].append(self._row(tables[table.name], table, number))

    def _row(self, row_type: type[Row], table: Table, number: int) -> Row:
        key = UUID(int=(7 << 76) + (hash_of(table.name) << 16) + number + 1)
        return row_type(**{column.name: self._value(column, key, number) for column in table.columns})

    def _value(self, column: Any, key: UUID, number: int) -> Any:
        name = column.name
        if column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column.table.name
            there = self.rows[parent]
            return there[number % len(there)].id if there else None
        if column.primary_key and name == "id":
            return key
        if column.nullable and number == 1 and name != "app_manifest":
            return None
        if name.endswith("_cipher"):
            return self.cipher.encrypt_at(encrypted_column(column.table.name, name), key, "13800138000")
        return FIXED[name] if name in FIXED else self._of_type(column, number)

    def _of_type(self, column: Any, number: int) -> Any:
        kinds: list[tuple[Any, Any]] = [
            (JSON, {"a": ["é", number]}),
            (UtcDateTime, NOW - timedelta(hours=number)),
            (Money, Decimal("1200.50") + number),
            (Rate, Decimal("4.5") + number),
            (bool, bool(number % 2)),
            (int, number),
            (datetime, NOW),
            (date, NOW.date() - timedelta(days=number)),
            (time, time(9 + number)),
            (bytes, bytes([number, 255])),
            (UUID, UUID(int=number + 1)),
        ]
        for kind, value in kinds:
            if (
                isinstance(column.type, kind)
                if kind in (UtcDateTime, Money, Rate, JSON)
                else column.type.python_type is kind
            ):
                return value
        return f"{column.name} {number}"

    def arguments(self, function: Callable[..., Any]) -> dict[str, Any]:
        """Return arguments for a function of `storage`."""
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        return {p.name: self.example(p.name, hints[p.name]) for p in parameters if p.kind is not p.VAR_POSITIONAL}

    def example(self, name: str, kind: Any) -> Any:
        """Return a value for a parameter."""
        special: dict[str, Any] = {
            "table": Loan,
            "owners": Borrower,
            "place": rotation.places()[0],
            "visible": viewer(
                self.rows["member"][0], "managed", Deputy(frozenset([self.rows["member"][1].id]), True, 2)
            ),
            "number": "number 0",
            "root": "loan",
            "row_ids": [self.rows["loan"][0].id],
            "key": "key 0",
            "chore": "reminders",
            "records": retention_due.RECORDS["correction"][0],
        }
        if name == "table" and kind in (str, Table):
            return "loan" if kind is str else SQLModel.metadata.tables["contact_state"]
        if name == "column":
            return "person_id"
        if get_origin(kind) is type and (tables := getattr(get_args(kind)[0], "__constraints__", ())):
            return tables[0]
        if name in special and (name, kind) != ("number", int):
            return special[name]
        origin, inner = get_origin(kind), get_args(kind)
        if origin is UnionType:
            return self.example(name, inner[0])
        if origin is Literal:
            return inner[-1]
        if origin is tuple and inner[-1] is not Ellipsis:
            return tuple(self.example(name, each) for each in inner)
        if isinstance(origin, type) and issubclass(origin, collections.abc.Mapping):
            return {} if inner[0] is str else {self.example(name, inner[0]): self.example(name, inner[1])}
        if isinstance(origin, type) and issubclass(origin, collections.abc.Iterable):
            return [self.example(name, inner[0])]
        if isinstance(kind, type) and issubclass(kind, Row):
            return self.rows[table_of(kind).name][0]
        return self._plain(name, kind)

    def _plain(self, name: str, kind: Any) -> Any:
        if kind is UUID:
            words = name.removesuffix("s").removesuffix("_id")
            return self.rows[MEANT.get(words, words if words in self.rows else "loan")][0].id
        plain: dict[Any, Any] = {
            str: f"{name} 0",
            int: 1,
            bool: False,
            bytes: b"\x00\xff",
            datetime: NOW + timedelta(minutes=1),
            date: NOW.date(),
            Cipher: self.cipher,
            sending.Lease: sending.Lease(self.rows["notice"][0].id, 0, 0, None, "ts 0", None, None, UUID(int=1)),
            Any: {},
        }
        if kind in plain:
            return plain[kind]
        hints = get_type_hints(kind)  # a record
        return kind(**{field: self.example(field, hints[field]) for field in hints})


FIXED = {
    "zone": "Asia/Shanghai",
    "roles": "agent",
    "working_days": "01234",
    "state": "open",
    "stage": "disbursed",
    "steps": [],
    "loan_ids": ["1"],
    "stayed": [],
    "app_manifest": {"commands": ["/loan"]},
    "search_version": 1,
}
MEANT = {
    "owner": "member",
    "assignee": "member",
    "people": "member",
    "caller": "member",
    "borrower": "borrower",
    "item": "document_item",
    "request": "document_request",
    "note": "loan_note",
    "work": "recomputation",
    "claimed": "processed_delivery",
}


WITHOUT_STATEMENTS = {
    "lock_table",
    "require_owner",
    "add_value_columns",
    "add_values",
    "add_digests",
    "add_instalments",
    "name_loans",
    "try_lock",
    "lock",
    "add",
    "touch",
}
"""SQLite has no table and nothing by name to lock, and no owner; `touch` follows what was written; the others insert in bulk, see
`test_bulk.py`."""


APART = {
    "drop_segment": "its statements run only together: the first lifts the triggers that refuse the next",
    "settled_until": "PostgreSQL says another age of its transactions each time",
}
"""What is not executed here, and why. `tests/bot/test_retention.py` and `tests/wire/test_api_updates.py` run it."""


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode()[:6].ljust(6), "big")


T = TypeVar("T")


def plain(value: Any) -> Any:
    """Return what can be compared of a result: the types and columns of rows, the values of tuples."""
    if isinstance(value, SQLModel | Mapped):
        return type(value).__name__, {name: plain(each) for name, each in values_of(value).items()}
    if isinstance(value, datetime):
        return value, value.tzinfo
    if isinstance(value, str | bytes | Mapping):
        return value
    if isinstance(value, collections.abc.Iterable):
        values: Any = value
        return [plain(each) for each in values]
    return (UUID if isinstance(value, UUID) else type(value)), value


async def content(execute: Callable[[Any], Any], statement: Any) -> Any:
    """Return the rows of the table that a statement writes."""
    if not isinstance(statement, UpdateBase):
        return None
    table: Any = statement.entity_description["table"]
    rows: Any = await execute(select(table).order_by(*table.primary_key))
    return [tuple(row) for row in rows]


async def by_work(database: Database, executed: Executed) -> Any:
    work = Work(database.engine, writing=database.is_sqlite)
    try:
        if executed.as_it_is:
            found = await work.execute(executed.statement, executed.params)
        else:
            found = await work.exec(executed.statement, params=executed.params)
        returned = plain(list(found))
        return returned, await content(work.execute, executed.statement)
    except IntegrityError as error:
        return str(error.orig)
    finally:
        await work.rollback()
        await work.close()


async def by_session(database: Database, executed: Executed) -> Any:
    async with AsyncSession(database.engine) as session:
        connection = await session.connection()
        try:
            if executed.as_it_is:
                found: Any = await connection.execute(executed.statement, executed.params)
            else:
                asked = for_session(executed.statement)
                found = await session.exec(asked, params=executed.params)
                if asked is not executed.statement and isinstance(executed.statement, SelectOfScalar):
                    found = found.scalars()
        except IntegrityError as error:
            return str(error.orig)
        returned = plain(list(found)) if getattr(found, "returns_rows", True) else []
        return returned, await content(connection.execute, executed.statement)


@pytest.fixture
async def examples(database: Database, cipher: Cipher) -> Examples:
    examples = Examples(cipher)
    async with database.transaction() as work:
        for rows in examples.rows.values():
            work.add_all(rows)
    return examples


async def test_every_statement_returns_and_writes_what_it_does_with_a_session(
    database: Database, examples: Examples
) -> None:
    recorder = Recorder(database.engine, writing=database.is_sqlite)
    silent: list[str] = []
    for function in functions():
        recorder.function, before = f"{function.__module__}.{function.__name__}", len(recorder.executed)
        try:
            with contextlib.suppress(IntegrityError):  # which is compared too
                await function(recorder, **examples.arguments(function))
        finally:
            await recorder.rollback()
            await recorder.close()
        if len(recorder.executed) == before:
            silent.append(function.__name__)
    assert set(silent) <= WITHOUT_STATEMENTS
    differing = [
        (executed.function, str(executed.statement), ours, theirs)
        for executed in recorder.executed
        if (ours := await by_work(database, executed)) != (theirs := await by_session(database, executed))
    ]
    assert not differing, differing[0]
