"""The terms of the search index: what finds a person of a name and a phone, and what a typed word may mean.

Pure functions. `storage.queries.loans.search` says what they are for.
"""

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations

from storage.queries.loans import names
from storage.queries.loans.readings import readings_of, spellings

Term = tuple[str, str]
"""A kind (`whole`, `start`, `phone`, `tail`; `name` in version 1) and a normalised text. Version 2 had one digest for each."""

_HAN_FIRST, _HAN_LAST = "\u3400", "\u9fff"
_TAIL = re.compile(r"(?:尾号|尾號|tail|ending)?\s*(\d{4})")
_IN_A_PHONE = re.compile(r"[\s\-()+./\u00b7\u2010-\u2015]")

_ABROAD = ("00", "011")
"""What is dialled before a country code."""

_MOST_WORDS = 6
"""Of a name of more words, those that stand together are not indexed as one: `vanderberg`."""

MAINLAND_MOBILE = re.compile(r"\+86(1[3-9][0-9]{9})")
"""A number that the library writes within the country as its last eleven digits: those find it as typed for the whole."""

_TYPED_MOBILE = re.compile(r"1[3-9][0-9]{9}")


def terms_of(name: str, phone: str) -> set[Term]:
    """Return every term that finds a borrower of this name and phone (E.164; an extension is no part of what finds it)."""
    return name_terms(name) | phone_terms(phone.partition(";")[0])


def terms_for(word: str) -> list[Term]:
    """Return the terms, any of which a typed word may be: a phone, its last four digits, a name or how one begins."""
    plain = names.folded(word).strip()
    key = names.name_key(word)
    terms = [("whole", key), ("whole", names.without_accents(key))]
    if not names.has_separators(plain):
        terms.append(("start", key))
    if not is_changed_by_version_1(word):
        terms.append(("name", version_1_key(word)))
    if tail := _TAIL.fullmatch(plain):
        terms.append(("tail", tail[1]))
    digits = _IN_A_PHONE.sub("", plain)
    if digits.isdecimal() and len(digits) >= 5:
        terms += [("phone", digits), *(("phone", digits.removeprefix(a)) for a in _ABROAD if digits.startswith(a))]
        if _TYPED_MOBILE.fullmatch(digits):
            terms.append(("phone", f"86{digits}"))
    return terms


def terms_for_part(part: str, *, in_full: bool) -> list[Term]:
    """Return the terms, any of which a part of a typed name may be: the whole of one, and unless `in_full` how one begins."""
    terms = [("whole", part), ("whole", names.without_accents(part))]
    return terms if in_full else [*terms, ("start", part)]


def phone_terms(phone: str) -> set[Term]:
    """Return every term that finds a phone (E.164, without an extension)."""
    if MAINLAND_MOBILE.fullmatch(phone):
        return {("phone", phone[1:]), ("tail", phone[-4:])}
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, national_significant_number, parse

    digits = {"".join(c for c in phone if c.isdecimal())}
    with contextlib.suppress(NumberParseException):
        number = parse(phone)
        digits |= {
            national_significant_number(number),
            "".join(c for c in format_number(number, PhoneNumberFormat.NATIONAL) if c.isdecimal()),
        }
    return {("phone", each) for each in digits} | {("tail", each[-4:]) for each in digits if len(each) >= 4}


def name_terms(name: str) -> set[Term]:
    """Return every term that finds a name."""
    plain = names.is_plain_hanzi(name)
    wholes, starts = (set[str](), set[str]()) if plain else (set(_wholes(name)), set(_starts(name)))
    for surname, reading in readings_of(name if plain else _chinese(name)):
        for spelled in spellings(reading):
            whole, given = "".join(spelled), "".join(spelled[surname:])
            wholes |= {whole, given, "".join([syllable[0] for syllable in spelled])}
            starts.update(["".join(spelled[:end]) for end in range(1, len(spelled))])
    wholes |= {names.without_accents(each) for each in wholes if not each.isascii()}
    starts |= {names.without_accents(each) for each in starts if not each.isascii()}
    if plain:
        characters = _as_characters(name)
        wholes |= characters[0]
        starts |= characters[1]
    return {("whole", each) for each in wholes if each} | {("start", each) for each in starts if each}


def _as_characters(name: str) -> tuple[set[str], set[str]]:
    """Return what `_wholes` and `_starts` return for a name of Chinese characters alone: there is nothing to fold or to part."""
    return {name, name[names.surname_length(name) :]}, {name[:end] for end in range(1, len(name))}


def _wholes(name: str) -> Iterator[str]:
    key = names.name_key(name)
    yield from (key, names.without_signs(key))
    words = names.words_of(name)
    for text in (*words, *names.parts_of(name)):
        yield from (text, names.without_signs(text))
    if 1 < len(words) <= _MOST_WORDS:
        yield from ("".join(words[start:end]) for start, end in combinations(range(len(words) + 1), 2))
    for text in {key, *names.parts_of(name)}:
        bare = names.without_signs(text)
        if names.is_of_characters(bare):
            yield bare[names.surname_length(bare) :]


def _starts(name: str) -> Iterator[str]:
    texts = {names.name_key(name), *names.words_of(name), *names.parts_of(name)}
    for text in texts | {names.without_signs(each) for each in texts}:
        first = 1 if names.is_of_characters(text) else 3
        yield from (text[:end] for end in range(first, len(text)))


def _chinese(name: str) -> str:
    """Return a name to be read in pinyin, or nothing if it has no Chinese character."""
    key = names.without_signs(names.name_key(name))
    return key if any(_HAN_FIRST <= c <= _HAN_LAST for c in key) else ""


def version_1_key(word: str) -> str:
    """Return a word as version 1 has it: letters and digits, by Python's tables, without accents."""
    apart = unicodedata.normalize("NFKD", names.folded(word))
    return "".join(c for c in apart if c.isalnum())


def is_changed_by_version_1(word: str) -> bool:
    """Return whether version 1 drops more of a word than accents, so that its entry may be another name's."""
    apart = unicodedata.normalize("NFKD", names.folded(word)).strip()
    return not all(c.isalnum() or "\u0300" <= c <= "\u036f" for c in apart)
