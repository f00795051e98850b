"""Slack's signature of a request (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""

import hashlib
import hmac
import re

VALID_SECONDS = 300
"""How old, or how far in the future, a signed request may be: a recorded one cannot be sent again later."""

_TIMESTAMP = re.compile("[0-9]{1,12}")


def is_signed(secret: str, raw: bytes, timestamp: str, signature: str, now: float) -> bool:
    """Return whether these bytes were signed with the secret, at a time near `now` (Unix seconds)."""
    if not is_current(timestamp, now):
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode(errors="replace"))


def is_current(timestamp: str, now: float) -> bool:
    """Return whether a signature of that time is still valid."""
    return _TIMESTAMP.fullmatch(timestamp) is not None and abs(now - int(timestamp)) <= VALID_SECONDS
