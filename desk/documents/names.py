"""The names of documents, as people give them."""

import unicodedata
from dataclasses import field

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.documents.views import words_of
from storage.tables import DocumentItem

WORDS_LIMIT = 100
"""The longest free name of a document, in characters."""


@dataclass(frozen=True, slots=True)
class DocumentName:
    """A document as people name it: its code, and free words for `other`."""

    code: str
    words: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str, str]:
        """Return what all names of the same document share."""
        return self.code, unicodedata.normalize("NFKC", self.words).casefold()


def check_words(name: DocumentName) -> None:
    """Raise Invalid (`document_words_too_long`)."""
    if len(name.words) > WORDS_LIMIT:
        raise Invalid("document_words_too_long", length=len(name.words), limit=WORDS_LIMIT)


def key_of(desk: Desk, item: DocumentItem) -> tuple[str, str]:
    """Return what a stored document shares with all names of it."""
    return DocumentName(item.document, words_of(desk, item)).key
