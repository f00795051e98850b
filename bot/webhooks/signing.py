"""Sign as Standard Webhooks 1.0 says: an HMAC-SHA256 over the id, the time and the body."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime

from desk.webhooks.endpoints import SECRET_PREFIX


def signed_headers(webhook_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> Mapping[str, str]:
    """Return the headers of a request sent at that instant, with a signature for each of the secrets (`whsec_…`)."""
    seconds = str(int(at.timestamp()))
    content = b".".join((webhook_id.encode(), seconds.encode(), body))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{_signature(secret, content)}" for secret in secrets),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
