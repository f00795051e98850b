"""`loandesk backup`: write the whole database to one file while the desk runs."""

import gzip
from datetime import datetime
from pathlib import Path

from rich.console import Console

from bot.journals import take_journal_of
from bot.logs import reason_of
from bot.private_file import is_taken, private_file
from bot.recording import record, sum_of
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from desk.core.transaction import Office
from storage.engine.database import Database
from storage.engine.trouble import is_outage
from storage.files.bucket import Bucket
from storage.upkeep import archive
from storage.upkeep.archive import BrokenArchiveError


async def run(settings: Settings, target: Path, console: Console, clock: Clock | None = None) -> int:
    """Write the backup, check it by reading it, and return 0; on failure leave no file and return 1.

    A target folder gets a file named after the time. An existing file is never overwritten.
    """
    now = (clock or SystemClock()).now()
    file = _file(target, now)
    if is_taken(file):
        console.print(f"No backup was made: {file} already exists.")
        return 1
    url = settings.database_url.get_secret_value()
    database = Database(url, patient=True)
    unfinished = file.with_name(file.name + ".part")
    try:
        await take_journal_of(url, Office(database, settings.cipher(), clock or SystemClock()))
        # Members' names and loan numbers are in it in clear.
        with private_file(unfinished) as raw, gzip.open(raw, "wt", encoding="utf-8", compresslevel=6) as out:
            async for line in archive.dump(database, settings.cipher().ring, now):
                out.write(line)
        with gzip.open(unfinished, "rt", encoding="utf-8") as lines:
            summary = archive.read(lines)
        unfinished.rename(file)
    except Exception as error:
        unfinished.unlink(missing_ok=True)
        if not isinstance(error, BrokenArchiveError | OSError) and not is_outage(error):
            raise
        console.print(f"No backup was made: {reason_of(error)}")
        return 1
    finally:
        await database.close()
    rows = sum(summary.rows.values())
    await record(settings, "backup", clock, file=file.name, rows=rows, sha256=sum_of(file))
    console.print(f"{file}: {rows} rows as of {now:%Y-%m-%d %H:%M:%S} UTC")
    needed = "".join(f", encryption key {number}" for number in sorted(summary.keys_used))
    console.print(f"The backup contains no key. To restore it you need the search key{needed}.")
    if summary.rows.get("stored_file"):
        console.print(f"The bytes of files are not in it: copy {_named(settings)} now, too.")
    return 0


def _named(settings: Settings) -> str:
    return f"the {'bucket' if isinstance(settings.files_at(), Bucket) else 'folder'} {settings.files}"


def _file(target: Path, now: datetime) -> Path:
    return target / f"loandesk-{now:%Y%m%dT%H%M%SZ}.jsonl.gz" if target.is_dir() else target
