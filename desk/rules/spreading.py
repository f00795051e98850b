"""How the calls of a member are spread over days."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date


def spread_over(days: Sequence[date], planned: Mapping[date, int], latest: Sequence[date | None]) -> list[date | None]:
    """Return the day of each call in turn: the one with the fewest calls by then, of several the first.

    `planned` counts the calls that each day has already. `latest` is the last day that suits a call, None for any; a call that
    no day suits gets None.
    """
    counts = Counter(planned)
    chosen: list[date | None] = []
    for limit in latest:
        fitting = [day for day in days if limit is None or day <= limit]
        day = min(fitting, key=lambda each: (counts[each], each), default=None)
        if day is not None:
            counts[day] += 1
        chosen.append(day)
    return chosen
