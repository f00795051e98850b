"""The file of the keys: who may read it, what may be in it, and what a KMS wrapped."""

import base64
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.engine.cipher import KeyRing
from storage.keys.errors import DamagedKeysError, KeysError, KmsAwayError, SecretFileError
from storage.keys.key_file import WrappedKeys, read_keys, unwrap, wrap, written
from storage.keys.private_text import read_private
from tests.softhsm import MemoryKms

KEY = st.binary(min_size=32, max_size=32)
RINGS = st.builds(
    lambda keys, search: KeyRing(keys=keys, current=max(keys), search=search),
    st.dictionaries(st.integers(1, 255), KEY, min_size=1, max_size=3),
    KEY,
)
RING = KeyRing(keys={1: bytes(range(32)), 2: bytes(range(1, 33))}, current=2, search=bytes(range(2, 34)))


def private(folder: Path, text: str | bytes, mode: int = 0o600) -> Path:
    file = folder / "keys"
    file.unlink(missing_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(mode)
    return file


def test_a_file_that_others_may_read_or_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for mode in (0o600, 0o400, 0o700):
        assert read_private(private(tmp_path, "secret", mode)) == "secret"
    for mode in (0o640, 0o604, 0o620, 0o602, 0o644, 0o444, 0o660, 0o666):
        with pytest.raises(SecretFileError, match="chmod 600") as refused:
            read_private(private(tmp_path, "secret", mode))
        assert "secret" not in str(refused.value).removeprefix(str(tmp_path))
    # systemd lets the service read a credential by an access list, which looks like the right of a group
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read_private(private(tmp_path, "secret", 0o440)) == "secret"
    for mode in (0o460, 0o444):
        with pytest.raises(SecretFileError, match="chmod 600"):
            read_private(private(tmp_path, "secret", mode))


def test_a_file_of_another_account_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = private(tmp_path, "secret")
    if os.geteuid() == 0:
        os.chown(file, 4243, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(SecretFileError, match=r"belongs to .*chown"):
        read_private(file)


def test_what_is_no_file_of_text_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for path, said in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe", "is not a file"),
        (private(tmp_path, b"\xff\xfe"), "UTF-8"),
    ):
        with pytest.raises(SecretFileError, match=said):
            read_private(path)
    with pytest.raises(SecretFileError, match="too large"):
        read_private(private(tmp_path, "x" * 65_537))


@settings(max_examples=30)
@given(RINGS)
def test_what_is_written_is_read_and_what_is_wrapped_is_unwrapped(
    tmp_path_factory: pytest.TempPathFactory, ring: KeyRing
) -> None:
    folder, kms = tmp_path_factory.getbasetemp(), MemoryKms()
    assert read_keys(private(folder, "# of the desk\n\n" + written(ring))) == ring
    wrapped = wrap(ring, kms, kms.make_key())
    text = wrapped.written()
    assert read_keys(private(folder, text)) == wrapped
    assert unwrap(wrapped, kms) == ring
    for secret in (*ring.keys.values(), ring.search):
        assert base64.b64encode(secret).decode() not in text
        assert secret.hex() not in repr(wrapped) + repr(ring)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "LOANDESK_ENCRYPTION_KEYS and LOANDESK_SEARCH_KEY is missing"),
        (written(RING).splitlines()[0], "LOANDESK_SEARCH_KEY is missing"),
        (written(RING) + "DATABASE_URL=sqlite://", "line 3"),
        (written(RING) * 2, "line 3"),
        ("just a key", "line 1"),
        (written(RING).replace("1:", "1:x", 1), "key 1"),
        (written(RING).replace("2:", "300:", 1), "1 to 255"),
        ("{", "damaged"),
        ("{}", "damaged"),
        ('{"loandesk_keys": ' + "[" * 5000, "damaged"),
        ('{"loandesk_keys": 1, "encryption_keys": []}', "damaged"),
    ],
)
def test_another_content_is_refused_and_shows_no_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SecretFileError, match=said) as refused:
        read_keys(private(tmp_path, text))
    for secret in (*RING.keys.values(), RING.search):
        assert base64.b64encode(secret).decode()[4:] not in str(refused.value)


def test_wrapped_keys_of_a_newer_release_and_damaged_ones_are_refused(tmp_path: Path) -> None:
    kms = MemoryKms()
    document = json.loads(wrap(RING, kms, kms.make_key()).written())
    with pytest.raises(SecretFileError, match="newer release"):
        read_keys(private(tmp_path, json.dumps(document | {"loandesk_keys": 2})))
    for wrong in (
        {"encryption_keys": {}},
        {"encryption_keys": {"0": "AAAA"}},
        {"encryption_keys": {"256": "AAAA"}},
        {"encryption_keys": {"1": "%"}},
        {"wrapping_key": "xyz"},
        {"wrapping_key": 1},
        {"search_key": None},
        {"known_value": 7},
    ):
        with pytest.raises(SecretFileError, match="damaged"):
            read_keys(private(tmp_path, json.dumps(document | wrong)))


def test_each_wrapped_key_opens_in_its_own_place_alone() -> None:
    kms = MemoryKms()
    wrapped = wrap(RING, kms, kms.make_key())
    one, two = wrapped.encryption[1], wrapped.encryption[2]
    for changed, said in (
        (replace(wrapped, encryption={1: two, 2: one}), "encryption key 1"),
        (replace(wrapped, encryption={1: one, 3: two}), "encryption key 3"),
        (replace(wrapped, search=one), "the search key"),
        (replace(wrapped, encryption={1: one, 2: b""}), "encryption key 2"),
        (replace(wrapped, known=one), "of another key"),
        (replace(wrapped, wrapping_key=kms.make_key()), "of another key"),
    ):
        with pytest.raises(DamagedKeysError, match=said):
            unwrap(changed, kms)


def test_a_kms_that_opens_nothing_is_not_taken_for_damaged_keys() -> None:
    kms = MemoryKms()
    wrapped = wrap(RING, kms, kms.make_key())
    for broken in (MemoryKms(works=False, kept=kms.kept), MemoryKms(is_there=False, kept=kms.kept)):
        with pytest.raises(KmsAwayError):
            unwrap(wrapped, broken)
    assert not issubclass(KmsAwayError, KeysError)
    assert isinstance(wrapped, WrappedKeys)
