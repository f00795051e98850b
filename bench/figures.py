"""Figures of several rounds as one: the median, and between what and what they lay."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured in several rounds."""

    median: float
    low: float
    high: float

    def text(self, digits: int = 0) -> str:
        """`1,240 (1,100–1,310)`."""
        return f"{self.median:,.{digits}f} ({self.low:,.{digits}f}–{self.high:,.{digits}f})"

    def json(self) -> dict[str, Any]:
        """For the file of results."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def figure(values: Sequence[float]) -> Figure:
    """The figure of these rounds, at least one."""
    return Figure(median(values), min(values), max(values))


def ratios(of: Sequence[float], to: Sequence[float]) -> Figure:
    """Round by round, how many times `to` is `of`."""
    return figure([a / b if b else 0.0 for a, b in zip(of, to, strict=True)])


def share(values: Sequence[float], part: float) -> float:
    """The value below which that part of the values lies: 0.99 for the 99th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
