"""What is computed in a quick way for ordinary names and numbers is what the library says of them."""

import hmac
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules import contacts
from storage.engine.cipher import Cipher, KeyRing
from storage.queries.loans import readings, search

KEY = bytes(range(32))
CIPHER = Cipher(KeyRing(keys={1: KEY}, current=1, search=KEY))
NEVER = re.compile(r"(?!)")

CHARACTERS = st.sampled_from("王李单曾乐吕于余建国明英长重新行觉银都会㐂𠀀a·") | st.characters(
    min_codepoint=0x3400, max_codepoint=0x9FFF
)


@given(st.text(CHARACTERS, min_size=1, max_size=5))
def test_characters_read_one_by_one_are_read_as_the_dictionary_reads_the_name(name: str) -> None:
    assert [list(each) for each in readings._readings(name)] == readings._look_up(name)


@given(st.text(CHARACTERS, min_size=1, max_size=4), st.sampled_from(["+8613800138000", "+12133734253"]))
def test_terms_that_names_share_have_the_same_digests(name: str, phone: str) -> None:
    cache = search.DigestCache(CIPHER)
    made = sorted(search.digests_of(CIPHER, name, phone))
    assert made == sorted(cache.of(name, phone)) == sorted(cache.of(name, phone))


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), min_size=1, max_size=5))
def test_a_name_of_characters_alone_has_the_terms_of_any_name(name: str) -> None:
    if search.names.is_plain_hanzi(name):
        wholes, starts = search._as_characters(name)
        assert (wholes - {""}, starts) == (set(search._wholes(name)) - {""}, set(search._starts(name)))


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_digest_is_the_hmac_of_its_term(kind: str, text: str) -> None:
    assert CIPHER.digest(kind, text) == hmac.digest(KEY, f"{kind}\0{text}".encode(), "sha256")[:16]


@pytest.mark.parametrize(("region", "code"), [("CN", ""), ("CN", "+86"), ("US", "+86"), ("US", "")])
def test_mobile_numbers_of_every_prefix_are_read_as_the_library_reads_them(
    monkeypatch: pytest.MonkeyPatch, region: str, code: str
) -> None:
    rng = random.Random(1042)
    numbers = [f"{code}1{prefix:03}{rng.randint(0, 9_999_999):07}" for prefix in range(0, 1000, 3)]
    quick = [_read(number, region) for number in numbers]
    monkeypatch.setattr(contacts, "_MAINLAND_MOBILE", NEVER)
    assert quick == [_read(number, region) for number in numbers]


def test_mobile_numbers_of_every_prefix_are_found_as_the_library_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"+861{prefix:03}1234567" for prefix in range(300, 1000, 2)]
    quick = [search._phone_terms(number) for number in numbers]
    monkeypatch.setattr(search, "_MAINLAND_MOBILE", NEVER)
    assert quick == [search._phone_terms(number) for number in numbers]


def _read(number: str, region: str) -> str:
    try:
        return contacts.read_phone(number, region)
    except Invalid as refusal:
        return refusal.code
