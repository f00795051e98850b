"""Ask the KMS whether it still opens what it wrapped, in a process of its own: `python -m storage.keys.probe`.

The library of an HSM is foreign code that may hang or crash: a running desk leaves it to a process that it can end. What to
ask comes on standard input, so that the PIN is in no list of processes.
"""

import base64
import json
import sys
from typing import Any

from storage.keys.errors import KeysError, KmsAwayError
from storage.keys.kms import check_known_value
from storage.keys.pkcs11_token import Pkcs11Kms


def question(kms: Pkcs11Kms, wrapping_key: str, known: bytes) -> bytes:
    """Return what the process reads."""
    asked = {"module": kms.module, "token": kms.token, "key_label": kms.key_label, "pin": kms.pin}
    known_value = base64.b64encode(known).decode()
    return json.dumps({"kms": asked, "wrapping_key": wrapping_key, "known_value": known_value}).encode()


def main() -> int:
    """Return 0 when the KMS opens the known value; else print why not, and return 1."""
    asked: dict[str, Any] = json.load(sys.stdin)
    kms = Pkcs11Kms(**asked["kms"])
    try:
        with kms.opened(asked["wrapping_key"]) as key:
            check_known_value(key, base64.b64decode(asked["known_value"]), kms.place)
    except (KeysError, KmsAwayError) as error:
        print(error)  # noqa: T201  (this is the answer)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
