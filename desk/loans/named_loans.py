"""The loan that a text names: a message of a colleague, or what a person writes to the desk."""

import re
from uuid import UUID

from desk.core.transaction import Desk
from desk.loans import borrowers
from desk.loans.lookup import find_visible, visible_by_numbers
from storage.tables import Loan

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9/_.\-\u2010-\u2015]*[A-Za-z0-9]|[0-9]")
_WORD = re.compile(r"[^\W\d_][^\W\d_·'’.\-]*(?:[·'’.\-][^\W\d_]+)*")
_PHONE_DIGITS = 7
_NUMBERS, _WORDS = 50, 12
"""How many runs of a text are tried as numbers, and as names."""


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
    found: dict[UUID, Loan] = {}
    for word in list(dict.fromkeys(_candidates(text)))[:_WORDS]:
        for loan in await find_visible(desk, [word], limit=5):
            name = (await borrowers.contact_of(desk, loan.borrower_id)).name
            if name.casefold() in text.casefold():
                found[loan.id] = loan
    return found


def _candidates(text: str) -> list[str]:
    """Return the words of a text that may begin a name; of a Chinese run, which has no blanks, its first characters."""
    candidates: list[str] = []
    for word in _WORD.findall(text):
        if "\u3400" <= word[0] <= "\u9fff":
            candidates += [word[:size] for size in (3, 2, 4) if len(word) >= size]
        elif len(word) > 1:
            candidates.append(word)
    return candidates
