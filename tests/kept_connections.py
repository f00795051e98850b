"""Connections to PostgreSQL that outlive a test: a new one has read nothing of the tables yet, and is slow until it has."""

from typing import Any

import asyncpg
from asyncpg.connection import Connection

from storage.engine import database

Key = tuple[Any, ...]


class KeptConnections:
    """Idle connections to the databases of one server, by database and settings."""

    def __init__(self) -> None:
        self._idle: dict[Key, list[KeptConnection]] = {}
        self._connect = database._connect

    def install(self) -> None:
        """Have every `Database` of this process take its connections from here."""
        database._connect = self.connect

    async def connect(self, *arguments: Any, **settings: Any) -> Any:
        """Return an idle connection to that database with those settings, or a new one."""
        if not str(settings.get("database", "")).startswith("desk_"):
            return await self._connect(*arguments, **settings)
        key = (arguments, repr(sorted(settings.items(), key=str)))
        idle = self._idle.get(key, [])
        while idle:
            connection = idle.pop()
            if not connection.is_closed():
                return connection
        connection = await self._connect(*arguments, connection_class=KeptConnection, **settings)
        connection.key, connection.kept = key, self
        return connection

    def take_back(self, connection: "KeptConnection") -> None:
        """Keep a connection that its pool has closed."""
        self._idle.setdefault(connection.key, []).append(connection)


class KeptConnection(Connection):
    """A connection that goes back to where it came from when it is closed in good order."""

    __slots__ = ("kept", "key")

    async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own signature
        """Reset the connection and keep it; close it if it is in a transaction or does not answer."""
        if self.is_closed():
            return
        if self.is_in_transaction() or getattr(self, "kept", None) is None:
            await super().close(timeout=timeout)
            return
        try:
            await self.reset(timeout=timeout)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await super().close(timeout=timeout)
            return
        self.kept.take_back(self)
