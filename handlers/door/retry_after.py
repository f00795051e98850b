"""How long Slack asks us to wait."""

import math
from collections.abc import Mapping

LONGEST_SECONDS = 300.0
"""The longest wait that is believed: Slack names about a minute, and a desk that is asked to wait for days would be lost."""


def read_retry_after(headers: Mapping[str, str], *, default: float = 1.0) -> float:
    """Return the seconds of the header `Retry-After`, at least 1 and at most `LONGEST_SECONDS`; `default` without a number."""
    given = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        seconds = float(given)
    except ValueError:
        return default
    return default if math.isnan(seconds) else max(1.0, min(LONGEST_SECONDS, seconds))
