"""The loan that a text names: a message of a colleague, or what a person writes to the desk."""

import re
from collections.abc import Iterator
from uuid import UUID

from desk.core.transaction import Desk
from desk.loans import borrowers
from desk.loans.lookup import find_visible, visible_by_numbers, visible_of_names
from storage.queries.loans.names import is_of_characters, name_key
from storage.tables import Loan

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-\u2010-\u2015]*[A-Za-z0-9]|[0-9]")
_WORD = re.compile(r"[^\W\d_][^\W\d_·'’.\-]*(?:[·'’.\-][^\W\d_]+)*")
_PHONE_DIGITS = 7
_CHARACTERS = re.compile("[\u3400-\u9fff]{2,}")
_NUMBERS, _WORDS, _PIECES = 50, 12, 300
"""How many runs of a text are tried as numbers, words as names, and pieces of Chinese runs, which one query looks up."""

_MOST = 20
"""How many loans are compared with a text."""


async def loan_named_in(desk: Desk, text: str) -> tuple[UUID, str] | None:
    """Return id and number of the one loan that a text names, among those that the acting member may see.

    A loan's number counts first, then a phone number, then a borrower's full name. None when the text names several.
    """
    runs = list(dict.fromkeys(_NUMBER.findall(text)))[:_NUMBERS]
    with_digits = [run for run in runs if any(character.isdigit() for character in run)]
    numbered = {loan.id: loan.number for loan in (await visible_by_numbers(desk, with_digits)).values()}
    if numbered:
        return next(iter(numbered.items())) if len(numbered) == 1 else None
    phones = [run for run in with_digits if sum(character.isdigit() for character in run) >= _PHONE_DIGITS]
    found: dict[UUID, Loan] = {}
    for phone in phones[:_WORDS]:
        found |= {loan.id: loan for loan in await find_visible(desk, [phone], limit=2)}
    if not found:
        found = await _by_name(desk, text)
    loan = next(iter(found.values()), None)
    return (loan.id, loan.number) if loan is not None and len(found) == 1 else None


async def _by_name(desk: Desk, text: str) -> dict[UUID, Loan]:
    """Return the loans whose borrower's full name is in the text; of two names of which one is in the other, the longer."""
    maybe: dict[UUID, Loan] = {}
    for word in list(dict.fromkeys(word for word in _WORD.findall(text) if len(word) > 1))[:_WORDS]:
        maybe |= {loan.id: loan for loan in await find_visible(desk, [word], limit=5)}
    if pieces := list(dict.fromkeys(_pieces(text)))[:_PIECES]:
        maybe |= {loan.id: loan for loan in await visible_of_names(desk, pieces, limit=_MOST)}
    contacts = await borrowers.contacts_of(desk, {loan.borrower_id for loan in maybe.values()})
    named = {key: name for key, contact in contacts.items() if _is_in(text, name := contact.name)}
    longest = {key for key, name in named.items() if not any(name != each and name in each for each in named.values())}
    return {loan.id: loan for loan in maybe.values() if loan.borrower_id in longest}


def _is_in(text: str, name: str) -> bool:
    if is_of_characters(name):
        return name_key(name) in name_key(text)
    return name.casefold() in text.casefold()


def _pieces(text: str) -> Iterator[str]:
    """Yield what may be a name in runs of Chinese characters, which have no blanks between words."""
    for run in _CHARACTERS.findall(text):
        for start in range(len(run)):
            yield from (run[start : start + size] for size in (3, 2, 4) if start + size <= len(run))
