"""The end of a process that was told to stop and does not come to its end.

What starts processes kills one that has not ended in time, and its log then says nothing. A thread may wait for ever for a
database that does not answer, and Python waits for such threads before it ends. So a process ends itself first, and says where
it waited.
"""

import asyncio
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import structlog

from bot.logs import places_in_code

log = structlog.get_logger()

CUT_SHORT = 1
"""The exit code of a process that was cut off."""


class StopLimit:
    """Ends the process `seconds` after `begin`, unless it has ended by then. That is as if it had been killed: the rows say what
    was done, and the next process takes up what was not.

    `task` is what comes to its end when the process stops.
    """

    def __init__(self, seconds: float, task: asyncio.Task[Any] | None, end: Callable[[int], object] = os._exit) -> None:
        self._seconds = seconds
        self._task = task
        self._end = end
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """Begin to count, if this is the first call."""
        if self._timer is not None:
            return
        self._timer = threading.Timer(self._seconds, self._cut_short)
        self._timer.daemon = True  # no end waits for it
        self._timer.start()

    def _cut_short(self) -> None:
        threads = [one.name for one in threading.enumerate() if not one.daemon and one is not threading.main_thread()]
        log.error("stop_cut_short", seconds=self._seconds, at=places_in_code(_waiting(self._task)), threads=threads)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self._end(CUT_SHORT)


def _waiting(task: asyncio.Task[Any] | None) -> Iterator[traceback.FrameSummary]:
    """Yield where the coroutines of a task wait, the innermost last. None does if it has ended: then Python waits for threads."""
    waiting: Any = None if task is None or task.done() else task.get_coro()
    while (frame := getattr(waiting, "cr_frame", None)) is not None:
        yield traceback.FrameSummary(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        waiting = waiting.cr_await
