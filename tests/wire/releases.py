"""The data of earlier releases: `tests/storage/fixtures`."""

import asyncio
import contextlib
import gzip
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from storage.engine import schema
from storage.engine.database import Database, make_folder

FIXTURES = Path(__file__).parent.parent / "storage" / "fixtures"
RELEASES = ("0012",)
"""The newest migration of each release whose data is kept."""

_upgraded: dict["Release", bytes | str] = {}
"""What this process has migrated: a file of SQLite, or the name of a database of PostgreSQL."""


@dataclass(frozen=True)
class Release:
    """The data of a release on one kind of database."""

    number: str
    kind: str

    @property
    def notes(self) -> dict[str, Any]:
        """The time at which it ended, and messages with buttons."""
        return json.loads((FIXTURES / f"release_{self.number}.json").read_text("utf-8"))[self.kind]

    async def load(self, url: str) -> None:
        """Fill the empty database."""
        make_folder(url)
        if self.kind == "sqlite":
            self._load_sqlite(make_url(url).database or "")
        else:
            await self._load_postgres(url)

    async def upgrade(self, url: str) -> None:
        """Fill the empty database with this data migrated to the present release: that takes seconds, so each process does it
        once and then copies it."""
        if self.kind == "sqlite":
            await self._upgrade_sqlite(url)
        else:
            await self._upgrade_postgres(url)

    async def _upgrade_sqlite(self, url: str) -> None:
        make_folder(url)
        file = Path(make_url(url).database or "")
        kept = _upgraded.get(self)
        if isinstance(kept, bytes):
            await asyncio.to_thread(file.write_bytes, kept)
            return
        await self._migrate(url)
        _upgraded[self] = await asyncio.to_thread(file.read_bytes)

    async def _upgrade_postgres(self, url: str) -> None:
        asked = make_url(url).set(drivername="postgresql")
        connection = await asyncpg.connect(asked.set(database="postgres").render_as_string())
        try:
            if self not in _upgraded:
                name = f"release_{self.number}"
                await connection.execute(f"CREATE DATABASE {name}")
                await self._migrate(asked.set(database=name).render_as_string())
                _upgraded[self] = name
            await connection.execute(f"DROP DATABASE {asked.database}")
            await connection.execute(f"CREATE DATABASE {asked.database} TEMPLATE {_upgraded[self]}")
        finally:
            await connection.close()

    async def _migrate(self, url: str) -> None:
        await self.load(url)
        database = Database(url)
        await schema.migrate(database)
        assert await database.empty_log()
        await database.close()

    def _load_sqlite(self, path: str) -> None:
        text = gzip.decompress((FIXTURES / f"release_{self.number}.sqlite.sql.gz").read_bytes()).decode()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.executescript(text)

    async def _load_postgres(self, url: str) -> None:
        database = Database(url)
        await schema.migrate(database, self.number)
        await database.close()
        rows = json.loads(gzip.decompress((FIXTURES / f"release_{self.number}.postgres.json.gz").read_bytes()))
        connection = await asyncpg.connect(make_url(url).set(drivername="postgresql").render_as_string())
        try:
            async with connection.transaction():
                for table, found in rows.items():
                    insert = f'INSERT INTO "{table}" SELECT * FROM json_populate_recordset(NULL::"{table}", $1::json)'
                    await connection.execute(insert, json.dumps(found))
        finally:
            await connection.close()
