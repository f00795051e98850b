"""A key management service: it keeps a wrapping key, which never leaves it, and with that wraps and unwraps our keys."""

from contextlib import AbstractContextManager
from typing import Protocol

from storage.keys.errors import DamagedKeysError, KmsAwayError, UnopenedError

_KNOWN = b"loandesk known value"
_KNOWN_PLACE = b"loandesk known value"


class WrappingKey(Protocol):
    """A key in the KMS, ready for use."""

    def wrap(self, value: bytes, place: bytes) -> bytes:
        """Return the value, encrypted and bound to its place. Raises KmsAwayError."""
        ...

    def unwrap(self, wrapped: bytes, place: bytes) -> bytes:
        """Return the value that was wrapped for this place. Raises UnopenedError."""
        ...


class Kms(Protocol):
    """Where wrapping keys are. `place` is what people call it: the token and its library."""

    @property
    def place(self) -> str: ...

    def make_key(self) -> str:
        """Make a wrapping key that cannot leave the KMS, and return its id. Raises KmsAwayError."""
        ...

    def delete_key(self, key_id: str) -> None:
        """Delete a wrapping key that wraps nothing. Raises KmsAwayError."""
        ...

    def opened(self, key_id: str) -> AbstractContextManager[WrappingKey]:
        """Return that wrapping key, for as long as the context lasts. Raises KmsAwayError."""
        ...


def known_value(key: WrappingKey) -> bytes:
    """Return a value of which we know what it is, wrapped: who opens it has the right key, and one that works."""
    return key.wrap(_KNOWN, _KNOWN_PLACE)


def check_known_value(key: WrappingKey, known: bytes, place: str) -> None:
    """Return if the key opens the known value.

    A KMS answers a broken token, a wrong key and a damaged value alike, so the key is asked to open what it has just
    wrapped: raises KmsAwayError when it cannot, and DamagedKeysError when it can.
    """
    if _opens(key, known):
        return
    if _opens(key, known_value(key)):
        raise DamagedKeysError(
            f"{place} works, and does not open the wrapped keys: the file is damaged, or of another key. Restore its copy"
        )
    raise KmsAwayError(f"{place} does not open what it has just wrapped: look at its own log")


def _opens(key: WrappingKey, wrapped: bytes) -> bool:
    try:
        return key.unwrap(wrapped, _KNOWN_PLACE) == _KNOWN
    except UnopenedError:
        return False
