"""A KMS behind PKCS#11: an HSM, or SoftHSM.

A token is opened for one piece of work and closed after it, with one session, one key and one lock: the library is
initialised without threads, and a second login of a process is refused. The running desk needs no token: its keys were
unwrapped when it started.
"""

import contextlib
import os
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.exceptions import (
    MultipleObjectsReturned,
    MultipleTokensReturned,
    NoSuchKey,
    NoSuchToken,
    PinExpired,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from storage.keys.errors import KmsAwayError, UnopenedError

_IV = 12
"""Bytes, of AES-GCM: SP 800-38D recommends it, and python-pkcs11 takes no more."""

_TAG_BITS = 128

_LOCK = threading.Lock()
"""Held while a token is open."""

_WRAPPING: dict[Attribute, Any] = {
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.MODIFIABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
    Attribute.DERIVE: False,
}
"""What a wrapping key is and may be used for. All of it is said: what a library assumes otherwise differs."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """The wrapping key in an open session."""

    key: Any
    place: str

    def wrap(self, value: bytes, place: bytes) -> bytes:
        """Return IV and ciphertext. Raises KmsAwayError."""
        iv = os.urandom(_IV)
        try:
            return iv + self.key.encrypt(value, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(iv, place))
        except PKCS11Error as error:
            raise KmsAwayError(f"{self.place} does not encrypt ({_name(error)}): look at its own log") from None

    def unwrap(self, wrapped: bytes, place: bytes) -> bytes:
        """Return what was wrapped for this place. Raises UnopenedError."""
        iv, body = wrapped[:_IV], wrapped[_IV:]
        if len(body) < _TAG_BITS // 8:
            raise UnopenedError
        try:
            return self.key.decrypt(body, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(iv, place))
        except PKCS11Error:
            raise UnopenedError from None


@dataclass(frozen=True, slots=True)
class Pkcs11Kms:
    """A token, by the path of its library and its label. New wrapping keys get the label `key_label`."""

    module: str
    token: str
    key_label: str
    pin: str = field(repr=False)

    @property
    def place(self) -> str:
        """Return the token and its library, for people."""
        return f'the token "{self.token}" of {self.module}'

    def make_key(self) -> str:
        """Make a wrapping key that never leaves the token. Return its id. Raises KmsAwayError."""
        key_id = os.urandom(16)
        with self._session(rw=True) as session:
            try:
                session.generate_key(
                    KeyType.AES,
                    256,
                    id=key_id,
                    label=self.key_label,
                    store=True,
                    capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                    template=_WRAPPING,
                )
            except PKCS11Error as error:
                raise KmsAwayError(
                    f"{self.place} makes no AES key ({_name(error)}): may this user make keys in it?"
                ) from None
        return key_id.hex()

    def delete_key(self, key_id: str) -> None:
        """Delete a wrapping key that wraps nothing. Raises KmsAwayError."""
        with self._session(rw=True) as session:
            try:
                self._key(session, key_id).destroy()
            except PKCS11Error as error:
                raise KmsAwayError(f"{self.place} does not delete the key {key_id} ({_name(error)})") from None

    @contextlib.contextmanager
    def opened(self, key_id: str) -> Generator[TokenKey]:
        """Open the token, and return the wrapping key of that id. Raises KmsAwayError."""
        with self._session() as session:
            yield TokenKey(self._key(session, key_id), self.place)

    def _key(self, session: Any, key_id: str) -> Any:
        try:
            return session.get_key(object_class=ObjectClass.SECRET_KEY, id=bytes.fromhex(key_id))
        except NoSuchKey:
            why = "has no wrapping key of that id: it is another token, or the key was deleted"
        except MultipleObjectsReturned:
            why = "has several wrapping keys of that id: delete the wrong ones"
        except PKCS11Error as error:
            why = f"cannot be searched ({_name(error)})"
        raise KmsAwayError(f'{self.place} {why}. The wrapped keys need the key "{self.key_label}" with the id {key_id}')

    @contextlib.contextmanager
    def _session(self, *, rw: bool = False) -> Generator[Any]:
        with _LOCK:
            library = self._library()
            try:
                session = self._open(library, rw=rw)
                try:
                    yield session
                finally:
                    with contextlib.suppress(PKCS11Error):
                        session.close()
            finally:
                # The next one begins again: a token that was away and is back is seen only then.
                with contextlib.suppress(PKCS11Error):
                    library.finalize()

    def _library(self) -> Any:
        try:
            return pkcs11.lib(self.module)
        except PKCS11Error as error:
            why = f"{error}" if error.args else _name(error)
        raise KmsAwayError(
            f"{self.place} cannot be reached, because the library does not start ({why}): check LOANDESK_PKCS11_MODULE, the "
            "library's own settings (SoftHSM: SOFTHSM2_CONF), and that this account may read them"
        )

    def _open(self, library: Any, *, rw: bool) -> Any:
        try:
            token = library.get_token(token_label=self.token)
            where = f"{self.place}, slot {token.slot.slot_id}"
        except (NoSuchToken, MultipleTokensReturned) as error:
            raise KmsAwayError(self._unnamed(library, error)) from None
        except PKCS11Error as error:
            raise KmsAwayError(f"{self.place} cannot be found ({_name(error)}): is it connected?") from None
        try:
            return token.open(rw=rw, user_pin=self.pin)
        except PinLocked:
            why = "is locked after too many wrong PINs: its security officer unlocks it"
        except (PinIncorrect, PinInvalid, PinLenRange, PinExpired) as error:
            why = f"refuses the PIN ({_name(error)}): check LOANDESK_PKCS11_PIN or its file. A few wrong ones lock the token"
        except UserAlreadyLoggedIn:
            why = "is open in this process already"
        except PKCS11Error as error:
            why = f"cannot be opened ({_name(error)}): is it connected?"
        raise KmsAwayError(f"{where} {why}")

    def _unnamed(self, library: Any, error: PKCS11Error) -> str:
        if isinstance(error, MultipleTokensReturned):
            return f"{self.module} has several tokens with the label {self.token!r}: give each one of its own"
        try:
            there = [f"{token.label!r} in slot {token.slot.slot_id}" for token in library.get_tokens()]
        except PKCS11Error:
            there = []
        found = f"it has {', '.join(there)}" if there else "it has none"
        return f"{self.module} has no token with the label {self.token!r}; {found}. Connect it, or check LOANDESK_PKCS11_TOKEN"


def _parameters(iv: bytes, place: bytes) -> GCMParams:
    return GCMParams(iv, place, _TAG_BITS)


def _name(error: PKCS11Error) -> str:
    return type(error).__name__
