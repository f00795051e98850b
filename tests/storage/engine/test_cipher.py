"""Personal data at rest: readable with the right key at its own place, and nowhere else."""

import base64
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.engine.cipher import Cipher, KeyRing, UnreadableError
from storage.engine.types import new_id

FIRST, SECOND, SEARCH = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32


def ring(current: int = 1) -> KeyRing:
    return KeyRing(keys={1: FIRST, 2: SECOND}, current=current, search=SEARCH)


@given(st.text())
def test_every_text_comes_back_exactly(text: str) -> None:
    cipher, row = Cipher(ring()), new_id()
    encodable = text.encode("utf-8", "ignore").decode()

    assert cipher.decrypt(cipher.encrypt(encodable, "borrower", row, "name"), "borrower", row, "name") == encodable


def test_the_same_text_is_never_written_the_same_way_twice() -> None:
    cipher, row = Cipher(ring()), new_id()

    assert cipher.encrypt("王小明", "borrower", row, "name") != cipher.encrypt("王小明", "borrower", row, "name")


@pytest.mark.parametrize("moved", ["table", "row", "column"])
def test_a_value_moved_elsewhere_does_not_open(moved: str) -> None:
    cipher, row = Cipher(ring()), new_id()
    value = cipher.encrypt("王小明", "borrower", row, "name")
    place = {"table": "borrower", "row": row, "column": "name"}
    place[moved] = new_id() if moved == "row" else "elsewhere"

    with pytest.raises(UnreadableError):
        cipher.decrypt(value, **place)


def test_an_old_key_still_opens_what_it_wrote() -> None:
    row = new_id()
    old = Cipher(ring(current=1)).encrypt("王小明", "borrower", row, "name")

    assert Cipher(ring(current=2)).decrypt(old, "borrower", row, "name") == "王小明"


def test_a_key_that_is_gone_is_named_by_its_place_only() -> None:
    row = new_id()
    value = Cipher(ring(current=2)).encrypt("王小明", "borrower", row, "name")
    without = Cipher(KeyRing(keys={1: FIRST}, current=1, search=SEARCH))

    with pytest.raises(UnreadableError, match=r"borrower\.name"):
        without.decrypt(value, "borrower", row, "name")


def test_a_digest_depends_on_the_kind_the_text_and_the_key() -> None:
    one = Cipher(ring())
    other = Cipher(KeyRing(keys={1: FIRST}, current=1, search=os.urandom(32)))

    assert one.digest("name", "wang") == one.digest("name", "wang")
    assert len({one.digest("name", "wang"), one.digest("tail", "wang"), one.digest("name", "li")}) == 3
    assert one.digest("name", "wang") != other.digest("name", "wang")


@pytest.mark.parametrize("text", ["", "x:abc", "1:%%%", "1:" + base64.b64encode(b"short").decode(), "300:AAAA"])
def test_a_wrong_key_setting_is_named_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="key") as error:
        KeyRing.read(text, base64.b64encode(SEARCH).decode())

    assert "%%%" not in str(error.value)


def test_the_highest_key_id_encrypts() -> None:
    keys = ",".join(f"{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (3, 7, 5))

    assert KeyRing.read(keys, base64.b64encode(SEARCH).decode()).current == 7
