"""`loandesk keys rotate`: encrypt everything with the newest key while the desk runs."""

from collections.abc import AsyncIterator
from datetime import timedelta

from rich.console import Console

from bot.progress_bar import progress_bar
from bot.recording import record
from bot.settings import Settings
from desk.core.clock import SystemClock
from desk.core.undo import UNDO_FOR
from storage.engine.cipher import Cipher
from storage.engine.database import Database
from storage.upkeep import rotation

PASSES = 3
"""How often values are encrypted again that were meanwhile written with an older key."""


async def run(settings: Settings, console: Console) -> int:
    """Encrypt everything with the current key. Return 0 when nothing needs an older one, else 1.

    It can be interrupted and run again at any time.
    """
    database = Database(settings.database_url.get_secret_value())
    cipher = settings.cipher()
    current = cipher.ring.current
    unreadable: set[str] = set()
    left = 0
    try:
        for _ in range(PASSES):
            await _rotate(database, cipher, console, unreadable)
            left = await _count(database, current) - len(unreadable)
            if left <= 0:
                break
        misnamed = await _open_current(database, cipher)
    finally:
        await database.close()
    unreadable |= misnamed
    for name in sorted(unreadable):
        console.print(f"No key opens {name}. It was left as it is.")
    if left > 0:
        console.print(
            f"{left} values were written with an older key meanwhile: a process of the desk still runs with the old "
            "settings. Restart it and run this again."
        )
        return 1
    everything = "Everything else" if unreadable else "Everything"
    console.print(f"{everything} is encrypted with key {current}. The search key is not rotated.")
    await record(settings, "rotate_keys", key=current)
    older = ", ".join(str(number) for number in sorted(cipher.ring.keys) if number != current)
    if older and not unreadable:
        source = "LOANDESK_ENCRYPTION_KEYS" if not settings.key_file else "the file with `loandesk keys remove`"
        console.print(f"You may remove from {source}: {older}. Keep it elsewhere as long as you keep an older backup.")
    return 1 if unreadable else 0


async def count_stale(settings: Settings, current: int) -> int:
    """Return how many values need an older key than the current one."""
    database = Database(settings.database_url.get_secret_value())
    try:
        return await _count(database, current)
    finally:
        await database.close()


async def _open_current(database: Database, cipher: Cipher) -> set[str]:
    """Open every value that carries the current key's id, and return those that it does not open."""
    unreadable: set[str] = set()
    for place in rotation.places():
        last = None
        while True:
            async with database.reading() as session:
                batch = await rotation.read_current(session, cipher, place, last)
            if batch is None:
                break
            last, wrong = batch
            unreadable.update(f"{place.name} of row {row_id}" for row_id in wrong)
    return unreadable


async def _rotate(database: Database, cipher: Cipher, console: Console, unreadable: set[str]) -> None:
    with progress_bar(console) as progress:
        for place in rotation.places():
            async with database.reading() as session:
                stale = await rotation.count_stale(session, place, cipher.ring.current)
            task = progress.add_task(place.name, total=stale)
            async for batch in _batches(database, cipher, place):
                unreadable.update(f"{place.name} of row {row_id}" for row_id in batch.unreadable)
                progress.advance(task, len(batch.new))
        task = progress.add_task("undo.steps", total=None)
        last = None
        while True:
            async with database.reading() as session:
                ids = await rotation.undo_ids(session, last)
            if not ids:
                return
            expired_before = SystemClock().now() - UNDO_FOR - timedelta(minutes=1)
            async with database.transaction() as session:
                changed = await rotation.rotate_undos(session, cipher, ids, useless_before=expired_before)
            progress.advance(task, changed)
            last = ids[-1]


async def _batches(database: Database, cipher: Cipher, place: rotation.Place) -> AsyncIterator[rotation.Batch]:
    last = None
    while True:
        async with database.reading() as session:
            batch = await rotation.read_stale(session, cipher, place, last)
        if batch is None:
            return
        async with database.transaction() as session:
            await rotation.write(session, place, batch)
        last = batch.last
        yield batch


async def _count(database: Database, current: int) -> int:
    async with database.reading() as session:
        return sum([await rotation.count_stale(session, place, current) for place in rotation.places()])
