"""What a channel sees of a borrower: a surname or an initial, and the last digits of the phone number."""

import unicodedata

from storage.queries.loans.names import shown_characters, surname_length

_STAR = "*"
_TAIL_DIGITS = 4


def masked_name(name: str) -> str:
    """Return the masked name: `王*` for 王小明, `欧阳*` for 欧阳娜娜, `J*` for John Smith; `*` for a name without a letter.

    Separators, markup and emoji before the first letter are skipped, and nothing else: a character that Python does not know
    as a letter is one. A compound surname is shown only when a given name remains hidden. The renderer must escape the star.
    """
    shown = shown_characters(name)
    if not shown or shown[0].isdecimal():
        return _STAR
    return shown[: surname_length(shown)] + _STAR


def phone_tail(phone: str) -> str:
    """Return the last four digits of a phone number, or nothing when it has no others."""
    digits = [character for character in unicodedata.normalize("NFKC", phone) if character.isdecimal()]
    return "".join(digits[-_TAIL_DIGITS:]) if len(digits) > _TAIL_DIGITS else ""
