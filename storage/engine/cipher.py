"""Encryption of personal data at rest (AES-256-GCM), and the HMAC digests of the search index."""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12

CIPHER_SUFFIX = "_cipher"
"""Suffix of the name of an encrypted column. The name without it is the column in the associated data."""


class UnreadableError(Exception):
    """No key of the ring opens this ciphertext at this place: the key is wrong, or the value comes from another row."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id (1–255). `current` encrypts, the others only decrypt. `search` is the key of the search index."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int
    search: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str, search: str) -> "KeyRing":
        """Read `1:<base64 of 32 bytes>,2:…`; the highest id encrypts. `search` is base64 of 32 bytes.

        Raise ValueError naming what is wrong, without showing a key.
        """
        keys: dict[int, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            number, _, value = part.partition(":")
            if not number.isdigit() or not 1 <= int(number) <= 255:
                raise ValueError("each key is written id:base64, with an id of 1 to 255")
            keys[int(number)] = _key(value, f"key {number}")
        if not keys:
            raise ValueError("at least one key is needed, written id:base64")
        return cls(keys=keys, current=max(keys), search=_key(search, "the search key"))

    def checks(self) -> dict[int, str]:
        """Return for each key a value that identifies it and does not reveal it."""
        return {number: _check(key) for number, key in self.keys.items()}

    def search_check(self) -> str:
        """Return the same for the key of the search index."""
        return _check(self.search)


def key_of(value: bytes) -> int:
    """Return the id of the key that made this ciphertext."""
    return value[0]


def keys_in_steps(steps: list[dict[str, Any]]) -> set[int]:
    """Return the ids of the keys that made the ciphertexts in the steps of an Undo."""
    return {key_of(value) for step in steps for _, value in ciphertexts(step)}


def ciphertexts(step: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Return the encrypted columns in a step of an Undo as name and ciphertext."""
    before: dict[str, Any] = step["before"] or {}
    return [
        (name, base64.b64decode(value["bytes"]))
        for name, value in before.items()
        if name.endswith(CIPHER_SUFFIX) and value is not None
    ]


def _check(key: bytes) -> str:
    return hmac.new(key, b"loandesk key check", hashlib.sha256).hexdigest()[:16]


def _key(value: str, name: str) -> bytes:
    try:
        key = base64.b64decode(value, validate=True)
    except ValueError:
        raise ValueError(f"{name} is not base64") from None
    if len(key) != 32:
        raise ValueError(f"{name} must be 32 bytes, not {len(key)}")
    return key


class Cipher:
    """Encrypt texts for one table, row and column, and compute search digests.

    A ciphertext is: key id (1 byte), nonce (12), AES-256-GCM of the UTF-8 text with the associated data
    `table:row id:column`. So a value copied to another row does not decrypt there.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._ciphers = {number: AESGCM(key) for number, key in ring.keys.items()}

    def encrypt(self, text: str, table: str, row: UUID, column: str) -> bytes:
        """Return the ciphertext of `text` for this place."""
        nonce = os.urandom(_NONCE)
        body = self._ciphers[self.ring.current].encrypt(nonce, text.encode(), _place(table, row, column))
        return bytes([self.ring.current]) + nonce + body

    def decrypt(self, value: bytes, table: str, row: UUID, column: str) -> str:
        """Return the text of `value`. Raise UnreadableError."""
        cipher = self._ciphers.get(value[0]) if value else None
        if cipher is None:
            raise UnreadableError(f"{table}.{column}: no key of that id")
        try:
            return cipher.decrypt(value[1 : 1 + _NONCE], value[1 + _NONCE :], _place(table, row, column)).decode()
        except InvalidTag:
            raise UnreadableError(f"{table}.{column}: does not open with its key here") from None

    def encrypt_maybe(self, text: str | None, table: str, row: UUID, column: str) -> bytes | None:
        """Encrypt; return None for None and for the empty text."""
        return self.encrypt(text, table, row, column) if text else None

    def decrypt_maybe(self, value: bytes | None, table: str, row: UUID, column: str) -> str:
        """Decrypt; return the empty text for None."""
        return self.decrypt(value, table, row, column) if value else ""

    def digest(self, kind: str, text: str) -> bytes:
        """Return the first 16 bytes of the HMAC-SHA256 of a search term of this kind."""
        return hmac.new(self.ring.search, f"{kind}\0{text}".encode(), hashlib.sha256).digest()[:16]


def _place(table: str, row: UUID, column: str) -> bytes:
    return f"{table}:{row}:{column}".encode()
