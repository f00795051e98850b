"""The disk that a database takes for each imported loan, and for each logged call with what Undo and the audit keep of it."""

from typing import Any

from sqlalchemy import text

from bench import dataset, imports, load
from bench.environment import Environment
from bench.load import CommandTemplate, LoadPoint
from storage.engine.database import Database

_CALL = CommandTemplate("/loan-call", "I-{r} no answer rang {i} next tomorrow 10am", users=1, loans=1, expects="")
_LOADED = LoadPoint("16 connections", connections=16)


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the bytes per loan of a lender's file, and per call, from the sizes before and after."""
    count = 2_000 if env.quick else 20_000
    file = env.folder / "loans-by-size.csv"
    imports.write(file, count)
    url = await env.database(kind)
    service = await env.service(url)
    await dataset.add_members(service.office, service.workspace, imports.MEMBERS)
    await service.close()
    empty = await _bytes(url)
    env.loandesk(url, "import", str(file))
    filled = await _bytes(url)
    calls = await _logged(env, url)
    return {
        "loans": count,
        "bytes_per_loan": round((filled - empty) / count),
        "calls": calls,
        "bytes_per_call": round((await _bytes(url) - filled) / calls),
    }


async def _logged(env: Environment, url: str) -> int:
    """Log calls on the loans of the first agent for some seconds; return how many."""
    seconds = 3.0 if env.quick else 20.0
    with env.desk(url) as server:
        await server.ready()
        answers = await load.measure(env.generator, server.port, _CALL, _LOADED, seconds=seconds, warm_up=0.0)
    assert not answers.failed, answers.wrong
    return answers.answered


async def _bytes(url: str) -> int:
    """Return the size of the database when all is in its file: the log of writes does not count."""
    database = Database(url)
    try:
        async with database.engine.connect() as connection:
            if database.is_sqlite:
                await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
                pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
                return pages * (await connection.execute(text("PRAGMA page_size"))).scalar_one()
            return (await connection.execute(text("SELECT pg_database_size(current_database())"))).scalar_one()
    finally:
        await database.close()
