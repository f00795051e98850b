"""A process of the desk as `loandesk` starts it, quicker, and with a clock that a test sets through a file."""

import asyncio
import faulthandler
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from bot import logs
from bot.commands.serving import Command, Tuning, run
from bot.reading_settings import read_settings
from bot.settings import CannotStartError
from bot.socket_mode import SocketTimeouts
from tests.bot.delivery.conftest import FAST
from tests.bot.forks import FORKS


class FileClock:
    """A clock that shows the time in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text()).astimezone(UTC)

    def set(self, at: datetime) -> None:
        """Set the clock of every process that reads the file."""
        draft = self._path.with_suffix(".new")
        draft.write_text(at.isoformat())
        draft.replace(self._path)


def begin(command: Command, clock_file: Path, environment: Mapping[str, str], output: Path) -> BaseProcess:
    """Start a process with these environment variables that writes what it prints to `output`."""
    process = FORKS.Process(target=_run, args=(command, clock_file, dict(environment), output), daemon=True)
    process.start()
    return process


def _run(command: Command, clock_file: Path, environment: dict[str, str], output: Path) -> None:
    with output.open("ab") as file:
        for number in (sys.stdout.fileno(), sys.stderr.fileno()):
            os.dup2(file.fileno(), number)
    faulthandler.register(signal.SIGUSR1)  # one that does not end says where it is
    os.environ.clear()
    os.environ.update(environment)
    logs.configure("json")
    tuning = Tuning(
        clock=FileClock(clock_file),
        pace=FAST,
        beat_seconds=0.5,
        timeouts=SocketTimeouts(first_pause=0.05, overlap=1.0),
    )
    try:
        code = asyncio.run(run(read_settings(env_file=None), command, tuning))
    except CannotStartError as error:
        print(error, file=sys.stderr)  # noqa: T201
        code = 2
    sys.exit(code)
