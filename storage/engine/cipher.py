"""Encryption of personal data at rest (AES-256-GCM), and the HMAC digests of the search index."""

import base64
import hashlib
import hmac
import os
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from sqlalchemy import Column
from sqlmodel import SQLModel

from storage.engine.rows import table_of

_NONCE = 12

CIPHER_SUFFIX = "_cipher"
"""Suffix of the name of an encrypted column. The name without it is the column in the associated data."""


SHARDS = 128
"""Under how many numbers a term of search may be written: those who share it share one of them only by chance. More tell a thief
less, and looking a word up takes longer (`python -m bench.index_leak`)."""

_SHARD_BYTES = tuple(bytes((0, number % SHARDS)) for number in range(256))
"""How the shard of a random byte ends the block of a term."""


class UnreadableError(Exception):
    """No key of the ring opens this ciphertext at this place: the key is wrong, or the value comes from another row."""


class WrongSearchKeyError(ValueError):
    """The key of the search index is not written as a key is; the message says why, without showing it."""


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys by id (1–255). `current` encrypts, the others only decrypt. `search` is the key of the search index."""

    keys: Mapping[int, bytes] = field(repr=False)
    current: int
    search: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str, search: str) -> "KeyRing":
        """Read `1:<base64 of 32 bytes>,2:…`; the highest id encrypts. `search` is base64 of 32 bytes.

        Raise ValueError naming what is wrong, without showing a key; WrongSearchKeyError if `search` is.
        """
        keys: dict[int, bytes] = {}
        for part in filter(None, (p.strip() for p in text.split(","))):
            number, _, value = part.partition(":")
            if not (number.isascii() and number.isdigit() and len(number) <= 3 and 1 <= int(number) <= 255):
                raise ValueError("each key is written id:base64, with an id of 1 to 255")
            if int(number) in keys:
                raise ValueError(f"the id {int(number)} is given twice: a new key needs a higher id of its own")
            keys[int(number)] = _key(value, f"key {number}")
        if not keys:
            raise ValueError("at least one key is needed, written id:base64")
        try:
            return cls(keys=keys, current=max(keys), search=_key(search, "the search key"))
        except ValueError as error:
            raise WrongSearchKeyError(str(error)) from None

    def checks(self) -> dict[int, str]:
        """Return for each key a value that identifies it and does not reveal it."""
        return {number: _check(key) for number, key in self.keys.items()}

    def signature(self, digest: bytes) -> str:
        """Return the signature of a backup with this digest. It needs the search key, which rotation does not change."""
        key = hmac.new(self.search, b"loandesk backup", hashlib.sha256).digest()
        return hmac.new(key, digest, hashlib.sha256).hexdigest()

    def audit_seal(self, content: bytes) -> bytes:
        """Return the HMAC of a segment of the audit trail. It needs the search key, which rotation does not change."""
        key = hmac.new(self.search, b"loandesk audit", hashlib.sha256).digest()
        return hmac.new(key, content, hashlib.sha256).digest()

    def words_digest(self, content: bytes) -> str:
        """Return the HMAC of what a message said, for the audit trail: a plain hash of a short text gives it away to who tries
        texts. It needs the search key, which rotation does not change."""
        key = hmac.new(self.search, b"loandesk words", hashlib.sha256).digest()
        return hmac.new(key, content, hashlib.sha256).hexdigest()

    def erased_mark(self, content: bytes) -> str:
        """Return the HMAC of a line of the list of erased records. It needs the search key, which rotation does not change."""
        key = hmac.new(self.search, b"loandesk erased", hashlib.sha256).digest()
        return hmac.new(key, content, hashlib.sha256).hexdigest()[:32]

    def shard_key(self) -> bytes:
        """Return the key by which the shards of a search term become numbers."""
        return hmac.new(self.search, b"loandesk search shards", hashlib.sha256).digest()

    def search_check(self) -> str:
        """Return the same for the key of the search index."""
        return _check(self.search)


def key_of(value: bytes) -> int:
    """Return the id of the key that made this ciphertext; 0, which is no key's, for a damaged one of which nothing is left."""
    return value[0] if value else 0


def keys_in_steps(steps: list[dict[str, Any]]) -> set[int]:
    """Return the ids of the keys that made the ciphertexts in the steps of an Undo."""
    return {key_of(value) for step in steps for _, value in ciphertexts(step)}


