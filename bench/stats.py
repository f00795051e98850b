"""Summaries of measurements over several rounds: median, lowest and highest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Summary:
    """The median, lowest and highest of a measurement over several rounds."""

    median: float
    low: float
    high: float

    def json(self) -> dict[str, Any]:
        """Return the values for the results file."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def summarize(values: Sequence[float]) -> Summary:
    """Summarize the values of one or more rounds."""
    return Summary(median(values), min(values), max(values))


def ratios(of: Sequence[float], to: Sequence[float]) -> Summary:
    """Summarize the ratio of `of` to `to`, computed within each round."""
    return summarize([a / b if b else 0.0 for a, b in zip(of, to, strict=True)])


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which the given part of the values lies: 0.99 is the 99th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
