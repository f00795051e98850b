"""What the engines of one run share: each test opens one or more, on databases that are alike."""

from typing import Any

from sqlalchemy import Connection, util
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engine import database

STATEMENTS = 5000
"""How many compiled statements they share."""

_DIALECTS: tuple[Any, ...] = (PGDialect_asyncpg, SQLiteDialect_aiosqlite)


def share_compiled_statements() -> None:
    """Compile each statement once a run: doing it in each test took a fifth of a test's time. The key has the dialect, so
    dialects of one driver are equal."""
    compiled: util.LRUCache[Any, Any] = util.LRUCache(STATEMENTS)
    create = database.create_async_engine

    def create_sharing(*arguments: Any, **settings: Any) -> AsyncEngine:
        engine = create(*arguments, **settings)
        engine.sync_engine._compiled_cache = compiled
        return engine

    database.create_async_engine = create_sharing
    for dialect in _DIALECTS:
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))


def share_what_databases_can() -> None:
    """Ask one database of each driver for its version and abilities: the first connection of an engine asks in a dozen queries,
    and the databases of a run have one version."""
    for dialect in _DIALECTS:
        _share_answers(dialect)


def _share_answers(dialect: Any) -> None:
    ask, answers = dialect.initialize, {}

    def initialize(self: Any, connection: Connection) -> None:
        if not answers:
            before = dict(vars(self))
            ask(self, connection)
            answers.update({name: value for name, value in vars(self).items() if before.get(name, self) is not value})
        vars(self).update(answers)

    dialect.initialize = initialize
