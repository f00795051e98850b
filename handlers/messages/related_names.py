"""What people around a loan are called: their role, and their name."""

from desk.core.vocabulary import VOCABULARY
from desk.loans.related_views import RelatedName
from handlers.messages.block_kit.translator import Translator


def role(t: Translator, code: str) -> str:
    """Return what a person around a loan is to the borrower."""
    return VOCABULARY.related_role(code).word(t.language)


def named_role(t: Translator, person: RelatedName) -> str:
    """Return a person whom a search has found: `spouse 韩梅梅`."""
    return f"{role(t, person.role)} {person.name}".rstrip()
