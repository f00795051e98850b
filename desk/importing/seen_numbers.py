"""The loan numbers of a large file, kept small: a set of 1,000,000 texts takes 100 MB."""

from array import array
from collections.abc import Container, Iterable

_FEWEST = 1024
"""How many places there are at first. The number of places is a power of two, and twice that of the numbers at least."""

_BITS = 2**64 - 1


class SeenNumbers(Container[str]):
    """Loan numbers as they are compared, of each only 64 bits of its hash, which differs from process to process.

    It may take a number for one that was added, of 1,000,000 in one of 40 million files: who refuses for it looks again.
    """

    def __init__(self) -> None:
        self._places = array("Q", bytes(8 * _FEWEST))
        self._count = 0
        self._left_out: set[str] = set()

    def add(self, key: str) -> bool:
        """Add a number. Return whether it is new."""
        hashed = _hashed(key)
        place = self._place_of(hashed)
        if self._places[place]:
            return False
        self._places[place] = hashed
        self._count += 1
        if 2 * self._count > len(self._places):
            self._grow()
        return True

    def __contains__(self, key: object) -> bool:
        return bool(self._places[self._place_of(_hashed(key))]) and key not in self._left_out

    def leave_out(self, keys: Iterable[str]) -> None:
        """Count these numbers as not there: their rows are refused."""
        self._left_out.update(keys)

    def _place_of(self, hashed: int) -> int:
        """Return where a hash is, or would be."""
        places, last = self._places, len(self._places) - 1
        place = hashed & last
        while (there := places[place]) and there != hashed:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        before = self._places
        self._places = array("Q", bytes(16 * len(before)))
        for hashed in filter(None, before):
            self._places[self._place_of(hashed)] = hashed


def _hashed(key: object) -> int:
    """Return a hash that is not zero, which marks an empty place."""
    return hash(key) & _BITS or 1
