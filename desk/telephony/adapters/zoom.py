"""Zoom's signature of what it posts, and its check of a new address. What it posts is read as `phone_systems/zoom.toml` says.

Both are HMAC-SHA256 with the secret token of the app ("Using webhooks", developers.zoom.us, from memory; the signature also in
api-evangelist/zoom-phone): of `v0:<timestamp>:<body>`, and of the token that the check brings.
"""

import hmac
import json
from datetime import datetime

from desk.telephony.adapters.values import as_object

SOURCE = "zoom"

_WITHIN_SECONDS = 300
"""How far the time of a request may be from ours: what was recorded on the way is worth nothing later."""

_LONGEST_TOKEN = 200


def is_signed_by_zoom(token: str, timestamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """Return whether a body was signed with the app's secret token, a short while ago."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 13):
        return False
    seconds = int(timestamp) / (1000 if len(timestamp) == 13 else 1)
    expected = "v0=" + _digest(token, b"v0:" + timestamp.encode() + b":" + body)
    is_signed = hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))
    return is_signed and abs(now.timestamp() - seconds) <= _WITHIN_SECONDS


def answer_to_check(token: str, body: bytes) -> str | None:
    """Return what Zoom wants to hear when it checks an address; None if the body is no such check. Answer only what is signed:
    else anybody could have any text signed."""
    if b"endpoint.url_validation" not in body:
        return None
    try:
        said = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return None
    payload = as_object((said or {}).get("payload")) or {}
    plain = payload.get("plainToken")
    if said is None or said.get("event") != "endpoint.url_validation" or not isinstance(plain, str):
        return None
    if not plain.isascii() or len(plain) > _LONGEST_TOKEN:
        return None
    return json.dumps({"plainToken": plain, "encryptedToken": _digest(token, plain.encode())})


def _digest(token: str, content: bytes) -> str:
    return hmac.digest(token.encode(), content, "sha256").hex()
