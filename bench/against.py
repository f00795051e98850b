"""Compare this checkout with another one, side by side in one run: `make bench ARGS="--against CHECKOUT"`.

Each side runs in its own virtual environment, processes and databases. Rounds alternate, CPU times are those of the operating
system, and each ratio is computed within a round; above 1 this checkout is better.
"""

import asyncio
import contextlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bench import imports, load
from bench.beside import meanwhile
from bench.checkout import Checkout
from bench.commands import LOAN_CALL
from bench.cost import ONE, cpu_of
from bench.dataset import LOANS_EACH
from bench.environment import MEMBERS, Environment, Server, open_slack
from bench.growth import OF_LOANS, OF_MEMBERS
from bench.load import CommandTemplate, LoadPoint
from bench.machine import cpu_seconds, resident_mb
from bench.reminders import all_posted, begin_at_once
from bench.slack import channel_id, user_id
from bench.startup import first_answer
from bench.stats import percentile, ratios, summarize
from storage.engine.database import Database

Rounds = dict[str, dict[str, list[float]]]
"""Values by measure and side, one for each round."""

_MANY = LoadPoint("16 connections", connections=16)
_PACES = tuple(LoadPoint(f"{rate} a second", per_second=rate) for rate in (100, 300))

_MORE_IS_BETTER = ("answers/s", "loans/s")

_MORE = 10
"""How many times more members or loans the large desk of a growth has."""


