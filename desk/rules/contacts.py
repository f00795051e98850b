"""How a borrower's name and phone number are read, wherever they come from: a command, a form, a lender's file.

A number is E.164, with an extension as in RFC 3966: `+12133734253;ext=22`. What follows a number and is no extension is
never part of it: phonenumbers reads `13812345678 ~3` and `A;B` as a number with an extension, so it is given digits alone.
It is imported where it is used: a process starts 0.02 s earlier.
"""

import re
import unicodedata
from bisect import bisect_left
from dataclasses import field
from functools import cache
from itertools import islice
from typing import Any

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid

EXAMPLES = ("138 0013 8000", "+86 138 0013 8000")
"""Numbers as a refusal shows them."""

_MAINLAND_PARTS = re.compile(r"\+86(1\d{2})(\d{4})(\d{4})", re.ASCII)

EXTENSION_SIGN = " ext. "
"""What is written before the extension in a number as people read it."""

_EXT = ";ext="
_INVISIBLE = re.compile(
    r"[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\x00-\x08\x0e-\x1f\x7f-\x9f]"
    r"|(?<![\u0600-\u0dff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\u0dff])"
)
"""Characters that nobody sees; of joiners, those outside the scripts in which they are part of a word (Arabic to Sinhala)."""

_WORD = (
    r"(?:(?<![a-z])(?:(?:(?:cell|mobile|home|work|office|tele|contact)[ ]?)?phone|tel|mobile|mob|cell|ph|whatsapp|wechat)"
    r"(?:[ ]?(?:number|no|nr)\b)?(?:[ ]is\b)?"
    r"|(?:联系|聯繫|聯絡|移动|移動|固定|办公|辦公|家庭|公司|单位|單位|本人|客户|客戶|备用)?"
    r"(?:电话|電話|手机|手機|座机|固话|微信)(?:号码|號碼|号|號|同号)?[是为為]?|联系方式|号码)"
)
_LABEL = rf"(?:[(\[【〔]\s*{_WORD}\s*[)\]】〕]|{_WORD})[\s.:#=]*"
"""A word before a number that says what it is, also in brackets, in NFKC and case-folded."""

_DIGITS = r"[+(]?[0-9][0-9\s().\-/\u00b7\u2010-\u2015]*"
_START = re.compile(rf"(?:{_LABEL}|(?<![0-9a-z+\-./(⁄]))(?P<number>[+(]?[0-9](?=(?:[^\w]{{0,4}}[0-9]){{4}}))")
_RUN = re.compile(_DIGITS)
_BEFORE_DASH = re.compile(rf"{_DIGITS}[0-9](?=-[0-9]{{1,6}}\Z)")
_EXTENSION = re.compile(
    r"(?:\s*;\s*ext\s*=\s*"
    r"|\s*[,(]?\s*(?:ext(?:ension|n)?|分机号?|分機號?|内线|內線|转接?(?:分机号?)?|轉接?(?:分機號?)?)\s*[.:#]?\s*"
    r")([0-9]{1,7})(?![0-9a-z年月日天万萬元块千百期个個成折%岁时時点點]|[-./][0-9])\)?"
    r"|(?:\s?x|#)(?:([0-9]{2,6})(?![\w]|[-./][0-9])|([0-9])(?=\)?\s*\Z))"
    r"|-([0-9]{1,6})(?![\w]|[-./][0-9])"
)
_MAX_LENGTH, _MAX_CANDIDATES = 60, 20
_FEWEST_DIGITS = 5
"""Four digits are a phone's end."""

_OLDER_AREA_CODES = {
    "357": "559",
    "457": "318",
    "621": "713",
    "679": "313",
    "729": "423",
    "861": "309",
    "924": "507",
}
"""American area codes that are in service and that phonenumbers takes for invalid, each with one of the same places: of Fresno,
Shreveport, Houston, Detroit, Chattanooga, Peoria and Rochester, Minnesota (from February 2023 to November 2025, by orders of the
states' commissions)."""
_NEW_AREA_CODE = re.compile(rf"(?:\+?1)?(?:{'|'.join(_OLDER_AREA_CODES)})")

