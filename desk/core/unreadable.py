"""Read encrypted texts so that a damaged one costs its own place on a list, and not the whole list."""

from typing import Any, cast
from uuid import UUID

import structlog
from sqlmodel import SQLModel

from desk.core.transaction import Desk
from storage.engine.cipher import EncryptedColumn, UnreadableError, encrypted_column
from storage.tables import Borrower

log = structlog.get_logger()

NAME, PHONE, TEXT = "\ufdd0", "\ufdd1", "\ufdd2"
"""What a use case returns for a name, a phone or a text that no key opens: characters that nothing typed contains, which
`handlers.messages.unreadable` puts into the reader's words."""

MARKS = (NAME, PHONE, TEXT)


def read(desk: Desk, column: Any, row: SQLModel, instead: str = TEXT) -> str:
    """Return the text of a row's encrypted column, empty if there is none, or `instead` if no key opens it.

    The loan of such a row, or the row itself, is reported to the admins after the transaction. What was read for a member is
    recorded as disclosed to them. Raises LookupError.
    """
    if desk.origin is not None:
        if (loan_id := getattr(row, "loan_id", None)) is not None:
            desk.seen.add(loan_id)
        elif isinstance(row, Borrower):
            desk.seen_borrowers.add(row.id)
    try:
        text = desk.cipher.decrypt(column, row)
    except UnreadableError:
        note_damage(desk, column, row)
        return instead
    if text in MARKS:
        desk.shows_unreadable = True
    return text


def note_damage(desk: Desk, column: Any, row: SQLModel) -> None:
    """Log a damaged value, as `report` does."""
    keyed = cast(Any, row)
    place = encrypted_column(column.table.name, column.key)
    report(desk, place, keyed.id, subject=getattr(keyed, "loan_id", None) or keyed.id)


def report(desk: Desk, place: EncryptedColumn, row_id: UUID, *, subject: UUID) -> None:
    """Log a damaged value without its content, once for each subject, and have the admins told after the transaction."""
    desk.shows_unreadable = True
    if subject not in desk.unreadable:
        desk.unreadable.add(subject)
        log.error("row_unreadable", column=str(place), row=str(row_id))
