"""Vehicle identification numbers (ISO 3779) and plates."""

import re
import unicodedata

_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", (*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)), strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_LOOKALIKES = str.maketrans("IOQ", "100")
_PLATE = re.compile(r"[A-Z0-9\u3400-\u9fff-]{2,12}")


def clean_vin(text: str) -> str:
    """Return a vehicle identification number as it is stored: capitals, without blanks and hyphens."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def is_vin(vin: str) -> bool:
    """Return whether these are seventeen of the characters that such a number has; I, O and Q are none of them."""
    return _VIN.fullmatch(vin) is not None


def with_digits(vin: str) -> str:
    """Return the number with the digits for which letters that it cannot have are often mistaken."""
    return vin.translate(_LOOKALIKES)


def check_digit(vin: str) -> str:
    """Return the check digit that the other characters ask for (49 CFR 565.15, GB 16735). Vehicles made for other markets
    need not have it."""
    rest = sum(weight * (int(c) if c.isdigit() else _VALUES[c]) for weight, c in zip(_WEIGHTS, vin, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def has_check_digit(vin: str) -> bool:
    """Return whether the ninth character is the check digit."""
    return vin[8] == check_digit(vin)


def clean_plate(text: str) -> str:
    """Return a plate as it is stored: capitals, without blanks and middle dots."""
    return re.sub(r"[\s\u00b7\u2022\u2027\u30fb]", "", unicodedata.normalize("NFKC", text)).upper()


def is_plate(plate: str) -> bool:
    """Return whether the text can be a plate."""
    return _PLATE.fullmatch(plate) is not None
