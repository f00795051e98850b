"""A token of Debian's SoftHSM, and a KMS in memory that can be told to fail."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from storage.keys.errors import KmsAwayError, UnopenedError
from storage.keys.pkcs11_token import Pkcs11Kms

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "135792"


@dataclass
class SoftToken:
    """A token in a folder of its own."""

    folder: Path
    label: str = "desk of tests"

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings that name it."""
        return {"pkcs11_module": MODULE, "pkcs11_token": self.label, "pkcs11_pin": PIN}

    def kms(self, **other: str) -> Pkcs11Kms:
        named = {"module": MODULE, "token": self.label, "key_label": "loandesk", "pin": PIN}
        return Pkcs11Kms(**named | other)

    def keys(self) -> list[str]:
        """Return the ids of the wrapping keys in it."""
        library = pkcs11.lib(MODULE)
        with library.get_token(token_label=self.label).open(user_pin=PIN) as session:
            found = [key[Attribute.ID].hex() for key in session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY})]
        library.finalize()
        return found

    def add_token(self, label: str) -> None:
        command = ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", PIN]
        subprocess.run(command, check=True, capture_output=True)

    @contextlib.contextmanager
    def away(self) -> Generator[None]:
        """Take the token away, as when an HSM is unplugged."""
        elsewhere = self.folder.with_name("away")
        self.folder.rename(elsewhere)
        self.folder.mkdir()
        try:
            yield
        finally:
            self.folder.rmdir()
            elsewhere.rename(self.folder)


def soft_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> SoftToken:
    """Return a new token with its library's settings in the environment."""
    if shutil.which("softhsm2-util") is None:
        reason = "SoftHSM is not installed: sh tests/storage/keys/install_softhsm.sh"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    tokens = folder / "tokens"
    tokens.mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    token = SoftToken(tokens)
    token.add_token(token.label)
    return token


@dataclass
class MemoryKms:
    """A KMS that keeps what it wrapped in memory. `works` is false when it opens nothing, `is_there` when it is away."""

    works: bool = True
    is_there: bool = True
    place: str = "the KMS of the tests"
    kept: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    opened_times: int = 0

    def make_key(self) -> str:
        return os.urandom(16).hex()

    def delete_key(self, key_id: str) -> None:
        raise KmsAwayError(f"{self.place} deletes no key")

    @contextlib.contextmanager
    def opened(self, key_id: str) -> Generator["MemoryKey"]:
        self.opened_times += 1
        if not self.is_there:
            raise KmsAwayError(f"{self.place} is away")
        yield MemoryKey(self, bytes.fromhex(key_id))


@dataclass
class MemoryKey:
    kms: MemoryKms
    name: bytes

    def wrap(self, value: bytes, place: bytes) -> bytes:
        wrapped = os.urandom(24)
        self.kms.kept[wrapped] = (value, self.name + place)
        return wrapped

    def unwrap(self, wrapped: bytes, place: bytes) -> bytes:
        value, bound_to = self.kms.kept.get(wrapped, (b"", b""))
        if not self.kms.works or bound_to != self.name + place:
            raise UnopenedError
        return value
