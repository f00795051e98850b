"""How long the rows of a table are kept: each table says it with codes, `__retained__`, which the docs show.

A code is one of `HOWS`, or a kind of record of `desk/data/retention.toml`, for which a policy says how long.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import SQLModel

import storage.tables as tables
from storage.engine.rows import Row, table_of

HOWS: Mapping[str, str] = {
    "loan": "as long as its loan",
    "borrower": "as long as the borrower has a loan",
    "short": "minutes to a week; the worker deletes it",
    "quarter": "90 days; the worker deletes it",
    "running": "replaced or deleted while the desk runs",
    "member": "as long as the workspace: calls and the audit trail name members",
    "setting": "as long as the workspace",
    "proof": "as long as the workspace, as proof: ids, codes, counts and hashes only",
}
"""What a code means, in the words of the docs."""


def all_tables() -> Mapping[str, type[Row]]:
    """Return the tables by their names in the database, in the order of these."""
    found: Iterable[Any] = vars(tables).values()
    rows = [each for each in found if isinstance(each, type) and issubclass(each, Row) and each is not Row]
    named = {table_of(each).name: each for each in rows}
    assert named.keys() == SQLModel.metadata.tables.keys(), "a table is not exported by storage.tables"
    return dict(sorted(named.items()))
