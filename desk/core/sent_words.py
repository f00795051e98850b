"""What messages said of loans, provable by the audit trail: it has a digest of the words of each, as they are kept.

Delivery does nothing for it. When the worker seals the trail, it enters the digests of the messages that were sent since: an
entry has those of many, with ids alone. A digest is an HMAC, because a plain hash of a short text gives it away to who tries
texts. It covers the version of the form, message, notice, revision, instant in microseconds since 1970, channel, time stamp and
words; not the loan, because messages move with a loan that is joined with another: the entry has its id.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.engine.cipher import UnreadableError
from storage.queries.core import audit, retention_due
from storage.queries.core.audit import StoredEntry
from storage.queries.messages import sent_words
from storage.tables import SentMessage

WORDS_ENTERED = "words_entered"
"""The act of the entries that have digests."""

MOST = 100
"""The most messages of one entry."""

ENTERED_AFTER = timedelta(seconds=5)
"""How old a message becomes before its digest is entered, so that an entry has more than one."""

DELETED = ("retention_deleted", "remove_demo", "import_take_over")
"""The acts whose entries say which rows were deleted, in `ids`."""

_RESTORED = "restore"
_FORM = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Altered:
    """A message of which the words that are kept are not those of the entry at `place`: `missing`, or others."""

    message_id: UUID
    place: int
    missing: bool


async def enter_words(desk: Desk) -> bool:
    """Enter the digests of the next messages that were sent. Return whether there may be more."""
    rows = await sent_words.not_entered(desk.session, desk.workspace.id, limit=MOST)
    # A clock that was set back leaves none for later.
    if not rows or (len(rows) < MOST and timedelta() <= desk.now - rows[0].at < ENTERED_AFTER):
        return False
    loans = sorted({row.loan_id for row in rows})
    entered = [[str(row.id), str(row.notice_id), str(row.loan_id), _digest(desk, row)] for row in rows]
    details: dict[str, Any] = {"count": len(rows), "words": entered}
    if len(loans) > 1:
        details["shown"] = [str(each) for each in loans]
    desk.audit(WORDS_ENTERED, loan_id=loans[0] if len(loans) == 1 else None, **details)
    await sent_words.mark_entered(desk.session, [row.id for row in rows], desk.now)
    return len(rows) == MOST


def digest_of(
    desk: Desk, message_id: UUID, notice_id: UUID, revision: int, at: datetime, channel: str, ts: str, words: str
) -> str:
    """Return the digest of what a message said."""
    values = [_FORM, message_id.hex, notice_id.hex, revision, (at - _EPOCH) // timedelta(microseconds=1)]
    content = json.dumps([*values, channel, ts, words], separators=(",", ":"))
    return desk.cipher.ring.words_digest(content.encode())


def entered_in(details: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the digests of an entry by the ids of the messages; None of one whose words were not kept any more."""
    return {message: digest for message, _notice, _loan, digest in details.get("words", ())}


def _digest(desk: Desk, row: SentMessage) -> str | None:
    """Return the digest of the words that are kept; None where there are none, or no key opens them."""
    if row.words_cipher is None:
        return None
    try:
        words = desk.cipher.decrypt(SentMessage.words_cipher, row)
    except UnreadableError:
        return None
    return digest_of(desk, row.id, row.notice_id, row.revision, row.at, row.channel_id, row.ts, words)


@dataclass(slots=True)
class WordsCheck:
    """Compare what is kept with the digests of the trail. What was deleted by an act that the trail names is not missed."""

    _deleted: set[UUID] = field(default_factory=set[UUID], init=False)
    _restored: bool = field(default=False, init=False)

    async def begin(self, desk: Desk) -> None:
        """Read from the trail what was deleted."""
        async for entry in _entries_of(desk, (*DELETED, _RESTORED)):
            self._restored |= entry.act == _RESTORED
            self._deleted |= _ids_in(entry.details)

    async def altered(self, desk: Desk, entries: Sequence[StoredEntry]) -> list[Altered]:
        """Return the messages of these entries, which are as they were sealed, that are not as they were entered."""
        found: list[Altered] = []
        for entry in entries:
            if entry.act == WORDS_ENTERED:
                found += await self._of_entry(desk, json.loads(entry.details)["words"], entry.sequence or 0)
        return found

    async def _of_entry(self, desk: Desk, entered: Sequence[Sequence[Any]], place: int) -> list[Altered]:
        there = await sent_words.with_ids(desk.session, [UUID(message) for message, *_ in entered])
        for row in there.values():
            desk.session.expunge(row)  # a trail may have millions
        found: list[Altered] = []
        for message, notice, loan, digest in entered:
            row = there.get(UUID(message))
            if digest is None or (row is not None and self._is_as_entered(desk, row, UUID(loan), digest)):
                continue
            gone = row is None or row.words_cipher is None
            if not (gone and await self._was_deleted(desk, UUID(message), UUID(notice), UUID(loan))):
                found.append(Altered(UUID(message), place, missing=gone))
        return found

    def _is_as_entered(self, desk: Desk, row: SentMessage, loan: UUID, digest: str) -> bool:
        """Return whether a message says what was entered, of that loan or the one with which that was joined."""
        return (row.loan_id == loan or loan in self._deleted) and _digest(desk, row) == digest

    async def _was_deleted(self, desk: Desk, message: UUID, notice: UUID, loan: UUID) -> bool:
        """Return whether the trail says that the message, its notice or its loan was deleted, or, of a desk that was restored
        from a backup, the list of what was deleted since."""
        if not self._deleted.isdisjoint((message, notice, loan)):
            return True
        return self._restored and await retention_due.was_erased(desk.session, desk.workspace.id, (notice, loan))


def _ids_in(details: str) -> set[UUID]:
    """Return the ids in the details of an entry. A changed entry may have anything there: what is no list of ids has none."""
    try:
        return {UUID(each) for each in json.loads(details).get("ids", ())}
    except (ValueError, TypeError, AttributeError):
        return set()


async def _entries_of(desk: Desk, acts: Sequence[str]) -> AsyncIterator[StoredEntry]:
    beyond = None
    while some := await audit.of_acts(desk.session, desk.workspace.id, acts, beyond=beyond, limit=500):
        for entry in some:
            yield entry
        beyond = (some[-1].at, UUID(some[-1].id))
