"""From `loandesk serve` to the first answer, and the memory it takes."""

import asyncio
import time
from typing import Any

from bench import load
from bench.commands import LOAN_CALL, POINTS, prepare
from bench.figures import figure
from bench.machine import resident_mb
from bench.place import Place, Server


async def measure(place: Place, kind: str) -> dict[str, Any]:
    """Seconds until `/loan-call` is answered, and MB then and after some thousand commands."""
    url = await place.database(kind)
    await prepare(place, url)
    first: list[float] = []
    memory: list[float] = []
    for _ in range(2 if place.quick else 4):
        with place.desk(url) as server:
            first.append(await _first_answer(server))
            memory.append(resident_mb(server.pid) or 0.0)
    with place.desk(url) as server:
        await server.ready()
        seconds = 3.0 if place.quick else 10.0
        await load.measure(place.generator, server.port, LOAN_CALL, POINTS[1], seconds=seconds, warm_up=0.5)
        after = resident_mb(server.pid)
    return {"first_answer_s": figure(first).json(), "rss_mb": figure(memory).json(), "rss_after_load_mb": after}


async def _first_answer(server: Server) -> float:
    await server.ready()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(load.request(LOAN_CALL, server.port))
    head = await reader.readuntil(b"\r\n")
    took = time.monotonic() - server.started
    writer.close()
    assert b" 200 " in head, head
    return took
