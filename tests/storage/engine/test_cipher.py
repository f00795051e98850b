"""Personal data at rest: readable with the right key in its own row and column, and nowhere else."""

import base64
import os
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.engine.cipher import Cipher, EncryptedColumn, KeyRing, UnreadableError, encrypted_column
from storage.engine.types import new_id
from storage.tables import Borrower, Call, DocumentItem

FIRST, SECOND, SEARCH = bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32

NAME = encrypted_column("borrower", "name_cipher")
STORED = "01000102030405060708090a0b5c281ec39071e0e170dce19a23e803fc5ce8bf9e6295be6655"


def ring(current: int = 1) -> KeyRing:
    return KeyRing(keys={1: FIRST, 2: SECOND}, current=current, search=SEARCH)


@given(st.text())
def test_every_text_is_decrypted_unchanged(text: str) -> None:
    cipher, row = Cipher(ring()), new_id()
    encodable = text.encode("utf-8", "ignore").decode()

    assert cipher.decrypt_at(NAME, row, cipher.encrypt(Borrower.name_cipher, row, encodable)) == encodable


def test_the_same_text_has_another_ciphertext_each_time() -> None:
    cipher, row = Cipher(ring()), new_id()

    assert cipher.encrypt_at(NAME, row, "王小明") != cipher.encrypt_at(NAME, row, "王小明")


@pytest.mark.parametrize(
    "elsewhere", [encrypted_column("call", "note_cipher"), encrypted_column("borrower", "phone_cipher")]
)
def test_a_value_moved_to_another_column_cannot_be_decrypted(elsewhere: EncryptedColumn) -> None:
    cipher, row = Cipher(ring()), new_id()
    value = cipher.encrypt(Borrower.name_cipher, row, "王小明")

    with pytest.raises(UnreadableError):
        cipher.decrypt_at(elsewhere, row, value)


def test_a_value_moved_to_another_row_cannot_be_decrypted() -> None:
    cipher, row, other = Cipher(ring()), new_id(), new_id()
    moved = Call(outcome="reached", id=other, note_cipher=cipher.encrypt(Call.note_cipher, row, "rang twice"))

    with pytest.raises(UnreadableError):
        cipher.decrypt(Call.note_cipher, moved)


def test_values_of_the_first_release_can_still_be_decrypted() -> None:
    """The ciphertext was made by the first release, with the associated data `borrower:<row id>:name`."""
    row = Borrower(id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"), name_cipher=bytes.fromhex(STORED), phone_cipher=b"")

    assert Cipher(ring()).decrypt(Borrower.name_cipher, row) == "王小明"


@pytest.mark.parametrize("wrong", [Borrower.created_at, Call.line_digest, "note", b"\1encrypted"])
def test_a_column_that_is_not_encrypted_is_refused(wrong: Any) -> None:
    with pytest.raises(LookupError):
        Cipher(ring()).encrypt(wrong, new_id(), "rang twice")
    with pytest.raises(LookupError):
        Cipher(ring()).encrypt_optional(wrong, new_id(), None)
    with pytest.raises(LookupError):
        Cipher(ring()).decrypt(wrong, Call(outcome="reached", id=new_id()))


def test_a_row_of_another_table_is_refused() -> None:
    with pytest.raises(LookupError, match=r"call\.note"):
        Cipher(ring()).decrypt(Call.note_cipher, DocumentItem(id=new_id(), document="id_card"))


def test_no_text_has_no_ciphertext_and_is_read_as_the_empty_text() -> None:
    cipher = Cipher(ring())

    assert cipher.encrypt_optional(Call.note_cipher, new_id(), "") is None
    assert cipher.decrypt(Call.note_cipher, Call(outcome="reached", id=new_id(), note_cipher=None)) == ""


def test_an_old_key_still_decrypts_its_values() -> None:
    row = new_id()
    old = Cipher(ring(current=1)).encrypt_at(NAME, row, "王小明")

    assert Cipher(ring(current=2)).decrypt_at(NAME, row, old) == "王小明"


def test_a_missing_key_is_reported_by_column_only() -> None:
    row = new_id()
    value = Cipher(ring(current=2)).encrypt_at(NAME, row, "王小明")
    without = Cipher(KeyRing(keys={1: FIRST}, current=1, search=SEARCH))

    with pytest.raises(UnreadableError, match=r"borrower\.name"):
        without.decrypt_at(NAME, row, value)


def test_a_digest_depends_on_the_kind_the_text_and_the_key() -> None:
    one = Cipher(ring())
    other = Cipher(KeyRing(keys={1: FIRST}, current=1, search=os.urandom(32)))

    assert one.digest("name", "wang") == one.digest("name", "wang")
    assert len({one.digest("name", "wang"), one.digest("tail", "wang"), one.digest("name", "li")}) == 3
    assert one.digest("name", "wang") != other.digest("name", "wang")


@pytest.mark.parametrize("text", ["", "x:abc", "1:%%%", "1:" + base64.b64encode(b"short").decode(), "300:AAAA"])
def test_an_invalid_key_setting_is_reported_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="key") as error:
        KeyRing.read(text, base64.b64encode(SEARCH).decode())

    assert "%%%" not in str(error.value)


def test_the_highest_key_id_encrypts() -> None:
    keys = ",".join(f"{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (3, 7, 5))

    assert KeyRing.read(keys, base64.b64encode(SEARCH).decode()).current == 7
