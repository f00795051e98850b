"""Cursors: where a list goes on, as text. They are ids, which say nothing of what a token may not see."""

import base64
from uuid import UUID

from handlers.api.problems import ApiError
from handlers.api.schemas import Closed, Cursor, PageSize
from storage.engine.pages import Window


class PageQuery(Closed):
    """Which part of a list to show. `cursor` is `next` of the page before."""

    limit: PageSize = 100
    cursor: Cursor | None = None

    def window(self) -> Window:
        """Return the part that is wanted. Raises ApiError (`cursor_unknown`)."""
        return Window(read_cursor(self.cursor), self.limit)


def write_cursor(following: UUID | None) -> str | None:
    """Return the cursor of what follows this row; None at the end of a list."""
    return None if following is None else base64.urlsafe_b64encode(following.bytes).decode().rstrip("=")


def read_cursor(cursor: str | None) -> UUID | None:
    """Return the row behind which a list goes on. Raises ApiError (`cursor_unknown`)."""
    if cursor is None:
        return None
    try:
        content = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found = UUID(bytes=content)
    except ValueError:
        raise ApiError(400, "cursor_unknown") from None
    if write_cursor(found) != cursor:
        raise ApiError(400, "cursor_unknown")
    return found
