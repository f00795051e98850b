"""Check that the authority stamps, and that it has stamped the newest head of the audit trail."""

import os
from collections.abc import AsyncIterator

import aiohttp

from bot.audit_heads import newest_line
from bot.doctor.findings import Finding, fix, ok
from bot.settings import Settings
from desk.core.clock import Clock


async def check_time_stamps(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> AsyncIterator[Finding]:
    """Yield what an authority says to a query of ours, and whether the newest head is stamped; nothing without an authority."""
    if not settings.tsa_url:
        return
    from bot.time_stamps import BadStampError, ask, authority_of, read_stamps, stamps_file

    try:
        await ask(session, authority_of(settings), os.urandom(16).hex(), clock)
        newest = newest_line(settings.audit_heads, "")
        stamped = not newest or newest in {stamp.line for stamp in read_stamps(stamps_file(settings.audit_heads))}
    except (BadStampError, OSError) as error:
        yield fix(
            "time stamps", f"{settings.tsa_url}: {error}. The heads are written all the same, and stamped when it works"
        )
        return
    last = f"; the head of {newest[:10]} is stamped" if newest and stamped else ""
    waits = f"; the head of {newest[:10]} waits for its stamp, which a running worker fetches" if not stamped else ""
    yield ok("time stamps", f"{settings.tsa_url} stamps{last}{waits}")
