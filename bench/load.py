"""Types slash commands at a server and measures the answers: with the generator in C, or with the one below where there is
no compiler."""

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

from bench.figures import share
from bench.machine import LOAD_CORE, pin

SOURCE = Path(__file__).with_name("slackload.c")

SIGNING_SECRET = "bench-signing-secret"


_PATIENCE = 5.0
"""For how many seconds after the last question the generator waits for answers."""

SLACK_GIVES_UP = 3.0
"""Seconds after which an answer is none any more."""


@dataclass(frozen=True, slots=True)
class Point:
    """How is asked: from so many connections, each waiting for its answer, or so many a second, as people come."""

    name: str
    connections: int = 0
    per_second: int = 0


@dataclass(frozen=True, slots=True)
class Typed:
    """What is typed: `{u}` is the user's number, `{r}` a number below `loans`, `{i}` never the same twice."""

    command: str
    text: str
    users: int
    loans: int
    expects: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers a second, how long one took in ms, and how many came wrong, too late for Slack, or not at all.

    What never came is among the times, with that for which it was waited. `wrong` is the first of the wrong answers.
    """

    rate: float
    p50: float
    p99: float
    worst: float
    failed: int
    wrong: str = ""


class LoadError(RuntimeError):
    """The generator failed: there are no figures."""


def build(folder: Path) -> Path | None:
    """The generator in C, compiled into the folder; None where there is no compiler, or not Linux."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    program = folder / "slackload"
    done = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(SOURCE), "-lm"], capture_output=True, text=True, check=False
    )
    return program if done.returncode == 0 else None


async def measure(
    program: Path | None, port: int, typed: Typed, point: Point, *, seconds: float, warm_up: float
) -> Answers:
    """Asks for that long, after a warm-up. Raises LoadError when the generator fails."""
    command = [str(program)] if program else [sys.executable, "-m", "bench.load"]
    command += ["-p", str(port), "-s", SIGNING_SECRET, "-d", str(seconds), "-w", str(warm_up)]
    command += ["-C", typed.command, "-t", typed.text, "-e", typed.expects]
    command += ["-U", str(typed.users), "-R", str(typed.loans)]
    command += ["-c", str(point.connections)] if point.connections else ["-r", str(point.per_second)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    pin(LOAD_CORE, process.pid)
    printed, _ = await process.communicate()
    if process.returncode:
        raise LoadError(f"{point.name}: the generator ended with {process.returncode}")
    said = json.loads(printed)
    failed = said["failed"] + said["late"] + said["lost"]
    return Answers(said["rate"], said["p50"], said["p99"], said["max"], failed, said["sample"])


def request(typed: Typed, port: int) -> bytes:
    """One command as Slack posts it, signed now."""
    user = random.randrange(typed.users)
    serial = f"{os.getpid():x}.{next(_SERIAL)}"
    text = typed.text.replace("{u}", str(user)).replace("{r}", str(random.randrange(typed.loans)))
    fields = {
        "team_id": "T0001",
        "channel_id": "C0000000",
        "user_id": f"U{user:07d}",
        "command": typed.command,
        "text": text.replace("{i}", serial),
        "response_url": "https://hooks.slack.com/commands/T0001/1/unused",
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
    """Connections that are kept open, and what counts: answers that come from `begin` to `end`, times of what is asked then."""

    def __init__(self, port: int, typed: Typed, begin: float, end: float) -> None:
        self.taken: list[float] = []
        self.timely = 0
        self.late = 0
        self.failed = 0
        self.lost = 0
        self.sample = ""
        self._port = port
        self._typed = typed
        self._begin = begin
        self._end = end
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, due: float) -> None:
        """Types one command; its time counts from `due` on."""
        try:
            async with asyncio.timeout(self._end + _PATIENCE - time.monotonic()):
                head, body = await self._answer()
        except TimeoutError:
            self._waited(due)
            self.lost += due >= self._begin
            return
        except (OSError, asyncio.IncompleteReadError) as error:
            self._wrong(repr(error))
            return
        if head[9:12] != b"200" or self._typed.expects.encode() not in body:
            self._wrong((head + body).decode(errors="replace"))
            return
        took = self._waited(due)
        self.timely += self._begin <= due + took <= self._end
        self.late += due >= self._begin and took > SLACK_GIVES_UP

    async def _answer(self) -> tuple[bytes, bytes]:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request(self._typed, self._port))
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        body = await reader.readexactly(length)
        self._idle.append((reader, writer))
        return head, body

    def _waited(self, due: float) -> float:
        took = time.monotonic() - due
        if due >= self._begin:
            self.taken.append(took)
        return took

    def _wrong(self, what: str) -> None:
        self.failed += 1
        self.sample = self.sample or what[:300]


async def _generate(port: int, typed: Typed, point: Point, seconds: float, warm_up: float) -> dict[str, float | str]:
    begin = time.monotonic() + warm_up
    end = begin + seconds
    connections = _Connections(port, typed, begin, end)

    async def one_after_the_other() -> None:
        while (now := time.monotonic()) < end:
            await connections.ask(now)

    async def as_people_come() -> None:
        due = time.monotonic()
        async with asyncio.TaskGroup() as group:
            while due < end:
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(connections.ask(due))
                due += random.expovariate(point.per_second)

    if point.connections:
        await asyncio.gather(*(one_after_the_other() for _ in range(point.connections)))
    else:
        await as_people_come()
    taken = [1000 * value for value in connections.taken] or [0.0]
    return {
        "rate": connections.timely / seconds,
        "failed": connections.failed,
        "late": connections.late,
        "lost": connections.lost,
        "p50": share(taken, 0.5),
        "p99": share(taken, 0.99),
        "max": max(taken),
        "sample": connections.sample,
    }


def _main(arguments: list[str]) -> None:
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    typed = Typed(given["-C"], given["-t"], int(given["-U"]), int(given["-R"]), given["-e"])
    point = Point("", connections=int(given.get("-c", 0)), per_second=int(given.get("-r", 0)))
    said = asyncio.run(_generate(int(given["-p"]), typed, point, float(given["-d"]), float(given["-w"])))
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    _main(sys.argv[1:])
