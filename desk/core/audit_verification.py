"""Find what was changed, removed or inserted in the audit trail since it was sealed, and say where."""

import hmac
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import field
from datetime import datetime
from typing import Literal
from uuid import UUID

from desk.core.audit_chain import GENESIS, content_of, hash_after, seal_of
from desk.core.dataclass import dataclass
from desk.core.sent_words import WordsCheck
from desk.core.transaction import Desk
from storage.queries.core import audit
from storage.queries.core.audit import StoredEntry
from storage.tables import AuditChain, AuditSegment

Fault = Literal["changed", "missing", "inserted", "segment", "end", "cut", "words", "no_words"]

_SEGMENTS = 100
"""How many segments one statement reads."""

_WRITTEN_AT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_LINE = re.compile(_WRITTEN_AT + r" [0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12} \d+ \d+ [0-9a-f]{64}")
_CUT_LINE = re.compile(r"[0-9T:Z-]{0,20}|" + _WRITTEN_AT + r" [0-9a-f -]*")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the trail: with the entry at `place`, or with a segment itself.

    `changed`: not as it was sealed. `missing`: removed. `inserted`: sealed in no segment. `segment`: what was noted of the
    segment was changed or removed, or it does not follow the one before. `end`: the trail ends elsewhere than was noted.
    `cut`: a head that was kept elsewhere is not in the trail. `words`: what a message said, as it is kept, is not what the entry
    has. `no_words`: it is not kept, and no entry says that it was deleted. `message` is the id of the message.
    """

    kind: Fault
    segment: int
    place: int | None = None
    message: UUID | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the trail at some time, as it is kept elsewhere: the last segment, its last entry's place and hash."""

    segment: int
    place: int
    hash: bytes


