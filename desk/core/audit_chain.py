"""The chain of the audit trail: its hashes, and sealing what was written.

An entry's hash is the SHA-256 of the hash before it and of the entry: a JSON list, ASCII without blanks, of the form's version,
the workspace, the entry's place, its id, its instant in microseconds since 1970, who, act, loan, subject, and the text of its
details. Ids are written without dashes. The hash before the first entry is 32 zero bytes.

A command writes its entries without a place, so that commands of different people do not wait for each other. The worker gives
them places in the order of their ids and seals them as a segment.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from desk.core.disclosures import take_journal
from desk.core.sent_words import enter_words
from desk.core.transaction import Desk
from storage.engine.cipher import KeyRing
from storage.queries.core import audit
from storage.queries.core.audit import StoredEntry
from storage.tables import AuditSegment

GENESIS = bytes(32)
"""The hash before the first entry."""

SEGMENT = 500
"""The most entries of a segment: sealing them holds up others for some hundredths of a second."""

SEALED_AFTER = timedelta(seconds=5)
"""How old an entry becomes before it is sealed, so that a segment has more than one."""

SHOWN = "shown"
"""The detail that lists loans where an entry names several."""

_FORM = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def content_of(entry: StoredEntry, place: int) -> bytes:
    """Return what is hashed of an entry at its place in the chain."""
    values = [_FORM, entry.workspace_id, place, entry.id, _microseconds(entry.at), entry.actor_id, entry.act]
    return _written([*values, entry.loan_id, entry.subject_id, entry.details])


def hash_after(previous: bytes, content: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(previous + content).digest()


def seal_of(ring: KeyRing, segment: AuditSegment) -> bytes:
    """Return the seal of a segment, without what retention notes in it."""
    numbers = [_FORM, segment.workspace_id.hex, segment.number, segment.first, segment.last]
    instants = [_microseconds(segment.last_at), _microseconds(segment.sealed_at)]
    return ring.audit_seal(_written([*numbers, *instants, segment.previous.hex(), segment.head.hex(), segment.found]))


async def seal_next(desk: Desk) -> bool:
    """Seal the next entries as a segment, those from before the chain first, after moving what reads on SQLite left in the
    journal, and entering what messages said. Return whether there may be more."""
    await take_journal(desk)
    more_words = await enter_words(desk)
    if not await _is_due(desk):
        return more_words
    session, workspace_id = desk.session, desk.workspace.id
    chain = await audit.lock_chain(session, workspace_id, GENESIS)
    found = chain.found_up_to is not None
    entries = await audit.unsealed(session, workspace_id, up_to=chain.found_up_to, limit=SEGMENT)
    if found and not entries:
        chain.found_up_to, found = None, False
        entries = await audit.unsealed(session, workspace_id, up_to=None, limit=SEGMENT)
    if not entries:  # another worker was here
        return more_words
    segment = AuditSegment(
        workspace_id=workspace_id,
        number=chain.segments + 1,
        first=chain.entries + 1,
        last=chain.entries + len(entries),
        last_at=max(entry.at for entry in entries),
        previous=chain.head,
        head=chain.head,
        seal=b"",
        found=found,
        sealed_at=desk.now,
    )
    sealed: list[tuple[UUID, int, bytes]] = []
    for place, entry in enumerate(entries, start=segment.first):
        segment.head = hash_after(segment.head, content_of(entry, place))
        sealed.append((UUID(entry.id), place, segment.head))
    segment.seal = seal_of(desk.cipher.ring, segment)
    await audit.seal(session, sealed)
    await audit.name_loans(session, workspace_id, _named_loans(entries))
    desk.add(segment)
    chain.segments, chain.entries, chain.head = segment.number, segment.last, segment.head
    desk.add(chain)
    return len(entries) == SEGMENT or more_words


async def _is_due(desk: Desk) -> bool:
    oldest = await audit.unsealed_at(desk.session, desk.workspace.id, behind=0)
    if oldest is None:
        return False
    if not timedelta() <= desk.now - oldest < SEALED_AFTER:  # the clock may have been set back
        return True
    return await audit.unsealed_at(desk.session, desk.workspace.id, behind=SEGMENT - 1) is not None


def _named_loans(entries: Sequence[StoredEntry]) -> list[tuple[UUID, UUID, datetime]]:
    """Return the loans that entries name among several, each once for an entry."""
    found: dict[tuple[UUID, UUID], datetime] = {}
    for entry in entries:
        if f'"{SHOWN}": [' in entry.details:
            named: Mapping[str, Any] = json.loads(entry.details)
            found |= {(UUID(each), UUID(entry.id)): entry.at for each in named[SHOWN]}
    return [(loan, entry, at) for (loan, entry), at in found.items()]


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _written(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
