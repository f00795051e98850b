"""Check the database: that it opens, its migrations, and that the keys open what is in it."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.doctor.findings import Finding, error_name, fix, ok, warn
from bot.journals import journal_of
from bot.settings import Settings
from storage.engine import schema
from storage.engine.cipher import Cipher
from storage.engine.database import Database, open_to_others
from storage.engine.trouble import DATABASE_ERRORS
from storage.keys.errors import KeysError, KmsAwayError
from storage.upkeep import inspection
from storage.upkeep.serving_role import owns_the_trail

_JOURNAL_SECONDS = 60
"""How long a disclosure may wait beside the database: a running desk takes it within a second."""


async def check_database(settings: Settings, database: Database) -> AsyncIterator[Finding]:
    """Yield what is found of the database, without the checks that an earlier finding makes impossible."""
    url = make_url(settings.database_url.get_secret_value())
    where = url.render_as_string(hide_password=True)
    if database.is_sqlite and not _exists(url.database or ""):
        yield fix("database", f"{where}: the file does not exist yet: run `loandesk migrate`, which creates it")
        return
    try:
        revision = await schema.revision(database)
    except DATABASE_ERRORS as error:
        yield fix(
            "database",
            f"{where} cannot be opened ({error_name(error)}): check DATABASE_URL, and that the server runs and accepts the login",
        )
        return
    yield ok("database", where)
    if places := open_to_others(settings.database_url.get_secret_value()):
        yield fix(
            "files",
            f"others on this machine may read {', '.join(map(str, places))}: chmod 700 the folder, 600 the files",
        )
    if revision is None:
        yield fix("migrations", "the database has no tables yet: run `loandesk migrate`")
    elif not schema.knows(revision):
        yield fix("migrations", "the database belongs to a newer release: run that one, or restore a backup")
    elif not await schema.is_current(database):
        yield fix("migrations", "the database is behind this release: back it up, then run `loandesk migrate`")
    else:
        yield ok("migrations", f"at {revision}")
        yield await _trail(database)
        for finding in _journal(settings.database_url.get_secret_value()):
            yield finding
        try:
            cipher = settings.cipher()
        except (KeysError, KmsAwayError):
            return  # `check_keys` has said it
        async for finding in _keys(database, cipher):
            yield finding


async def _trail(database: Database) -> Finding:
    if database.is_sqlite:
        return ok(
            "audit trail",
            "triggers keep it; a person who may write the file could lift them, unseen but for a head kept elsewhere",
        )
    async with database.engine.connect() as connection:
        owned = await owns_the_trail(connection)
    if not owned:
        return ok("audit trail", "the role that serves can neither change it nor lift what keeps it")
    advice = "serve with a role that owns nothing: `loandesk migrate --serving-role NAME`, as the owner"
    return warn("audit trail", f"one role does all, and could lift what keeps it: {advice}")


def _journal(url: str) -> Iterator[Finding]:
    """Yield a finding if what searches disclosed waits longer than a running desk leaves it."""
    journal = journal_of(url)
    waiting = journal.waiting() if journal is not None else 0
    if journal is not None and waiting and time.time() - journal.oldest_at() > _JOURNAL_SECONDS:
        yield fix(
            "audit trail",
            f"{waiting} disclosures wait in {journal.file.name} beside the database: run `loandesk serve`, which takes them up",
        )


async def _keys(database: Database, cipher: Cipher) -> AsyncIterator[Finding]:
    async with database.reading() as session:
        found = await inspection.samples(session, cipher)
        setting, _ = await inspection.wrong_key(session, cipher)
    if closed := [each.place.name for each in found if each.wrong_key]:
        yield fix(
            "keys",
            f"no key of LOANDESK_ENCRYPTION_KEYS opens {', '.join(closed)}: restore the key that encrypted it",
        )
        return
    if setting is not None:
        yield fix("keys", "LOANDESK_SEARCH_KEY has changed: restore the earlier one, or no borrower will be found")
        return
    if damaged := [f"{each.place.name} of row {row_id}" for each in found for row_id in each.unreadable]:
        yield fix(
            "damaged rows",
            f"the keys fit, but none opens {', '.join(damaged)}: restore these from a backup. "
            "These are samples: `loandesk keys rotate` names every such row",
        )
    older = [number for number in sorted(cipher.ring.keys) if number != cipher.ring.current]
    rest = f"; older ones: {', '.join(map(str, older))}" if older else ""
    yield ok("keys", f"samples can be decrypted; key {cipher.ring.current} encrypts{rest}")


def _exists(path: str) -> bool:
    return Path(path).exists()