def head_line(workspace_id: UUID, head: Head, at: datetime) -> str:
    """Return a head as a line for a file outside the database."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ} {workspace_id} {head.segment} {head.place} {head.hash.hex()}\n"


def is_head(line: str) -> bool:
    """Return whether it is such a line, and whole."""
    return _LINE.fullmatch(line) is not None


def head_of_line(line: str) -> tuple[UUID, Head] | None:
    """Return the head of such a line, and its workspace; None for a line that a full disk or a kill cut off. Raises ValueError
    for what is no line of a head."""
    if is_head(line):
        _, workspace_id, segment, place, value = line.split()
        return UUID(workspace_id), Head(int(segment), int(place), bytes.fromhex(value))
    if _CUT_LINE.fullmatch(line):
        return None
    raise ValueError(line)


@dataclass(slots=True)
class Verification:
    """One pass over a trail. It counts the segments and entries that it looked at, the entries among them from before the chain
    (`found`), those that retention dropped, and those that are not sealed yet (`waiting`); `head` is where it ended.

    It reads while others write and seal; what they add meanwhile is left to the next one. `kept` are heads from elsewhere.
    """

    kept: Sequence[Head] = ()
    segments: int = 0
    entries: int = 0
    found: int = 0
    dropped: int = 0
    waiting: int = 0
    head: Head = field(default_factory=lambda: Head(0, 0, GENESIS))

    async def run(self, desk: Desk) -> AsyncIterator[Finding]:
        """Yield what is wrong, in the order of the trail."""
        session, workspace_id = desk.session, desk.workspace.id
        chain = await audit.chain(session, workspace_id)
        words = WordsCheck()
        await words.begin(desk)
        unseen: defaultdict[int, list[Head]] = defaultdict(list)
        for head in dict.fromkeys(self.kept):
            unseen[head.segment].append(head)
        while batch := await audit.segments(session, workspace_id, after=self.head.segment, limit=_SEGMENTS):
            for segment in batch:
                entries = await sealed_entries(desk, segment)
                findings = self.follow(desk, segment, entries, unseen.pop(segment.number, []))
                for finding in findings:
                    yield finding
                wrong = {finding.place for finding in findings}
                sound = [entry for entry in entries if wrong.isdisjoint((None, entry.sequence))]
                for each in await words.altered(desk, sound):
                    yield Finding("no_words" if each.missing else "words", segment.number, each.place, each.message_id)
        sealed_now = await audit.chain_end(session, workspace_id)
        if sealed_now < self.head.place or (chain and not self._reaches(chain)):
            yield Finding("end", self.head.segment, self.head.place)
        for head in (head for heads in unseen.values() for head in heads):
            yield Finding("cut", head.segment, head.place)
        for place in await self._outside(desk):
            yield Finding("inserted", self.head.segment, place)
        self.waiting = await audit.count_unsealed(session, workspace_id)

    def _reaches(self, chain: AuditChain) -> bool:
        """Return whether the segments lead to the end that was noted, or beyond: others may have sealed more meanwhile."""
        beyond = self.head.segment > chain.segments and self.head.place > chain.entries
        return beyond or self.head == Head(chain.segments, chain.entries, chain.head)

    def follow(
        self, desk: Desk, segment: AuditSegment, entries: Sequence[StoredEntry], known: Sequence[Head] = ()
    ) -> list[Finding]:
        """Return what is wrong with the next segment and its entries, and go on behind it."""
        findings = list[Finding]()
        if segment.number != self.head.segment + 1:
            findings.append(Finding("segment", self.head.segment + 1))
        elif not self._fits(desk, segment):
            findings.append(Finding("segment", segment.number))
        self.head = Head(segment.number, segment.last, segment.head)
        self.segments += 1
        findings += [Finding("cut", head.segment, head.place) for head in known if head != self.head]
        if segment.dropped_at is not None:
            self.dropped += segment.last - segment.first + 1
            return findings
        self.entries += len(entries)
        self.found += len(entries) if segment.found else 0
        return findings + check_entries(segment, entries)

    def _fits(self, desk: Desk, segment: AuditSegment) -> bool:
        """Return whether the segment is as it was sealed and follows the one before."""
        follows = (segment.previous, segment.first) == (self.head.hash, self.head.place + 1)
        return follows and hmac.compare_digest(seal_of(desk.cipher.ring, segment), segment.seal)

    async def _outside(self, desk: Desk) -> list[int]:
        session, workspace_id = desk.session, desk.workspace.id
        beyond = await audit.outside(session, workspace_id, before=self.dropped + 1, after=self.head.place)
        sealed_now = await audit.chain_end(session, workspace_id)
        return [place for place in beyond if place <= self.dropped or place > max(sealed_now, self.head.place)]


async def sealed_entries(desk: Desk, segment: AuditSegment) -> list[StoredEntry]:
    """Return the entries of a segment; none where retention dropped them."""
    if segment.dropped_at is not None:
        return []
    return await audit.sealed(desk.session, desk.workspace.id, segment.first, segment.last)


def check_entries(segment: AuditSegment, entries: Sequence[StoredEntry]) -> list[Finding]:
    """Return what is wrong with the entries of a segment, given in the order of their places.

    Behind an entry that is not as it was, the chain goes on from what is stored there or from what it should be, so that one
    change is one finding.
    """
    at_place: dict[int, StoredEntry] = {}
    findings: list[Finding] = []
    for entry in entries:
        place = entry.sequence or 0
        if place in at_place:
            findings.append(Finding("inserted", segment.number, place))
        at_place.setdefault(place, entry)
    before: set[bytes] | None = {segment.previous}
    for place in range(segment.first, segment.last + 1):
        entry = at_place.get(place)
        if entry is None:
            findings.append(Finding("missing", segment.number, place))
            before = None
            continue
        stored, content = entry.hash or b"", content_of(entry, place)
        computed = {stored} if before is None else {hash_after(each, content) for each in before}
        if stored not in computed:
            findings.append(Finding("changed", segment.number, place))
        before = {stored} if stored in computed else {stored, *computed}
    if not findings and before != {segment.head}:
        findings.append(Finding("changed", segment.number, segment.last))
    return findings
