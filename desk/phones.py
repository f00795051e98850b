"""Phone numbers: read as people write them, kept as E.164."""

from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

from desk.desk import Desk
from desk.errors import Invalid

DEFAULT_REGION = "CN"
"""Where phone numbers without a country's prefix belong, in a workspace that names no country."""


def region_of(desk: Desk) -> str:
    """Where phone numbers without a country's prefix belong."""
    return desk.workspace.country or DEFAULT_REGION


def read_phone(text: str, region: str) -> str:
    """The number in E.164. `region` is where a number without a country prefix belongs.

    Raises Invalid (`phone_invalid`).
    """
    try:
        number = parse(text, region)
    except NumberParseException:
        raise Invalid("phone_invalid", given=text, nearest=("13800138000", "+86 138 0013 8000")) from None
    if not is_valid_number(number):
        raise Invalid("phone_invalid", given=text, nearest=("13800138000", "+86 138 0013 8000"))
    return format_number(number, PhoneNumberFormat.E164)


def readable(phone: str) -> str:
    """An E.164 number as people read it: `+86 138 0013 8000`."""
    return format_number(parse(phone), PhoneNumberFormat.INTERNATIONAL)
