"""How far the reading of a file is, for people who wait for it."""

from collections.abc import Callable

Tell = Callable[[int], None]
"""Called with the percent of a file that is read, each time that it is more."""

EVERY = 512
"""Rows between two looks at how far it is."""

_PASSES = 2
"""How often a file is read: to see what its columns are, and for its rows."""


class HowFar:
    """How much of a file is read. Each of its passes counts alike."""

    def __init__(self, tell: Tell | None = None) -> None:
        self._tell = tell
        self._ended = 0
        self._percent = 0

    def note(self, share: float) -> None:
        """Note which share of the file this pass has read."""
        percent = int(100 * (self._ended + min(share, 1.0)) / _PASSES)
        if self._tell is not None and percent > self._percent:
            self._percent = percent
            self._tell(percent)

    def end_pass(self) -> None:
        """Note that a pass has come to the end of the file."""
        self.note(1.0)
        self._ended = min(self._ended + 1, _PASSES - 1)
