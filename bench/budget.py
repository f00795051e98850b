"""The budget of `/loan-call`: how much CPU time it may take, as a multiple of the no-op's on the same machine.

`results/budget.json` has the multiple when it was last set. Later work may spend at most `SPENDABLE` of it: `make bench`
fails when every round is above that. Set it again by deleting the file's entry, with the reason in the commit.
"""

import json
from typing import Any

from bench import commands
from bench.commands import LOAN_CALL, NOOP
from bench.cost import cpu_of
from bench.environment import Environment
from bench.report import RESULTS
from bench.stats import ratios, summarize

SPENDABLE = 0.15
"""The part by which `/loan-call` may become slower than its budget."""

FILE = RESULTS / "budget.json"


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the multiple, and the one it is held against; what has none yet is recorded. Raise AssertionError above it."""
    url = await env.database(kind)
    await commands.prepare(env, url)
    rounds, seconds = (5, 1.0) if env.quick else (9, 2.0)
    call: list[float] = []
    noop: list[float] = []
    with env.noop() as idle, env.desk(url) as desk:
        sides = ((idle, NOOP, noop), (desk, LOAN_CALL, call))
        for server, template, _ in sides:
            await server.ready()
            await cpu_of(env.generator, server, template, 1.0)
        for number in range(rounds):
            for server, template, costs in sides if number % 2 == 0 else reversed(sides):
                costs.append((await cpu_of(env.generator, server, template, seconds))[0])
    of_noop = ratios(call, noop)
    budget = _budget(kind, of_noop.median)
    assert not exceeded(of_noop.low, budget), (
        f"/loan-call takes {of_noop.median:.1f} no-ops, its budget is {budget:.1f}"
    )
    return {"ms": summarize(call).json(), "of_noop": of_noop.json(), "budget": budget}


def exceeded(low: float, budget: float) -> bool:
    """Return whether even the lowest round is above the budget and what may be spent beyond it."""
    return low > budget * (1 + SPENDABLE)


def _budget(kind: str, measured: float) -> float:
    recorded: dict[str, float] = json.loads(FILE.read_text("utf-8")) if FILE.exists() else {}
    if kind not in recorded:
        recorded[kind] = round(measured, 2)
        FILE.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    return recorded[kind]
