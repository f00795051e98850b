"""The words of a search, as a button carries them: encrypted, because they are often a name or a phone number. A draft would do
too, but a search that writes nothing waits for no other transaction."""

import base64
from collections.abc import Mapping
from uuid import UUID

from desk.core.errors import NotFound
from desk.core.transaction import Desk
from desk.people.offers import may_export
from storage.engine.cipher import UnreadableError, encrypted_column
from storage.engine.types import new_id

WORDS, KEY = "q", "k"
"""What the button's value calls them, and the id for which they are encrypted."""

LONGEST = 1000
"""The most bytes of words that a button carries: its value may have 2,000 characters."""

_COLUMN = encrypted_column("list_export", "words_cipher")


def sealed_words(desk: Desk, words: str) -> Mapping[str, str] | None:
    """Return what a button carries by which the acting member may have the results of a search as a file; None if they may not,
    or if the words are too long for a button."""
    if not may_export(desk) or len(words.encode()) > LONGEST:
        return None
    row_id = new_id()
    sealed = desk.cipher.encrypt_at(_COLUMN, row_id, words)
    return {WORDS: base64.b64encode(sealed).decode(), KEY: str(row_id)}


def opened_words(desk: Desk, value: Mapping[str, str]) -> str:
    """Return the words that a button carries, empty for one without. Raises NotFound (`press_unknown`)."""
    if WORDS not in value:
        return ""
    try:
        return desk.cipher.decrypt_at(_COLUMN, UUID(value.get(KEY, "")), base64.b64decode(value[WORDS]))
    except (ValueError, UnreadableError):
        raise NotFound("press_unknown") from None