_ONLY_A_NUMBER = re.compile(r"[+0-9\s().\-/·\u2010-\u2015]+")
_MAINLAND_MOBILE = re.compile(r"(?:\+86)?(1(?:[3-689][0-9]|7[0-8])[0-9]{8})")
"""A mobile number of mainland China, in which the library finds no trunk prefix, carrier code or country code."""
_PLAIN_NUMBER = re.compile(r"\+?[0-9]{5,15}")
"""A number as a lender's file writes it, which needs no search."""


@dataclass(frozen=True, slots=True)
class PhoneMatch:
    """A number in a text: `start` is where it or its label begins, `phone` is E.164 with its extension."""

    start: int
    end: int
    phone: str = field(repr=False)


def dialled_digits(text: str) -> str:
    """Return the digits of a text in NFKC and case-folded that is like a number of any country, without its label and
    extension; nothing if it is not."""
    begin = label.end() if (label := re.match(_LABEL, text)) else 0
    run = _RUN.match(text, begin)
    end = run.end() if run else begin
    extension = _EXTENSION.match(text, end) or _EXTENSION.match(text, len(text[:end].rstrip()))
    digits = "".join(c for c in text[begin:end] if c.isdecimal())
    whole = (extension.end() if extension else end) == len(text)
    return digits if whole and len(digits) >= _FEWEST_DIGITS else ""


def clean_name(text: str) -> str:
    """Return a name without blanks at its ends and without characters that nobody sees."""
    return _INVISIBLE.sub("", text).strip()


def find_phone(text: str, start: int, region: str) -> PhoneMatch | None:
    """Return the first valid number from `start` on in a text in NFKC and case-folded. What precedes it may have digits.

    Only the first digit sequences are tried, more than a name has, so that a long line does not take long to refuse.
    """
    seen, visible = range(len(text)), text
    if _INVISIBLE.search(text):
        seen = [at for at in seen if not _INVISIBLE.match(text, at)]
        visible = "".join(text[at] for at in seen)
    for candidate in islice(_START.finditer(visible, bisect_left(seen, start)), _MAX_CANDIDATES):
        if found := _number_at(visible, candidate.start("number"), region):
            end, phone = found
            return PhoneMatch(seen[candidate.start()], seen[end - 1] + 1, phone)
    return None


def read_phone(text: str, region: str) -> str:
    """Return the number in E.164, with its extension. A number without a country code belongs to `region`.

    Raises Invalid (`phone_invalid`, `phone_several`: a second number follows it).
    """
    if (mobile := _MAINLAND_MOBILE.fullmatch(text)) and (region == "CN" or text[0] == "+") and _is_in_use(mobile[1]):
        return f"+86{mobile[1]}"
    plain = _plain(text)
    if _PLAIN_NUMBER.fullmatch(plain) and (phone := _whole_number(plain, region)) is not None:
        return phone
    begin = label.end() if (label := re.match(_LABEL, plain)) else 0
    end, phone = _number_at(plain, begin, region) or (len(plain), _whole_number(plain[begin:], region))
    rest = plain[end:].strip(" ,;、/|&")
    if phone is None or rest:
        second = rest and find_phone(rest, 0, region) is not None
        raise Invalid("phone_several" if second else "phone_invalid", given=text[:_MAX_LENGTH], nearest=EXAMPLES)
    return phone


def _is_in_use(mobile: str) -> bool:
    """Return whether the library knows the number as a mobile one of mainland China."""
    return _mobiles_in_use().fullmatch(mobile) is not None


@cache
def _mobiles_in_use() -> re.Pattern[str]:
    from phonenumbers import PhoneMetadata

    metadata: Any = PhoneMetadata.metadata_for_region("CN")
    return re.compile(metadata.mobile.national_number_pattern)


