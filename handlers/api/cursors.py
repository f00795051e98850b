"""Cursors: where a list goes on, as text. They are ids and instants, which say nothing of what a token may not see."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field

from desk.lender.listings import Part
from handlers.api.instants import read_instant
from handlers.api.problems import ApiError
from handlers.api.schemas import Closed, Cursor, PageSize
from storage.engine.pages import Mark, Window

_ID_BYTES, _INSTANT_BYTES = 16, 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PageQuery(Closed):
    """Which part of a list to show. `cursor` is `next` of the page before."""

    limit: PageSize = 100
    cursor: Cursor | None = None

    def window(self) -> Window:
        """Return the part that is wanted. Raises ApiError (`cursor_unknown`)."""
        return Window(read_cursor(self.cursor, dated=False), self.limit)


class UpdatedQuery(Closed):
    """Which part of a list to show; with `updated_since`, what was updated then or later, in that order. It is an instant with
    its offset, in which + is written %2B; go on with `updated_until` of the last page."""

    limit: PageSize = 100
    cursor: Cursor | None = None
    updated_since: Annotated[str | None, Field(max_length=40, json_schema_extra={"format": "date-time"})] = None

    def part(self) -> Part:
        """Return the part that is wanted. Raises ApiError (`cursor_unknown`, `invalid_parameter`)."""
        since = read_instant("updated_since", self.updated_since)
        return Part(read_cursor(self.cursor, dated=since is not None), self.limit, since)


def write_cursor(following: Mark | None) -> str | None:
    """Return the cursor of what follows this row; None at the end of a list."""
    if following is None:
        return None
    content = following.id.bytes
    if following.updated_at is not None:
        content += ((following.updated_at - _EPOCH) // _MICROSECOND).to_bytes(_INSTANT_BYTES, "big")
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def read_cursor(cursor: str | None, *, dated: bool) -> Mark | None:
    """Return the row behind which a list goes on, with `dated` one of what was updated. Raises ApiError (`cursor_unknown`)."""
    if cursor is None:
        return None
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found = Mark(UUID(bytes=content[:_ID_BYTES]), _instant(content[_ID_BYTES:]))
    except (ValueError, OverflowError):
        raise ApiError(400, "cursor_unknown") from None
    if write_cursor(found) != cursor or dated != (found.updated_at is not None):
        raise ApiError(400, "cursor_unknown")
    return found


def _instant(content: bytes) -> datetime | None:
    return _EPOCH + int.from_bytes(content, "big") * _MICROSECOND if content else None
