"""What is computed in a quick way for ordinary names and numbers is what the library says of them."""

import hmac
import random
import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.core.errors import Invalid
from desk.rules import contacts
from storage.engine.cipher import SHARDS, Cipher, KeyRing
from storage.queries.loans import readings, search, search_terms

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
def test_each_term_has_one_of_the_digests_under_which_it_is_looked_up(name: str, phone: str) -> None:
    cache = search.DigestCache(CIPHER)
    terms = search_terms.terms_of(name, phone)
    for made in (search.digests_of(CIPHER, name, phone), cache.of(name, phone), cache.of(name, phone)):
        found = [set(made) & set(search.digests_of_typed(CIPHER, [term])) for term in terms]
        assert set(map(len, found)) == {1}
        assert len(made) == len(terms)


def test_those_who_share_a_name_share_an_entry_by_chance_alone() -> None:
    cache = search.DigestCache(CIPHER)
    made = [set(cache.of("王小明", f"+86138{number:08}")) for number in range(2 * SHARDS)]
    holders = Counter(digest for each in made for digest in each)
    assert max(holders.values()) < 12
    assert len(holders) > sum(map(len, made)) / 3


def test_a_phone_has_the_same_digest_on_every_loan() -> None:
    first, second = (search.DigestCache(CIPHER).of(name, "+8613800138000") for name in ("王小明", "李芳"))
    assert search.phone_digest(CIPHER, "+8613800138000;ext=12") in set(first) & set(second)


@given(st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF), min_size=1, max_size=5))
def test_a_name_of_characters_alone_has_the_terms_of_any_name(name: str) -> None:
    if search.names.is_plain_hanzi(name):
        wholes, starts = search_terms._as_characters(name)
        assert (wholes - {""}, starts) == (set(search_terms._wholes(name)) - {""}, set(search_terms._starts(name)))


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
    quick = [search_terms.phone_terms(number) for number in numbers]
    monkeypatch.setattr(search_terms, "MAINLAND_MOBILE", NEVER)
    for number, terms in zip(numbers, quick, strict=True):
        every = search_terms.phone_terms(number)
        assert terms <= every
        for _, written in every - terms:  # within the country: typed so, it is looked up as the whole number too
            assert ("phone", number[1:]) in search_terms.terms_for(written)


def _read(number: str, region: str) -> str:
    try:
        return contacts.read_phone(number, region)
    except Invalid as refusal:
        return refusal.code
