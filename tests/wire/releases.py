"""The data of earlier releases: `tests/storage/fixtures`."""

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
