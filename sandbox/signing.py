"""Slack's request signature, version 0: /authentication/verifying-requests-from-slack."""

import hashlib
import hmac


def signed_headers(body: bytes, *, secret: str, timestamp: int) -> dict[str, str]:
    """The two headers that let an app see that a request is Slack's. `timestamp` is in Unix seconds."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}
