"""`loandesk restore`: load a backup into an empty database so that no message is sent twice."""

import gzip
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from sqlalchemy.exc import DataError, IntegrityError

from bot.logs import reason_of
from bot.progress_bar import progress_bar
from bot.recording import record, sum_of
from bot.settings import Settings
from desk.core.clock import Clock, SystemClock
from storage.engine import schema
from storage.engine.cipher import Cipher, KeyRing
from storage.engine.database import Database, make_folder
from storage.engine.trouble import is_outage
from storage.engine.work import Work
from storage.upkeep import archive, restoring
from storage.upkeep.archive import BrokenArchiveError, Summary
from storage.upkeep.erased_again import erase_again
from storage.upkeep.erased_list import BadErasedListError, Erased, ErasedList


class RefusedError(Exception):
    """The backup cannot be restored; the message says why and what to do."""


_FAULTS_OF_THE_FILE = (BadErasedListError, BrokenArchiveError, RefusedError, IntegrityError, DataError, OSError)


async def run(
    settings: Settings,
    file: Path,
    console: Console,
    clock: Clock | None = None,
    *,
    unsigned: bool = False,
    erased: Path | None = None,
) -> int:
    """Restore the file in one transaction and return 0; on failure write no row and return 1.

    What the list `erased` names was deleted for good since the backup, and is deleted again in the same transaction, unless a
    legal hold of the backup keeps it.

    With `unsigned`, a backup of a release that did not sign them is accepted.
    """
    url = settings.database_url.get_secret_value()
    make_folder(url)
    database = Database(url, patient=True)
    try:
        gone = ErasedList(erased, settings.cipher().ring).read() if erased is not None else []
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            summary = archive.read(lines)
        require_keys(summary, settings.cipher().ring)
        await _prepare(database, summary)
        require_signature(summary, settings.cipher().ring, unsigned=unsigned)
        now = (clock or SystemClock()).now()
        again, held = await _load(database, file, summary, console, now, gone, settings.cipher())
    except Exception as error:
        if not isinstance(error, _FAULTS_OF_THE_FILE) and not is_outage(error):
            raise
        console.print(f"Nothing was restored: {reason_of(error)}")
        return 1
    finally:
        await database.close()
    taken_at = summary.taken_at.isoformat()
    await record(settings, "restore", clock, file=file.name, sha256=sum_of(file), taken_at=taken_at, erased=again)
    _tell(console, settings, summary, erased, again, held)
    return 0


def _tell(console: Console, settings: Settings, summary: Summary, erased: Path | None, again: int, held: int) -> None:
    """Print what was restored, and what is left to do. `again` records were deleted once more, `held` are under a legal hold."""
    console.print(
        f"{sum(summary.rows.values())} rows were restored as of {summary.taken_at:%Y-%m-%d %H:%M:%S} UTC. "
        "What people did since then is lost. Before the desk sends a message again, it looks for it in Slack."
    )
    if erased is not None:
        console.print(f"{again} records that were erased since the backup were deleted again.")
        if held:
            console.print(
                f"{held} stay: in the backup they are under a legal hold. When compliance has lifted it, `loandesk retention "
                "--apply` deletes what is older than its period; what a borrower asked for has to be done again."
            )
    else:
        console.print(
            "Records that were erased since the backup are back. If there were any, restore again with --erased and the list "
            "erased.txt, which is kept beside the heads of the audit trail."
        )
    if summary.rows.get("stored_file"):
        console.print(
            f"The bytes of files were not in it: put their copy at {settings.files}. `loandesk doctor` counts those that are "
            "missing; for a week the desk deletes none that it does not know."
        )


def require_keys(summary: Summary, ring: KeyRing) -> None:
    """Raise RefusedError unless the keys of the environment open this backup."""
    checks = ring.checks()
    for number in sorted(summary.keys_used):
        if number not in checks:
            raise RefusedError(f"it needs encryption key {number}; LOANDESK_ENCRYPTION_KEYS has no key of that id")
        if checks[number] != summary.keys.get(number):
            raise RefusedError(
                f"encryption key {number} in LOANDESK_ENCRYPTION_KEYS is not the one the backup was made with"
            )
    if ring.search_check() != summary.search_key:
        raise RefusedError("LOANDESK_SEARCH_KEY is not the one the backup was made with: no borrower would be found")


def require_signature(summary: Summary, ring: KeyRing, *, unsigned: bool) -> None:
    """Raise RefusedError for a backup that was changed: its rows say who is an admin."""
    if not summary.signature and not unsigned:
        raise RefusedError(
            "it is not signed. If an earlier release made it and nobody can have changed it, restore it with --unsigned"
        )
    if summary.signature and not archive.is_signed(summary, ring):
        raise RefusedError("it was changed after it was made: its signature does not fit")


async def _prepare(database: Database, summary: Summary) -> None:
    if not schema.knows(summary.revision):
        raise RefusedError("a newer release made it: restore it with that release")
    revision = await schema.revision(database)
    if revision is None:
        await schema.migrate(database, summary.revision)
    elif revision != summary.revision:
        raise RefusedError(
            "the database is at the schema of another release than the backup: use an empty one without tables"
        )


async def _load(
    database: Database,
    file: Path,
    summary: Summary,
    console: Console,
    now: datetime,
    gone: Sequence[Erased],
    cipher: Cipher,
) -> tuple[int, int]:
    """Load the rows and delete again what is `gone`, in one transaction. Return what `erase_again` does."""
    with progress_bar(console) as progress, gzip.open(file, "rt", encoding="utf-8") as lines:
        task = progress.add_task("Restoring", total=sum(summary.rows.values()))
        async with database.loading() as connection:
            if filled := await archive.filled_tables(connection):
                raise RefusedError(f"the database is not empty ({', '.join(filled)}): use an empty one")
            async for rows in archive.load(connection, lines):
                progress.advance(task, rows)
            await restoring.finish(connection, taken_at=summary.taken_at, now=now)
            session = Work.within(connection)
            counts = await erase_again(session, gone, now, cipher)
            await session.flush()
            return counts
