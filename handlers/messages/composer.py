"""What the functions that write notices share."""

from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from desk.core.transaction import Desk
from desk.messages.notices import own_channel
from handlers.messages.block_kit.message import Message
from handlers.messages.block_kit.translator import Translator
from storage.tables import Member, Notice

Composer = Callable[[Desk, Notice, Translator, ZoneInfo], Awaitable[Message | None]]
"""Write a notice as it should read now, in the reader's language and zone; None for one that was settled before it was sent."""


def name_in_channel(reader: Member) -> str | None:
    """Return the reader's name if others may read the message too, in their channel; None for a direct message."""
    return reader.name if own_channel(reader) else None