def format_phone(phone: str) -> str:
    """Return a number as people read it: `+86 138 0013 8000`, `+1 213-373-4253 ext. 22`."""
    from phonenumbers import PhoneNumberFormat, format_number, parse

    number, _, extension = phone.partition(_EXT)
    read = format_number(parse(number), PhoneNumberFormat.INTERNATIONAL)
    return f"{read}{EXTENSION_SIGN}{extension}" if extension else read


def local_phone(phone: str, region: str) -> str:
    """Return a number as people of a country write it: without its country code, if that is theirs (`138 0013 8000`)."""
    if region == "CN" and (mobile := _MAINLAND_PARTS.fullmatch(phone)):
        return " ".join(mobile.groups())
    from phonenumbers import PhoneNumberFormat, country_code_for_region, format_number, parse

    number, _, extension = phone.partition(_EXT)
    parsed = parse(number)
    home = parsed.country_code == country_code_for_region(region)
    read = format_number(parsed, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)
    return f"{read}{EXTENSION_SIGN}{extension}" if extension else read


def without_extension(phone: str) -> str:
    """Return a number in E.164 without its extension."""
    return phone.partition(_EXT)[0]


def extension_of(phone: str) -> str:
    """Return the extension of a number, or nothing."""
    return phone.partition(_EXT)[2]


def with_known_area_code(phone: str) -> str:
    """Return a number, E.164, with an area code of the same places that phonenumbers knows, for what it says of the place."""
    older = _OLDER_AREA_CODES.get(phone[2:5]) if phone.startswith("+1") else None
    return f"+1{older}{phone[5:]}" if older else phone


def _number_at(text: str, begin: int, region: str) -> tuple[int, str] | None:
    """Return where the number that begins here ends, behind its extension, and the number."""
    run = _RUN.match(text, begin, begin + _MAX_LENGTH)
    if run is None:
        return None
    if found := _library_match(run[0], region):
        end, phone = found
        return _with_extension(text, begin + end, phone)
    # `010-88888888-801`: all of it is no number.
    dashed = _BEFORE_DASH.match(run[0])
    found = _library_match(dashed[0], region) if dashed else None
    return _with_extension(text, begin + found[0], found[1]) if dashed and found and found[0] == dashed.end() else None


def _library_match(text: str, region: str) -> tuple[int, str] | None:
    from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher, format_number

    found = next(iter(PhoneNumberMatcher(text, region)), None)
    is_new = found is None and _NEW_AREA_CODE.match(re.sub(r"[^+0-9]", "", text)) is not None
    if is_new:
        found = next(iter(PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE)), None)
    if found is None or found.start:
        return None
    phone = format_number(found.number, PhoneNumberFormat.E164)
    return (found.end, phone) if not is_new or (with_known_area_code(phone) != phone and _is_valid(phone)) else None


def _with_extension(text: str, end: int, phone: str) -> tuple[int, str]:
    extension = _EXTENSION.match(text, end)
    if extension is None:
        return end, phone
    return extension.end(), phone + _EXT + next(filter(None, extension.groups()))


def _whole_number(text: str, region: str) -> str | None:
    """Return the number that the whole text is, in a grouping of which the library finds no number in a text."""
    if not _ONLY_A_NUMBER.fullmatch(text):
        return None
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

    try:
        phone = format_number(parse(re.sub(r"[^+0-9]", " ", text), region), PhoneNumberFormat.E164)
    except NumberParseException:
        return None
    return phone if _is_valid(phone) else None


def _is_valid(phone: str) -> bool:
    from phonenumbers import is_valid_number, parse

    return is_valid_number(parse(with_known_area_code(phone)))


def _plain(text: str) -> str:
    visible = _INVISIBLE.sub("", text)
    return unicodedata.normalize("NFKC", visible).casefold().strip()
