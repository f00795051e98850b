"""The demo's clock: the machine's time, until it is set forward on the page."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.clock import MovableClock


class DemoClock:
    """The desk's clock, which shows the page's time; `real` is the machine's, in Unix seconds."""

    def __init__(self, real: Callable[[], float] = time.time) -> None:
        self.page = MovableClock(real)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.page.time(), UTC)