async def commands(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return CPU ms per `/loan-call` and answers per second, and times in ms and failures of random arrivals."""
    rounds, seconds = (3, 1.5) if env.quick else (7, 3.0)
    template = replace(LOAN_CALL, users=_members(env), loans=LOANS_EACH)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    async with _servers(env, [(side, await _prepare(env, kind, side)) for side in sides]) as servers:
        for number in range(rounds):
            for side, server in _in_turn(servers, number):
                for point in (ONE, _MANY):
                    cpu, answers = await cpu_of(env.generator, server, template, seconds, point)
                    found[f"CPU ms, {point.name}"][side.name].append(cpu)
                    found[f"answers/s, {point.name}"][side.name].append(answers.rate)
        for number in range(2 if env.quick else 4):
            for side, server in _in_turn(servers, number):
                for point in _PACES:
                    answers = await load.measure(
                        env.generator, server.port, template, point, seconds=seconds, warm_up=0.3
                    )
                    found[f"p50 ms, {point.name}"][side.name].append(answers.p50)
                    found[f"p99 ms, {point.name}"][side.name].append(answers.p99)
                    found[f"failed, {point.name}"][side.name].append(answers.failed)
                    await asyncio.sleep(
                        2.0 if answers.failed else 0.05
                    )  # the server still works on what was not answered
    return found


async def growth(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return CPU ms of commands on a desk with few members and on one with ten times as many, and the growth of each."""
    few = _members(env)
    desks = {members: (members, 1) for members in (few, few * _MORE)}
    return await _growth(env, kind, sides, OF_MEMBERS, desks, "members")


async def growth_of_loans(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return the same for as many members with few loans and with ten times as many, each with an open follow-up."""
    few, members = 1_000 if env.quick else 5_000, _members(env)
    desks = {loans: (members, loans // members) for loans in (few, few * _MORE)}
    return await _growth(env, kind, sides, OF_LOANS, desks, "loans")


async def _growth(
    env: Environment,
    kind: str,
    sides: tuple[Checkout, Checkout],
    typed: Mapping[str, tuple[str, str]],
    desks: Mapping[int, tuple[int, int]],
    what: str,
) -> Rounds:
    """Compare desks by their size: `desks` has the members and the loans of each."""
    found: Rounds = defaultdict(lambda: defaultdict(list))
    seeded = [
        (side, size, await side.database(env, kind, members=members, loans=each, **_tomorrow(members * each)))
        for size, (members, each) in desks.items()
        for side in sides
    ]
    users = min(members for members, _ in desks.values())
    async with _servers(env, [(side, url) for side, _, url in seeded]) as servers:
        sizes = [size for _, size, _ in seeded]
        for number in range(2 if env.quick else 5):
            for (side, server), size in _in_turn(list(zip(servers, sizes, strict=True)), number):
                for name, (command, text) in typed.items():
                    # Tables are posted in the channel, so that the answer itself may be empty.
                    template = CommandTemplate(command, text, users=users, loans=desks[size][1], expects="")
                    cpu, _ = await cpu_of(env.generator, server, template, 0.5 if env.quick else 1.5)
                    found[f"{name}, {size:,} {what}"][side.name].append(cpu)
    for name in typed:
        for side in sides:
            small, large = (found[f"{name}, {size:,} {what}"][side.name] for size in desks)
            found[f"{name}, growth with {what}"][side.name] = [b / a for a, b in zip(small, large, strict=True)]
    return found


async def deliveries(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return CPU ms of the worker per reminder, and how late reminders are in a minute in which ten fall due for each member."""
    due, seconds = (300, 6.0) if env.quick else (5_000, 60.0)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    for side in sides:  # once: at that commit it takes minutes
        late, cpu = await _deliver(env, kind, side, due, seconds)
        found["CPU ms per reminder"][side.name].append(1000 * cpu / due)
        for name, part in (("median", 0.5), ("p99", 0.99), ("worst", 1.0)):
            found[f"seconds late, {name}"][side.name].append(percentile(late, part))
    return found


async def burst(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return how late reminders are that fall due at one instant, ten for each channel, of which no two are bundled: two members
    share a channel and each has five."""
    channels = 50 if env.quick else MEMBERS
    found: Rounds = defaultdict(lambda: defaultdict(list))
    for side in sides:  # once: at that commit it takes minutes
        late, _ = await _deliver(env, kind, side, channels * 10, 0.0, members=channels * 2, channels=channels)
        for name, part in (("median", 0.5), ("worst", 1.0)):
            found[f"seconds late at one instant, {name}"][side.name].append(percentile(late, part))
    return found


async def imported(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return the loans per second of `loandesk import`, from the start of the command to its end, and its CPU: of new files,
    once, which takes minutes; with `quick` of small ones, of the first again, and of one in which every row has changed.

    A new inquiry or application brings calls of its stage, which it did not at commit 829f692: four calls for one there. So
    there is a file of paid-out loans too, on which both sides plan as many.
    """
    count = 2_000 if env.quick else 100_000
    new, paid_out, changed = (env.folder / f"{name}.csv" for name in ("loans", "paid_out", "changed"))
    imports.write(new, count)
    imports.write(paid_out, count, stages=("disbursed",))
    imports.write(changed, count, later=True)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    runs = ((("new", new), ("the same again", new), ("all changed", changed)), (("new, all paid out", paid_out),))
    for number in range(2 if env.quick else 1):
        for side, files in itertools.product(_in_turn(sides, number), runs):
            url = await side.database(env, kind, members=imports.MEMBERS, loans=0)
            for name, file in files if env.quick else files[:1]:
                took = side.environment(env).loandesk(url, "import", str(file))
                found[f"loans/s, {count:,} loans, {name}"][side.name].append(count / took.seconds)
                found[f"CPU s, {count:,} loans, {name}"][side.name].append(took.cpu_seconds)
                if name == "new":
                    found[f"MB at the peak, {count:,} loans"][side.name].append(took.peak_mb)
    return found


async def beside(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return how long members wait for 20 commands a second beside an import, in ms."""
    count, seconds = (20_000, 3.0) if env.quick else (100_000, 10.0)
    file = env.folder / "beside.csv"
    imports.write(file, count)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    for number in range(2 if env.quick else 3):
        for side in _in_turn(sides, number):
            own, owned = side.environment(env), imports.MEMBERS * LOANS_EACH
            url = await side.database(env, kind, members=imports.MEMBERS, loans=LOANS_EACH, **_tomorrow(owned))
            with own.desk(url) as server:
                await server.ready()
                answers = await meanwhile(own, url, server, file, seconds)
            for name, value in (("p50", answers.p50), ("p99", answers.p99), ("worst", answers.worst)):
                found[f"{name} ms of others beside an import"][side.name].append(value)
            found["failed, of others beside an import"][side.name].append(answers.failed)
    return found


async def start(env: Environment, kind: str, sides: tuple[Checkout, Checkout]) -> Rounds:
    """Return the seconds until the first answer, the CPU until then, and the memory in MB then and after seconds of commands."""
    template = replace(LOAN_CALL, users=_members(env), loans=LOANS_EACH)
    found: Rounds = defaultdict(lambda: defaultdict(list))
    urls = [(side, await _prepare(env, kind, side)) for side in sides]
    for number in range(3 if env.quick else 7):
        for side, url in _in_turn(urls, number):
            with side.environment(env).desk(url) as server:
                found["seconds to the first answer"][side.name].append(await first_answer(server))
                found["CPU s to the first answer"][side.name].append(cpu_seconds(server.pid))
                found["memory MB"][side.name].append(resident_mb(server.pid) or 0.0)
                await load.measure(env.generator, server.port, template, ONE, seconds=3.0, warm_up=0.0)
                found["memory MB after three seconds of commands"][side.name].append(resident_mb(server.pid) or 0.0)
    return found


PARTS: dict[str, Callable[[Environment, str, tuple[Checkout, Checkout]], Awaitable[Rounds]]] = {
    "commands": commands,
    "growth": growth,
    "growth_of_loans": growth_of_loans,
    "deliveries": deliveries,
    "burst": burst,
    "import": imported,
    "beside": beside,
    "start": start,
}


def table(kind: str, found: Rounds, sides: tuple[Checkout, Checkout]) -> list[str]:
    """Return rows of Markdown: the measure, both medians, and the ratio, with its spread, by which this checkout is better."""
    ours, theirs = sides
    rows: list[str] = []
    for measure, values in found.items():
        of, to = values[ours.name], values[theirs.name]
        if measure.startswith("failed"):  # no ratio of nothing
            rows.append(f"| {kind} | {measure} | {sum(to):,.0f} | {sum(of):,.0f} | – | |")
            continue
        ratio = ratios(of, to) if measure.startswith(_MORE_IS_BETTER) else ratios(to, of)
        clear = "better" if ratio.low > 1 else "worse" if ratio.high < 1 else "no clear difference"
        if len(of) == 1:
            clear = "one round"
        cells = [kind, measure, f"{summarize(to).median:,.2f}", f"{summarize(of).median:,.2f}"]
        rows.append(f"| {' | '.join(cells)} | {ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f}) | {clear} |")
    return rows


async def _deliver(
    env: Environment,
    kind: str,
    side: Checkout,
    due: int,
    over_seconds: float,
    *,
    members: int = MEMBERS,
    channels: int = MEMBERS,
) -> tuple[list[float], float]:
    """Return how many seconds late each reminder was, and the CPU seconds of the worker from the first due to the last."""
    async with open_slack(channels) as slack_api_url:
        own = side.environment(env, slack_api_url=slack_api_url)
        url = await side.database(own, kind, members=members, loans=1)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        side.seed(own, url, due={"first": tomorrow.isoformat(), "count": due, "over_seconds": over_seconds})
        database = Database(url)
        await _share_channels(database, members, channels)
        with own.worker(url) as worker:
            await begin_at_once(database, worker, tomorrow)
            before = cpu_seconds(worker.pid)
            late = await all_posted(database, due)
            cpu = cpu_seconds(worker.pid) - before
        await database.close()
    return late, cpu


async def _share_channels(database: Database, members: int, channels: int) -> None:
    """Let the members beyond the first `channels` read their reminders in the channels of these."""
    statement = text("UPDATE member SET reminder_channel_id = :channel WHERE slack_user_id = :member")
    later = [{"channel": channel_id(n % channels), "member": user_id(n)} for n in range(channels, members)]
    async with database.engine.begin() as connection:
        for each in later:
            await connection.execute(statement, each)


async def _prepare(env: Environment, kind: str, side: Checkout) -> str:
    members = _members(env)
    return await side.database(env, kind, members=members, loans=LOANS_EACH, **_tomorrow(members * LOANS_EACH))


def _members(env: Environment) -> int:
    return 50 if env.quick else MEMBERS


def _tomorrow(count: int) -> dict[str, Any]:
    first = datetime.now(UTC) + timedelta(days=1)
    return {"first": first.isoformat(), "count": count, "over_seconds": 1.0}


@contextlib.asynccontextmanager
async def _servers(
    env: Environment, databases: list[tuple[Checkout, str]]
) -> AsyncIterator[list[tuple[Checkout, Server]]]:
    """Run a server of each side on its database, one after the other, and yield them when all answer."""
    with contextlib.ExitStack() as stack:
        servers = [(side, stack.enter_context(side.environment(env).desk(url))) for side, url in databases]
        for _, server in servers:
            await server.ready()
        yield servers


def _in_turn(sides: Any, number: int) -> Iterable[Any]:
    return sides if number % 2 == 0 else reversed(sides)
