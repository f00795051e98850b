"""How the cost of commands grows with the members and with the loans of a desk, over HTTP.

The exponent of a growth is the logarithm of the costs' ratio over that of the sizes' ratio: 0 is flat, 1 is proportional.
"""

import contextlib
import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from bench import dataset
from bench.commands import LOAN_CALL
from bench.cost import cpu_of
from bench.environment import Environment, Server
from bench.load import CommandTemplate
from bench.stats import Summary, ratios, summarize

OF_MEMBERS = {
    "/loan": ("/loan", ""),
    "/loan-due": ("/loan-due", ""),
    "/loan-due week team": ("/loan-due", "week team"),
    "/loan-digest now": ("/loan-digest", "now"),
    "/loan-team": ("/loan-team", ""),
    "a call on a colleague's loan": ("/loan-call", "B-0-{r} no answer rang {i}"),
    "a call for a colleague, refused": ("/loan-call", "B-0-{r}/1 no answer rang {i}"),
}
"""Commands whose cost must not grow with the number of members. Each has one loan with one follow-up."""

OF_LOANS = {
    "/loan-call": (LOAN_CALL.command, LOAN_CALL.text),
    "/loan": ("/loan", ""),
    "/loan of a number": ("/loan", "B-{u}-{r}"),
    "/loan-due": ("/loan-due", ""),
    "/loan-due week team": ("/loan-due", "week team"),
}
"""Commands whose cost must not grow with the number of loans, each with an open follow-up, at one number of members."""

_MEMBERS = 500


async def measure(env: Environment, kind: str) -> dict[str, Any]:
    """Return the CPU ms of commands by size, and the exponent from each size to the next."""
    few = _MEMBERS // 10 if env.quick else _MEMBERS
    sizes = (1_000, 10_000) if env.quick else (5_000, 50_000, 500_000)
    return {
        "members": await _measured(env, kind, OF_MEMBERS, {count: (count, 1) for count in (few, few * 10)}),
        "loans": await _measured(env, kind, OF_LOANS, {count: (few, count // few) for count in sizes}),
    }


def exponents(sizes: Sequence[int], small: Sequence[float], large: Sequence[float]) -> Summary:
    """Summarize the exponent from the smaller of two sizes to the larger, computed within each round."""
    return summarize([math.log(b / a) / math.log(sizes[1] / sizes[0]) for a, b in zip(small, large, strict=True)])


async def _measured(
    env: Environment, kind: str, commands: dict[str, tuple[str, str]], desks: dict[int, tuple[int, int]]
) -> dict[str, Any]:
    rounds, seconds = (3, 0.5) if env.quick else (5, 1.5)
    costs: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    urls = {size: await _desk(env, kind, *shape) for size, shape in desks.items()}
    users = min(members for members, _ in desks.values())
    with _servers(env, urls) as servers:
        for server in servers.values():
            await server.ready()
        for number in range(rounds):
            for size in list(urls) if number % 2 == 0 else list(reversed(urls)):
                for name, (command, text) in commands.items():
                    # A table is posted in the channel, so that the answer itself may be empty.
                    template = CommandTemplate(command, text, users=users, loans=desks[size][1], expects="")
                    costs[name][size].append((await cpu_of(env.generator, servers[size], template, seconds))[0])
    return {name: _row(list(urls), by_size) for name, by_size in costs.items()}


def _row(sizes: list[int], costs: dict[int, list[float]]) -> dict[str, Any]:
    return {
        "ms": {str(size): summarize(costs[size]).json() for size in sizes},
        "steps": [
            {
                "from": small,
                "to": large,
                "ratio": ratios(costs[large], costs[small]).json(),
                "exponent": exponents((small, large), costs[small], costs[large]).json(),
            }
            for small, large in itertools.pairwise(sizes)
        ],
    }


@contextlib.contextmanager
def _servers(env: Environment, urls: dict[int, str]) -> Iterator[dict[int, Server]]:
    with contextlib.ExitStack() as stack:
        yield {size: stack.enter_context(env.desk(url)) for size, url in urls.items()}


async def _desk(env: Environment, kind: str, members: int, loans_each: int) -> str:
    url = await env.database(kind)
    service = await env.service(url)
    try:
        office, workspace = service.office, service.workspace
        owners = await dataset.add_members(office, workspace, members)
        loans = await dataset.add_loans(office, workspace, owners, loans_each)
        due = office.clock.now() + timedelta(days=1)
        await dataset.add_follow_ups(office, workspace, loans, owners, [due] * len(loans))
        await dataset.analyze(office.database)
    finally:
        await service.close()
    return url
