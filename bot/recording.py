"""Record in the audit trail what a command of the operator did, once it is done."""

import hashlib
from pathlib import Path
from typing import Any

from bot.offices import open_office
from bot.settings import Settings
from desk.core.clock import Clock
from desk.core.operator_acts import record_act


async def record(settings: Settings, act: str, clock: Clock | None = None, **details: Any) -> None:
    """Record the act as `record_act` does, through a connection of its own."""
    async with open_office(settings, clock) as office:
        await record_act(office, act, **details)


def sum_of(file: Path) -> str:
    """Return the SHA-256 of a file, as `sha256sum` prints it. Raises OSError."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