def ciphertexts(step: dict[str, Any]) -> list[tuple[str, bytes]]:
    """Return the encrypted columns in a step of an Undo as name and ciphertext, without those of which nothing is left."""
    before: dict[str, Any] = step["before"] or {}
    return [
        (name, base64.b64decode(value["bytes"]))
        for name, value in before.items()
        if name.endswith(CIPHER_SUFFIX) and value is not None and value["bytes"]
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


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """An encrypted column by the names of its table and column. Made by `encrypted_column`."""

    table: str
    name: str

    def associated_data(self, row_id: UUID) -> bytes:
        """Return `table:row id:column`, with the column's name without its suffix."""
        return f"{self.table}:{row_id}:{self.name.removesuffix(CIPHER_SUFFIX)}".encode()

    def __str__(self) -> str:
        return f"{self.table}.{self.name.removesuffix(CIPHER_SUFFIX)}"


@cache
def encrypted_column(table: str, name: str) -> EncryptedColumn:
    """Return the encrypted column of that name. Raises LookupError if the table has no such `…_cipher` column."""
    known = SQLModel.metadata.tables.get(table)
    if known is None or name not in known.columns or not name.endswith(CIPHER_SUFFIX):
        raise LookupError(f"{table}.{name} is not an encrypted column")
    return EncryptedColumn(table, name)


def all_encrypted_columns() -> list[EncryptedColumn]:
    """Return every encrypted column of the tables that are imported, by table."""
    tables = sorted(SQLModel.metadata.tables.items())
    return [EncryptedColumn(name, c.name) for name, t in tables for c in t.columns if c.name.endswith(CIPHER_SUFFIX)]


class Cipher:
    """Encrypts texts for one column of one row, and makes search digests.

    A ciphertext is: key id (1 byte), nonce (12), AES-256-GCM of the UTF-8 text with the associated data
    `table:row id:column`, so a value copied to another row cannot be decrypted there. A column is given as the attribute
    of its table's class: `encrypt(Call.note_cipher, row_id, text)`, `decrypt(Call.note_cipher, call)`.
    """

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._ciphers = {number: AESGCM(key) for number, key in ring.keys.items()}
        self._hmac = HMAC(ring.search, SHA256())
        # Single blocks that never repeat for one entry: a permutation with a key, and no text is encrypted.
        self._shards = BlockCipher(AES256(ring.shard_key()), ECB())

    def encrypt(self, column: Any, row_id: UUID, text: str) -> bytes:
        """Return the ciphertext of `text` for that column of that row. Raises LookupError: not an encrypted column."""
        return self.encrypt_at(_column_of(column), row_id, text)

    def encrypt_optional(self, column: Any, row_id: UUID, text: str | None) -> bytes | None:
        """Return the ciphertext of `text`, or None for None and for the empty text. Raises LookupError."""
        known = _column_of(column)
        return self.encrypt_at(known, row_id, text) if text else None

    def decrypt(self, column: Any, row: SQLModel) -> str:
        """Return the text of a row's column, empty if there is none. Raises UnreadableError, LookupError."""
        known, keyed = _column_of(column), cast(Any, row)
        if table_of(type(row)) is not column.table:
            raise LookupError(f"{known}: the row is of {type(row).__name__}")
        value: bytes | None = getattr(keyed, known.name)
        return self.decrypt_at(known, keyed.id, value) if value else ""

    def encrypt_at(self, column: EncryptedColumn, row_id: UUID, text: str) -> bytes:
        """Return the ciphertext of `text` for that column of that row."""
        nonce = os.urandom(_NONCE)
        body = self._ciphers[self.ring.current].encrypt(nonce, text.encode(), column.associated_data(row_id))
        return bytes([self.ring.current]) + nonce + body

    def encrypt_rows(
        self, columns: Sequence[EncryptedColumn], row_ids: Sequence[UUID], *texts: Sequence[str]
    ) -> list[list[bytes]]:
        """Return the ciphertexts of one table's rows column by column: `texts` has a text for each row of each column."""
        encrypt, begin = self._ciphers[self.ring.current].encrypt, bytes([self.ring.current])
        noise = os.urandom(_NONCE * len(row_ids) * len(columns))
        nonces = (noise[at : at + _NONCE] for at in range(0, len(noise), _NONCE))
        ids = [str(row_id) for row_id in row_ids]
        found: list[list[bytes]] = []
        for column, given in zip(columns, texts, strict=True):
            table, name = column.table, column.name.removesuffix(CIPHER_SUFFIX)
            found.append(
                [
                    begin + nonce + encrypt(nonce, text.encode(), f"{table}:{row_id}:{name}".encode())
                    for row_id, text, nonce in zip(ids, given, nonces, strict=False)
                ]
            )
        return found

    def decrypt_at(self, column: EncryptedColumn, row_id: UUID, value: bytes) -> str:
        """Return the text of a ciphertext of that column of that row. Raises UnreadableError."""
        cipher = self._ciphers.get(value[0]) if value else None
        if cipher is None:
            raise UnreadableError(f"{column}: no key of that id")
        nonce, body = value[1 : 1 + _NONCE], value[1 + _NONCE :]
        try:
            return cipher.decrypt(nonce, body, column.associated_data(row_id)).decode()
        except (InvalidTag, ValueError):  # ValueError: a nonce that is too short, or no UTF-8
            raise UnreadableError(f"{column}: does not open with its key here") from None

    def digest(self, kind: str, text: str) -> bytes:
        """Return 16 bytes of the HMAC-SHA256 of a search term of this kind."""
        keyed = self._hmac.copy()  # a third of the time of `hmac.digest`, which hashes the key each time
        keyed.update(f"{kind}\0{text}".encode())
        return keyed.finalize()[:16]

    def number(self, kind: str, text: str) -> int:
        """Return the search term as a number of 64 bits, the same wherever it occurs."""
        return int.from_bytes(self.digest(kind, text)[:8], "big", signed=True)

    def scattered(self, digests: Sequence[bytes]) -> list[int]:
        """Return the search terms of these digests as numbers of 64 bits, each of a shard that is drawn by lot."""
        shards = os.urandom(len(digests))
        return self._numbers(b"".join([d[:14] + _SHARD_BYTES[s] for d, s in zip(digests, shards, strict=True)]))

    def of_every_shard(self, digest: bytes) -> list[int]:
        """Return the numbers that `scattered` may return for the search term of this digest."""
        return self._numbers(digest[:14].join((b"", *_SHARD_BYTES[:SHARDS])))

    def _numbers(self, blocks: bytes) -> list[int]:
        found = array("q", self._shards.encryptor().update(blocks))
        if sys.byteorder == "big":
            found.byteswap()
        return found[::2].tolist()


def _column_of(attribute: Any) -> EncryptedColumn:
    if not isinstance(attribute, Column):
        raise LookupError(f"not a column of a table: {type(attribute).__name__}")
    return encrypted_column(attribute.table.name, attribute.key)
