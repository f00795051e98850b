"""Load generator: send slash commands to a server and measure its answers.

`slackload.c` does the work; without a C compiler, the slower generator below takes its place.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus

from bench.machine import LOAD_CORE, pin
from bench.stats import percentile

SOURCE = Path(__file__).with_name("slackload.c")

SIGNING_SECRET = "bench-signing-secret"

_TIMEOUT = 5.0
"""How many seconds after the last request the generator waits for answers."""

SLACK_TIMEOUT = 3.0
"""Seconds after which Slack no longer accepts an answer."""


@dataclass(frozen=True, slots=True)
class LoadPoint:
    """A load: either a number of connections, each waiting for its answer, or a rate of random arrivals per second."""

    name: str
    connections: int = 0
    per_second: int = 0


@dataclass(frozen=True, slots=True)
class CommandTemplate:
    """A command to send. In `text`, `{u}` is the user's number, `{r}` a number below `loans`, and `{i}` unique."""

    command: str
    text: str
    users: int
    loans: int
    expects: str


@dataclass(frozen=True, slots=True)
class LoadResult:
    """Answers per second, their times in ms, how many were wrong, too late for Slack, or missing, and how many came at all.

    The times include missing answers, with the time waited for them. `wrong` is the first wrong answer.
    """

    rate: float
    p50: float
    p99: float
    worst: float
    failed: int
    wrong: str = ""
    answered: int = 0


class LoadError(RuntimeError):
    """The load generator failed, so there are no results."""


def build(folder: Path) -> Path | None:
    """Compile the C generator into the folder; return None without a compiler or on a system other than Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    program = folder / "slackload"
    done = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(SOURCE), "-lm"], capture_output=True, text=True, check=False
    )
    return program if done.returncode == 0 else None


async def measure(
    program: Path | None, port: int, template: CommandTemplate, point: LoadPoint, *, seconds: float, warm_up: float
) -> LoadResult:
    """Apply the load for `seconds` after a warm-up. Raise `LoadError` if the generator fails."""
    command = [str(program)] if program else [sys.executable, "-m", "bench.load"]
    command += ["-p", str(port), "-s", SIGNING_SECRET, "-d", str(seconds), "-w", str(warm_up)]
    command += ["-C", template.command, "-t", template.text, "-e", template.expects]
    command += ["-U", str(template.users), "-R", str(template.loans)]
    command += ["-c", str(point.connections)] if point.connections else ["-r", str(point.per_second)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    pin(LOAD_CORE, process.pid)
    printed, _ = await process.communicate()
    if process.returncode:
        raise LoadError(f"{point.name}: the generator ended with {process.returncode}")
    output = json.loads(printed)
    failed = output["failed"] + output["late"] + output["lost"]
    return LoadResult(
        output["rate"], output["p50"], output["p99"], output["max"], failed, output["sample"], output["answered"]
    )


def request(template: CommandTemplate, port: int) -> bytes:
    """Return one command as an HTTP request from Slack, signed with the current time."""
    user = random.randrange(template.users)
    serial = f"{os.getpid():x}.{next(_SERIAL)}"
    text = template.text.replace("{u}", str(user)).replace("{r}", str(random.randrange(template.loans)))
    fields = {
        "team_id": "T0SANDBOX",
        "channel_id": f"C{user:07d}",
        "user_id": f"U{user:07d}",
        "command": template.command,
        "text": text.replace("{i}", serial),
        "response_url": "https://hooks.slack.com/commands/T0SANDBOX/1/unused",
        "trigger_id": serial,
    }
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()
    now = int(time.time())
    signature = hmac.new(SIGNING_SECRET.encode(), b"v0:%d:%s" % (now, body), hashlib.sha256).hexdigest()
    head = (
        f"POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Slack-Signature: v0={signature}\r\n"
        f"X-Slack-Request-Timestamp: {now}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


_SERIAL = itertools.count()


class _Connections:
    """A pool of open connections with the counts of a measurement.

    Answers count from `begin` to `end`, and times for the commands sent in that period.
    """

    def __init__(self, port: int, template: CommandTemplate, begin: float, end: float) -> None:
        self.durations: list[float] = []
        self.in_time = 0
        self.late = 0
        self.failed = 0
        self.lost = 0
        self.sample = ""
        self._port = port
        self._template = template
        self._begin = begin
        self._end = end
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, due: float) -> None:
        """Send one command; its time counts from `due`."""
        try:
            async with asyncio.timeout(self._end + _TIMEOUT - time.monotonic()):
                head, body = await self._answer()
        except TimeoutError:
            self._record(due)
            self.lost += due >= self._begin
            return
        except (OSError, asyncio.IncompleteReadError) as error:
            self._fail(repr(error))
            return
        if head[9:12] != b"200" or self._template.expects.encode() not in body:
            self._fail((head + body).decode(errors="replace"))
            return
        took = self._record(due)
        self.in_time += self._begin <= due + took <= self._end
        self.late += due >= self._begin and took > SLACK_TIMEOUT

    async def _answer(self) -> tuple[bytes, bytes]:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request(self._template, self._port))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        body = await reader.readexactly(length)
        self._idle.append((reader, writer))
        return head, body

    def _record(self, due: float) -> float:
        took = time.monotonic() - due
        if due >= self._begin:
            self.durations.append(took)
        return took

    def _fail(self, what: str) -> None:
        self.failed += 1
        self.sample = self.sample or what[:300]


async def _generate(
    port: int, template: CommandTemplate, point: LoadPoint, seconds: float, warm_up: float
) -> dict[str, float | str]:
    begin = time.monotonic() + warm_up
    end = begin + seconds
    connections = _Connections(port, template, begin, end)

    async def closed_loop() -> None:
        while (now := time.monotonic()) < end:
            await connections.ask(now)

    async def open_loop() -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while due < end:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(connections.ask(due))
                due += random.expovariate(point.per_second)

    if point.connections:
        await asyncio.gather(*(closed_loop() for _ in range(point.connections)))
    else:
        await open_loop()
    durations = [1000 * value for value in connections.durations] or [0.0]
    return {
        "rate": connections.in_time / seconds,
        "answered": len(connections.durations) - connections.lost,
        "failed": connections.failed,
        "late": connections.late,
        "lost": connections.lost,
        "p50": percentile(durations, 0.5),
        "p99": percentile(durations, 0.99),
        "max": max(durations),
        "sample": connections.sample,
    }


def _main(arguments: list[str]) -> None:
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    template = CommandTemplate(given["-C"], given["-t"], int(given["-U"]), int(given["-R"]), given["-e"])
    point = LoadPoint("", connections=int(given.get("-c", 0)), per_second=int(given.get("-r", 0)))
    output = asyncio.run(_generate(int(given["-p"]), template, point, float(given["-d"]), float(given["-w"])))
    sys.stdout.write(json.dumps(output))


if __name__ == "__main__":
    _main(sys.argv[1:])
