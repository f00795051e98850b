"""The journal of disclosures of an SQLite database, for the processes that use it."""

from pathlib import Path

from sqlalchemy.engine import make_url

from desk.core.disclosures import take_journal
from desk.core.transaction import Office
from storage.queries.people import workspaces
from storage.upkeep.audit_journal import AuditJournal


def journal_of(url: str) -> AuditJournal | None:
    """Return the journal beside an SQLite database; None on PostgreSQL, which needs none."""
    parsed = make_url(url)
    on_sqlite = parsed.drivername.startswith("sqlite") and parsed.database
    return AuditJournal(Path(str(parsed.database))) if on_sqlite else None


async def take_journal_of(url: str, office: Office) -> None:
    """Move what is left in the journal of that database into the table, so that a backup has it. The desk may run."""
    journal = journal_of(url)
    if journal is None or not journal.waiting():
        return
    async with office.database.reading() as session:
        found = await workspaces.every(session)
    for workspace in found[:1]:
        async with office.desk(workspace) as desk:
            desk.journal = journal
            await take_journal(desk)
