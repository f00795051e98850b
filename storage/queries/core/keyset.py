"""Pages of a long list by the key of their last row: as fast at the end as at the beginning, and none of its rows is read twice
or left out because others have come or gone meanwhile."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement

Key = tuple[datetime, UUID]
"""The instant and the id of a row, by which a list is in order."""


def is_beyond(key: tuple[Any, Any], at: Any, row_id: Any, *, descending: bool = False) -> ColumnElement[bool]:
    """Return the condition for the rows behind that key (values or parameters): later ones or, with `descending`, earlier ones;
    and of those of the same instant the ones with a higher id."""
    instant, last = key
    # The first part says the same as the second: by it, an index begins there.
    if descending:
        return (at <= instant) & ((at < instant) | (row_id > last))
    return (at >= instant) & ((at > instant) | (row_id > last))


def is_before(key: Key, at: Any, row_id: Any) -> ColumnElement[bool]:
    """Return the condition for the rows behind that key in a list with the latest first, and of the same instant that with the
    highest id."""
    instant, last = key
    return (at <= instant) & ((at < instant) | (row_id < last))
