"""A process of the desk as `loandesk` starts it, quicker, and with a clock that a test sets through a file.

python -m tests.bot.processes.desk_process COMMAND CLOCK_FILE
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.commands.serving import CannotStartError, Tuning, run
from bot.settings import read_settings
from bot.socket_mode import SocketTimeouts
from tests.bot.delivery.conftest import FAST


class FileClock:
    """Shows what stands in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text()).astimezone(UTC)

    def set(self, at: datetime) -> None:
        """Moves the clock of every process that reads the file."""
        draft = self._path.with_suffix(".new")
        draft.write_text(at.isoformat())
        draft.replace(self._path)


def main(command: Any, clock_file: str) -> int:
    tuning = Tuning(
        clock=FileClock(Path(clock_file)),
        pace=FAST,
        beat_seconds=0.5,
        timeouts=SocketTimeouts(first_pause=0.05, farewell=1.0),
    )
    try:
        return asyncio.run(run(read_settings(env_file=None), command, tuning))
    except CannotStartError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
