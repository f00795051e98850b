"""`python -m bench [--quick] [--only commands,scan,…] [--databases sqlite]`: measure, print the tables, store the results.

With `--against CHECKOUT`, compare this checkout with another one, which has its virtual environment in `.venv`.
"""

import argparse
import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from bench import (
    against,
    api,
    app_home,
    beside,
    budget,
    commands,
    exports,
    growth,
    imports,
    machine,
    reminders,
    report,
    retention,
    scan,
    startup,
    storage_size,
    webhooks,
)
from bench.checkout import Checkout, here, open_checkout
from bench.environment import KINDS, Environment, open_environment

PARTS: dict[str, Callable[[Environment, str], Awaitable[dict[str, Any]]]] = {
    "commands": commands.measure,
    "budget": budget.measure,
    "growth": growth.measure,
    "size": storage_size.measure,
    "start": startup.measure,
    "scan": scan.measure,
    "homes": app_home.measure,
    "import": imports.measure,
    "export": exports.measure,
    "retention": retention.measure,
    "api": api.measure,
    "webhooks": webhooks.measure,
    "deliveries": reminders.deliveries,
    "lateness": reminders.lateness,
    "burst": reminders.burst,
    "million": beside.measure,
}

LONG = ("million",)
"""Parts that are done only when they are named."""


def main() -> None:
    """Run the selected parts on the selected databases."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; leaves the docs unchanged")
    parser.add_argument("--only", type=_names({**PARTS, **against.PARTS}), metavar=",".join(PARTS))
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--databases", type=_names(KINDS), default=KINDS, metavar=",".join(KINDS))
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    logging.disable(logging.WARNING)
    if options.against is not None:
        sides = here(), open_checkout(options.against.resolve())
        asyncio.run(_compare(options.only or tuple(against.PARTS), options.databases, sides, quick=options.quick))
        return
    usual = tuple(name for name in PARTS if name not in LONG)
    names = options.only or usual
    results = asyncio.run(_run(names, options.databases, quick=options.quick))
    sys.stdout.write("\n" + report.table(results))
    if set(names) == set(usual) and set(options.databases) == set(KINDS):
        sys.stdout.write(f"\n{report.write(results).relative_to(report.ROOT)}\n")
    sys.exit(1 if results["failures"] else 0)


async def _run(names: tuple[str, ...], kinds: tuple[str, ...], *, quick: bool) -> dict[str, Any]:
    about = machine.description()
    measured: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
    failures: list[str] = []
    async with open_environment(quick=quick) as env:
        connection = await asyncpg.connect(env.postgres.format(name="postgres"))
        about["postgresql"] = connection.get_server_version()[0]
        await connection.close()
        for name in names:
            for kind in kinds:
                began = time.monotonic()
                try:
                    measured[kind][name] = await PARTS[name](env, kind)
                except (OSError, AssertionError, RuntimeError, TimeoutError, subprocess.SubprocessError) as error:
                    failures.append(f"{name} on {kind}: {error!r}")
                    sys.stderr.write(failures[-1] + "\n")
                sys.stderr.write(f"{name}, {kind}: {time.monotonic() - began:.0f} s\n")
    return {"machine": about, "quick": quick, "failures": failures, "parts": measured}


async def _compare(
    names: tuple[str, ...], kinds: tuple[str, ...], sides: tuple[Checkout, Checkout], *, quick: bool
) -> None:
    """Print a row for each measure as soon as its part is done."""
    print_line = partial(print, flush=True)
    print_line(f"| database | measure | {sides[1].name} | this checkout | ratio, above 1 is better | |")
    print_line("|---|---|---|---|---|---|")
    async with open_environment(quick=quick) as env:
        for name in names:
            for kind in kinds:
                found = await against.PARTS[name](env, kind, sides)
                print_line("\n".join(against.table(report.NAMES[kind], found, sides)))


def _names(known: Any) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(text.split(","))
        unknown = set(names) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return names

    return read


if __name__ == "__main__":
    main()
