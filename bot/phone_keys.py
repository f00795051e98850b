"""How a phone system shows who it is: by a secret that it sends, or by a signature."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from desk.core.dataclass import dataclass
from desk.telephony.adapters import twilio, zoom


class Headers(Protocol):
    """The headers of a request, of which some may be repeated."""

    def getall(self, key: str, default: list[str], /) -> list[str]:
        """Return all values of a header."""
        ...

    def __contains__(self, key: object, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class PhoneKeys:
    """What reports are known by: `secret`, as the password of Basic or the token of Bearer, or a signature with `twilio_token` or
    `zoom_token`. `public_url` is where systems reach the desk, which Twilio signs too."""

    secret: str = ""
    twilio_token: str = ""
    zoom_token: str = ""
    public_url: str = ""

    def signs(self, system: str) -> bool:
        """Return whether the reports of a system are known by their signature."""
        return system == twilio.SOURCE or (system == zoom.SOURCE and bool(self.zoom_token))

    def fault_of_secret(self, headers: Headers) -> str:
        """Return why a request does not show the secret; nothing if it does."""
        given = _secret_in(headers.getall("Authorization", []))
        if given is None:
            return "secret_missing"
        return "" if self.secret and hmac.compare_digest(given, self.secret.encode()) else "secret_wrong"

    def fault_of_signature(
        self,
        system: str,
        headers: Headers,
        path: str,
        body: bytes,
        fields: Sequence[tuple[str, str]],
        now: datetime,
    ) -> str:
        """Return why a request is not known by its signature; nothing if it is. `path` is with the query, as it was sent."""
        if system == zoom.SOURCE:
            given = headers.getall("x-zm-signature", [])
            at = headers.getall("x-zm-request-timestamp", [])
            signed = len(given) == len(at) == 1 and zoom.is_signed_by_zoom(self.zoom_token, at[0], body, given[0], now)
        else:
            given = headers.getall("X-Twilio-Signature", [])
            if "X-Twilio-Webhooks-Signature-Settings" in headers:
                return "other_signature"  # by a key that the desk has not
            known = len(given) == 1 and bool(self.twilio_token and self.public_url)
            url = f"{self.public_url}{path}"
            signed = known and twilio.is_signed_by_twilio(self.twilio_token, url, fields, given[0])
        if signed:
            return ""
        return "signature_wrong" if given else "signature_missing"


def _secret_in(given: list[str]) -> bytes | None:
    """Return the password of Basic or the token of Bearer in an Authorization header; None without one, or with several."""
    if len(given) != 1:
        return None
    scheme, _, value = given[0].partition(" ")
    if scheme.casefold() == "bearer":
        return value.strip().encode(errors="replace")
    if scheme.casefold() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return None
