"""A receiver of webhooks on 127.0.0.1 that answers as a test wants: well, with an error, slowly, or with lies."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

_ENDS = b"\r\nContent-Length: 0\r\n\r\n"
_REASON = b"HTTP/1.1 %d X"


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return self.said["type"]

    @property
    def data(self) -> dict[str, Any]:
        return self.said["data"]


@dataclass
class Receiver:
    """`plays` are how the next requests are answered, one each, and `usually` how all others are: a status, or one of `silent`
    (never answers), `closes` (without an answer), `lying_length` (announces more than it sends), `endless` (an answer without an
    end), `long_header`, `redirect` (to `elsewhere`), `garbage`. `headers` go with each answer that is a status."""

    port: int = 0
    usually: int | str = 200
    plays: list[int | str] = field(default_factory=list[int | str])
    headers: dict[str, str] = field(default_factory=dict[str, str])
    elsewhere: str = "http://127.0.0.1:1/"
    received: list[Received] = field(default_factory=list[Received])
    connections: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def types(self) -> list[str]:
        return [each.type for each in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                pass
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.received.append(Received(first.split()[1], headers, body))
        self.came.set()
        play = self.plays.pop(0) if self.plays else self.usually
        if isinstance(play, int):
            given = "".join(f"\r\n{name}: {value}" for name, value in self.headers.items()).encode()
            writer.write(_REASON % play + given + _ENDS)
        elif play == "silent":
            await reader.read()
            return False
        elif play == "lying_length":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nok")
            await writer.drain()
            return False
        elif play == "stalls":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
            await reader.read()
            return False
        elif play == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")
                await writer.drain()
        elif play == "long_header":
            writer.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + _ENDS)
        elif play == "redirect":
            writer.write(b"HTTP/1.1 307 X\r\nLocation: " + self.elsewhere.encode() + _ENDS)
        elif play == "garbage":
            writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
            await writer.drain()
            return False
        else:
            return False
        await writer.drain()
        return True


@contextlib.asynccontextmanager
async def receiving(**values: Any) -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(**values)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", receiver.port)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
