"""The CPU time that a server spends on a command, as the operating system counts it."""

from pathlib import Path

from bench import load
from bench.environment import Server
from bench.load import CommandTemplate, LoadPoint, LoadResult
from bench.machine import cpu_seconds

ONE = LoadPoint("1 connection", connections=1)


async def cpu_of(
    generator: Path | None, server: Server, template: CommandTemplate, seconds: float, point: LoadPoint = ONE
) -> tuple[float, LoadResult]:
    """Return the server's CPU ms per command, and the answers. Raise AssertionError if one was wrong."""
    await load.measure(generator, server.port, template, point, seconds=0.2, warm_up=0.0)
    before = cpu_seconds(server.pid)
    answers = await load.measure(generator, server.port, template, point, seconds=seconds, warm_up=0.0)
    assert not answers.failed, f"{template.command} {template.text}: {answers.wrong}"
    return 1000 * (cpu_seconds(server.pid) - before) / max(1, answers.answered), answers
