"""Row ids, made by us so that a row's identity is known before it is written."""

import os
import time
from uuid import UUID, uuid5


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): milliseconds since 1970 first, so that new rows stand together in an index.

    The next twelve bits are fractions of the millisecond (§6.2, method 3): ids made one after the other are in order.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = milliseconds << 80 | 0x7 << 76 | (rest << 12) // 1_000_000 << 64
    return UUID(int=value | 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2)


def mark_of(workspace_id: UUID, key: str) -> UUID:
    """By what a message about this key is known in Slack: the same each time it is made, also after its row was lost."""
    return uuid5(workspace_id, key)
