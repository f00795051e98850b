"""Which examples of a test PostgreSQL gets: twenty spellings of a name do not differ in what a database is asked."""

from collections import Counter
from collections.abc import Sequence

import pytest

EXAMPLES = 2
"""How many examples of a parametrized test run on PostgreSQL. All of them run on SQLite."""


def chosen(items: Sequence[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run and those to leave out: on PostgreSQL each further example of a test that has two there, unless the
    test is marked `every_example` because its examples differ in what happens in the database."""
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        name = item.nodeid.partition("[")[0]
        if _is_on_postgres(item) and item.get_closest_marker("every_example") is None:
            seen[name] += 1
        (left_out if seen[name] > EXAMPLES and _is_on_postgres(item) else kept).append(item)
    return kept, left_out


def _is_on_postgres(item: pytest.Item) -> bool:
    return (
        isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and (item.callspec.params.get("database_url") == "postgres")
    )
