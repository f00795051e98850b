"""The file of the keys: in clear, as `loandesk keys new` prints them, or wrapped by a key in a KMS.

The wrapped keys are in a file and not in the database: a start needs them before it opens the database, a backup goes on
containing no key, and a new wrapping key rewrites one small file at once.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from storage.engine.cipher import KeyRing
from storage.keys.errors import DamagedKeysError, SecretFileError, UnopenedError
from storage.keys.kms import Kms, WrappingKey, check_known_value, known_value
from storage.keys.private_text import read_private

ENCRYPTION_KEYS = "LOANDESK_ENCRYPTION_KEYS"
SEARCH_KEY = "LOANDESK_SEARCH_KEY"

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class WrappedKeys:
    """Keys as a KMS wrapped them with its key `wrapping_key`: `encryption` by id. `known` is the wrapped known value."""

    wrapping_key: str
    known: bytes = field(repr=False)
    encryption: dict[int, bytes] = field(repr=False)
    search: bytes = field(repr=False)

    def written(self) -> str:
        """Return the text of the file."""
        document = {
            "loandesk_keys": _FORMAT,
            "wrapping_key": self.wrapping_key,
            "known_value": _base64(self.known),
            "encryption_keys": {str(number): _base64(value) for number, value in sorted(self.encryption.items())},
            "search_key": _base64(self.search),
        }
        return json.dumps(document, indent=2) + "\n"


def read_keys(path: Path) -> KeyRing | WrappedKeys:
    """Return what is in the file. Raises SecretFileError."""
    text = read_private(path)
    try:
        return _wrapped(text) if text.lstrip().startswith("{") else _plain(text)
    except ValueError as error:  # of KeyRing.read as well, which shows no key
        raise SecretFileError(f"{path}: {error}") from None


def written(ring: KeyRing) -> str:
    """Return the text of a file with these keys in clear, the same as in the environment."""
    keys = ",".join(f"{number}:{_base64(key)}" for number, key in sorted(ring.keys.items()))
    return f"{ENCRYPTION_KEYS}={keys}\n{SEARCH_KEY}={_base64(ring.search)}\n"


def wrap(ring: KeyRing, kms: Kms, wrapping_key: str) -> WrappedKeys:
    """Return the keys, wrapped by that key of the KMS, and opened once to be sure. Raises KmsAwayError."""
    with kms.opened(wrapping_key) as key:
        made = WrappedKeys(
            wrapping_key,
            known_value(key),
            {number: key.wrap(value, _place(number)) for number, value in ring.keys.items()},
            key.wrap(ring.search, _place(None)),
        )
        if _opened(made, key, kms) != ring:
            raise DamagedKeysError(f"{kms.place} opens something else than it wrapped")
    return made


def unwrap(wrapped: WrappedKeys, kms: Kms) -> KeyRing:
    """Return the keys. Raises KmsAwayError, and DamagedKeysError when the KMS works and does not open one."""
    with kms.opened(wrapped.wrapping_key) as key:
        return _opened(wrapped, key, kms)


def _opened(wrapped: WrappedKeys, key: WrappingKey, kms: Kms) -> KeyRing:
    check_known_value(key, wrapped.known, kms.place)

    def opened(value: bytes, number: int | None) -> bytes:
        try:
            found = key.unwrap(value, _place(number))
        except UnopenedError:
            check_known_value(key, wrapped.known, kms.place)  # the token may have gone meanwhile
            found = b""
        if len(found) != 32:
            named = "the search key" if number is None else f"encryption key {number}"
            raise DamagedKeysError(f"{kms.place} works, and does not open {named}: restore a copy of the file of keys")
        return found

    keys = {number: opened(value, number) for number, value in wrapped.encryption.items()}
    return KeyRing(keys=keys, current=max(keys), search=opened(wrapped.search, None))


def _plain(text: str) -> KeyRing:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, is_given, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not is_given or name not in (ENCRYPTION_KEYS, SEARCH_KEY) or name in found:
            raise ValueError(f"line {number} is not one of the two lines that `loandesk keys new` prints")
        found[name] = value
    if missing := [name for name in (ENCRYPTION_KEYS, SEARCH_KEY) if name not in found]:
        raise ValueError(f"{' and '.join(missing)} is missing in it")
    return KeyRing.read(found[ENCRYPTION_KEYS], found[SEARCH_KEY])


def _wrapped(text: str) -> WrappedKeys:
    try:
        document = cast(dict[str, Any], json.loads(text))
        release = document["loandesk_keys"]
        keys = {int(number): _bytes(value) for number, value in document["encryption_keys"].items()}
        if not keys or not all(1 <= number <= 255 for number in keys):
            raise ValueError
        bytes.fromhex(document["wrapping_key"])
        found = WrappedKeys(
            document["wrapping_key"], _bytes(document["known_value"]), keys, _bytes(document["search_key"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError("the wrapped keys in it are damaged: restore its copy") from None
    if release != _FORMAT:
        raise ValueError("a newer release wrapped the keys in it: use that one")
    return found


def _place(number: int | None) -> bytes:
    """Return what a wrapped key is bound to, so that none takes the place of another."""
    return b"loandesk search key" if number is None else f"loandesk encryption key {number}".encode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
