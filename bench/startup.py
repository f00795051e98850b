"""The time from `loandesk serve` to its first answer, and its memory."""

import asyncio
import time
from typing import Any

from bench import load
from bench.commands import LOAN_CALL, POINTS, prepare
from bench.environment import Environment, Server
from bench.machine import resident_mb
from bench.stats import summarize


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the seconds until `/loan-call` is answered, and the memory in MB then and after thousands of commands."""
    url = await env.database(kind)
    await prepare(env, url)
    first: list[float] = []
    memory: list[float] = []
    for _ in range(2 if env.quick else 4):
        with env.desk(url) as server:
            first.append(await first_answer(server))
            memory.append(resident_mb(server.pid) or 0.0)
    with env.desk(url) as server:
        await server.ready()
        seconds = 3.0 if env.quick else 10.0
        await load.measure(env.generator, server.port, LOAN_CALL, POINTS[1], seconds=seconds, warm_up=0.5)
        after = resident_mb(server.pid)
    return {"first_answer_s": summarize(first).json(), "rss_mb": summarize(memory).json(), "rss_after_load_mb": after}


async def first_answer(server: Server) -> float:
    """Return the seconds from the start of the server to its first answer."""
    await server.ready()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(load.request(LOAN_CALL, server.port))
    head = await reader.readuntil(b"\r\n")
    took = time.monotonic() - server.started
    writer.close()
    assert b" 200 " in head, head
    return took
