"""The keys that sign case files (Ed25519): made by the desk, kept encrypted in its database, replaced on demand.

A key of its own, and none derived from the search key: it is replaced without touching the index, it is encrypted again when
keys are rotated, and what a backup has of it opens with the desk's keys alone. A retired key loses its private part and keeps
its public one, so that old case files can still be told from forged ones.
"""

import base64
import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.engine.types import new_id
from storage.queries.cases import cases
from storage.tables import SigningKey


@dataclass(frozen=True, slots=True)
class Signer:
    """The present key: its number, its public part, and what signs with it."""

    number: int
    public: bytes
    key: Ed25519PrivateKey

    def sign(self, content: bytes) -> bytes:
        """Return the signature of 64 bytes."""
        return self.key.sign(content)


async def signer(desk: Desk) -> Signer:
    """Return the present key of the workspace; the first case file makes it. Raises UnreadableError: no key opens it."""
    known = await cases.keys(desk.session, desk.workspace.id, locked=True)
    row = known[0] if known else _new_key(desk, 1)
    private = base64.b64decode(desk.cipher.decrypt(SigningKey.private_cipher, row))
    return Signer(row.number, row.public, Ed25519PrivateKey.from_private_bytes(private))


async def replace_key(desk: Desk, by: str) -> SigningKey:
    """Retire the present key, delete its private part, and return its successor. `by` is the operator."""
    known = await cases.keys(desk.session, desk.workspace.id, locked=True)
    for row in known:
        if row.retired_at is None:
            row.retired_at, row.private_cipher = desk.now, None
            desk.add(row)
    return _new_key(desk, known[0].number + 1 if known else 1, by=by)


async def public_keys(desk: Desk) -> list[SigningKey]:
    """Return the keys of the workspace, the present one first."""
    return await cases.keys(desk.session, desk.workspace.id)


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 of a public key as people compare it: in groups of four digits."""
    digits = hashlib.sha256(public).hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _new_key(desk: Desk, number: int, by: str = "") -> SigningKey:
    key, row_id = Ed25519PrivateKey.generate(), new_id()
    private = base64.b64encode(key.private_bytes_raw()).decode()
    row = SigningKey(
        id=row_id,
        workspace_id=desk.workspace.id,
        number=number,
        public=key.public_key().public_bytes_raw(),
        private_cipher=desk.cipher.encrypt(SigningKey.private_cipher, row_id, private),
        made_at=desk.now,
    )
    desk.add(row)
    desk.audit("signing_key", subject_id=row_id, number=number, public=row.public.hex(), by=by or None)
    return row
