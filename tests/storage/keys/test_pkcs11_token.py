"""Wrapping keys in a token of SoftHSM: they never leave it, and what is wrong is told apart and named."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from storage.engine.cipher import KeyRing
from storage.keys.errors import DamagedKeysError, KmsAwayError, UnopenedError
from storage.keys.key_file import unwrap, wrap
from storage.keys.kms import check_known_value, known_value
from storage.keys.probe import question
from tests.softhsm import MODULE, PIN, SoftToken, soft_token

RING = KeyRing(keys={1: bytes(range(32)), 2: bytes(range(1, 33))}, current=2, search=bytes(range(2, 34)))


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    return soft_token(tmp_path, monkeypatch)


def test_a_wrapping_key_never_leaves_the_token_and_does_nothing_else(token: SoftToken) -> None:
    kms = token.kms()
    key_id = kms.make_key()
    session = pkcs11.lib(MODULE).get_token(token_label=token.label).open(user_pin=PIN)
    key = session.get_key(object_class=ObjectClass.SECRET_KEY, id=bytes.fromhex(key_id))
    uses = ("ENCRYPT", "DECRYPT", "WRAP", "UNWRAP", "SIGN", "VERIFY", "DERIVE")
    assert [each for each in uses if key[Attribute[each]]] == ["ENCRYPT", "DECRYPT"]
    assert (key[Attribute.SENSITIVE], key[Attribute.EXTRACTABLE], key[Attribute.PRIVATE]) == (True, False, True)
    assert (key[Attribute.ALWAYS_SENSITIVE], key[Attribute.NEVER_EXTRACTABLE]) == (True, True)
    with pytest.raises(pkcs11.AttributeSensitive):
        key[Attribute.VALUE]
    with pytest.raises(KmsAwayError, match="open in this process already"), kms.opened(key_id):
        pass
    wrapped = wrap(RING, kms, key_id)
    assert unwrap(wrapped, kms) == RING
    assert PIN not in repr(kms)


def test_a_wrong_place_and_a_damaged_value_are_told_from_a_token_that_breaks(token: SoftToken) -> None:
    kms = token.kms()
    key_id = kms.make_key()
    with kms.opened(key_id) as key:
        wrapped, known = key.wrap(b"secret", b"here"), known_value(key)
        assert key.unwrap(wrapped, b"here") == b"secret"
        for value, place in (
            (wrapped, b"there"),
            (wrapped[:-1] + b"x", b"here"),
            (wrapped[:9], b"here"),
            (b"", b"here"),
        ):
            with pytest.raises(UnopenedError):
                key.unwrap(value, place)
        check_known_value(key, known, kms.place)
        with pytest.raises(DamagedKeysError, match="works, and does not open"):
            check_known_value(key, known[:-1] + bytes([known[-1] ^ 1]), kms.place)
        with token.away(), pytest.raises(KmsAwayError, match=token.label):
            check_known_value(key, known, kms.place)
    with kms.opened(key_id) as key:  # it is back
        check_known_value(key, known, kms.place)


def test_what_is_missing_is_named_with_what_to_do(token: SoftToken) -> None:
    kms, key_id = token.kms(), token.kms().make_key()
    with token.away(), pytest.raises(KmsAwayError, match=f"no token with the label '{token.label}'; it has"):
        kms.make_key()
    for other, said in (
        (token.kms(pin="999999"), "slot .* refuses the PIN"),
        (token.kms(pin=""), "refuses the PIN|cannot be opened"),
        (token.kms(token="other"), f"'other'; it has .*'{token.label}' in slot .*LOANDESK_PKCS11_TOKEN"),
        (token.kms(module="/none.so"), "LOANDESK_PKCS11_MODULE"),
        (token.kms(module="libc.so.6"), "LOANDESK_PKCS11_MODULE"),
    ):
        with pytest.raises(KmsAwayError, match=said) as refused, other.opened(key_id):
            pass
        assert PIN not in str(refused.value)
        assert "999999" not in str(refused.value)
    with (
        pytest.raises(KmsAwayError, match=f'has no wrapping key.*"loandesk" with the id {"ab" * 16}'),
        kms.opened("ab" * 16),
    ):
        pass
    token.add_token(token.label)
    with pytest.raises(KmsAwayError, match="several tokens"):
        kms.make_key()


def test_one_session_is_open_at_a_time(token: SoftToken) -> None:
    kms = token.kms()
    wrapped = wrap(RING, kms, kms.make_key())
    opened: list[KeyRing] = []
    threads = [threading.Thread(target=lambda: opened.append(unwrap(wrapped, kms))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [RING] * 4


def test_a_process_of_its_own_asks_and_says_what_is_wrong(token: SoftToken) -> None:
    kms = token.kms()
    wrapped = wrap(RING, kms, kms.make_key())
    asked = question(kms, wrapped.wrapping_key, wrapped.known)
    assert PIN in json.loads(asked)["kms"]["pin"]

    def answer() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "storage.keys.probe"], input=asked, capture_output=True, check=False
        )
        return done.returncode, done.stdout.decode()

    assert answer() == (0, "")
    shutil.rmtree(token.folder)
    code, said = answer()
    assert (code, token.label in said) == (1, True)
