"""How long members wait for a command while a file is imported, and what an import of 1,000,000 loans takes."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from bench import dataset, imports, load
from bench.environment import Environment, Run, Server
from bench.load import CommandTemplate, LoadPoint, LoadResult
from bench.machine import resident_mb

OTHERS = LoadPoint("20 commands a second", per_second=20)

COMMAND = CommandTemplate(
    command="/loan-call",
    text=f"{dataset.loan_number(0, 0).replace('0-0', '{u}-{r}')} no answer rang {{i}} next tomorrow 10am",
    users=imports.MEMBERS,
    loans=dataset.LOANS_EACH,
    expects="undo.",
)
"""What they send, about their own loans."""

_STARTING_SECONDS = 4.0
"""How long an import takes at most until it writes."""

_SLICE_SECONDS = 10.0


async def meanwhile(env: Environment, url: str, server: Server, file: Path, seconds: float) -> LoadResult:
    """Return the answers to members' commands of so many seconds beside an import, which is then broken off.

    Raises AssertionError if the import has ended before that.
    """
    with env.running_loandesk(url, "import", str(file)) as run:
        await asyncio.sleep(_STARTING_SECONDS)
        answers = await load.measure(env.generator, server.port, COMMAND, OTHERS, seconds=seconds, warm_up=0.0)
        assert run.process.poll() is None, "the import ended before the commands: take a longer file"
    return answers


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Import 1,000,000 loans into a desk of 1,000. Return the loans per second, the memory of the import at its peak and every
    ten seconds, and how long members waited for 20 `/loan-call` a second without it and beside it, in ms.

    It takes a quarter of an hour, so that it is only done when it is asked for.
    """
    count = 20_000 if env.quick else 1_000_000
    file = env.folder / "million.csv"
    imports.write(file, count)
    url = await imports.empty_desk(env, kind, loans_each=dataset.LOANS_EACH)
    with env.desk(url) as server:
        await server.ready()
        alone = await load.measure(env.generator, server.port, COMMAND, OTHERS, seconds=5.0, warm_up=1.0)
        with env.running_loandesk(url, "import", str(file)) as run:
            ends, beside = asyncio.ensure_future(asyncio.to_thread(run.wait)), list[LoadResult]()
            memory = list[float]()
            await asyncio.sleep(_STARTING_SECONDS)
            while not ends.done():
                answers = await load.measure(
                    env.generator, server.port, COMMAND, OTHERS, seconds=_SLICE_SECONDS, warm_up=0.0
                )
                beside.append(answers)
                if (resident := resident_mb(run.process.pid)) is not None:  # it still runs
                    memory.append(resident)
                    _say(run, resident, answers)
            took = await ends
    file.unlink()
    return {
        "loans": count,
        "loans_per_second": round(count / took.seconds),
        "peak_mb": round(took.peak_mb),
        "memory_mb": memory,
        "failed": sum(each.failed for each in beside),
        "alone_ms": [round(alone.p50, 1), round(alone.p99, 1), round(alone.worst, 1)],
        "beside_ms": [
            round(sorted(each.p50 for each in beside)[len(beside) // 2], 1),
            round(max(each.p99 for each in beside), 1),
            round(max(each.worst for each in beside), 1),
        ],
    }


def _say(run: Run, memory: float, answers: LoadResult) -> None:
    """Print how a long import goes on."""
    waited = f"{answers.p50:.1f}, {answers.p99:.1f}, {answers.worst:.1f} ms"
    sys.stderr.write(
        f"{time.monotonic() - run.started:.0f} s: {memory} MB; /loan-call took {waited} (median, p99, worst)\n"
    )
