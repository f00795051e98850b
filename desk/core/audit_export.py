"""The audit trail as lines of JSON that are verified without the database: each segment with its entries behind it."""

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import field
from typing import Any, cast

from desk.core.audit_chain import GENESIS, content_of, hash_after
from desk.core.audit_verification import Head
from desk.core.dataclass import dataclass
from desk.core.transaction import Desk
from storage.queries.core import audit
from storage.queries.core.audit import StoredEntry
from storage.tables import AuditSegment

_SEGMENTS = 100
"""How many segments one statement reads."""

_FIELDS = ("segment", "workspace", "first", "last", "previous", "head", "dropped")


class BrokenExportError(ValueError):
    """A line is not as it was exported, or one before it is missing; the message has its number."""


async def export(desk: Desk) -> AsyncIterator[str]:
    """Yield the trail of the workspace, as far as it is sealed."""
    number = 0
    while batch := await audit.segments(desk.session, desk.workspace.id, after=number, limit=_SEGMENTS):
        for segment in batch:
            number = segment.number
            yield _line(_of_segment(segment))
            for entry in await audit.sealed(desk.session, desk.workspace.id, segment.first, segment.last):
                yield _line(_of_entry(entry))


def check_export(lines: Iterable[str]) -> dict[str, Head]:
    """Return where the trail of each workspace ends, by its id. Raises BrokenExportError."""
    chains: dict[str, _Chain] = {}
    read = 0
    try:
        for line in lines:
            read += 1
            value = cast(dict[str, Any], json.loads(line))
            if line != _line(value):
                raise ValueError("spelt in another way")
            if "segment" in value:
                chains.setdefault(value["workspace"], _Chain()).begin(value)
            else:
                chains[value["entry"][1]].add(value)
        for chain in chains.values():
            chain.finish()
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BrokenExportError(f"line {read} is not as it was exported, or one before it is missing") from error
    return {name: chain.head for name, chain in chains.items()}


@dataclass(slots=True)
class _Chain:
    """One workspace's trail as far as it was read, and the head that its last segment must lead to."""

    head: Head = field(default_factory=lambda: Head(0, 0, GENESIS))
    expected: Head = field(default_factory=lambda: Head(0, 0, GENESIS))

    def begin(self, value: dict[str, Any]) -> None:
        """Begin with the next segment. Raises ValueError."""
        self.finish()
        begins = (value["segment"], value["first"], value["previous"])
        if begins != (self.head.segment + 1, self.head.place + 1, self.head.hash.hex()):
            raise ValueError("does not follow")
        self.expected = Head(value["segment"], value["last"], bytes.fromhex(value["head"]))
        self.head = self.expected if value["dropped"] else Head(value["segment"], self.head.place, self.head.hash)
        if tuple(value) != _FIELDS:
            raise ValueError("other fields")

    def add(self, value: dict[str, Any]) -> None:
        """Add the next entry of the segment. Raises ValueError."""
        content = json.dumps(value["entry"], separators=(",", ":")).encode()
        computed = Head(self.head.segment, self.head.place + 1, hash_after(self.head.hash, content))
        if value != {"entry": value["entry"], "hash": computed.hash.hex()} or value["entry"][2] != computed.place:
            raise ValueError("does not follow")
        self.head = computed

    def finish(self) -> None:
        """Raise ValueError unless the entries lead to the segment's head."""
        if self.head != self.expected:
            raise ValueError("does not lead to the head")


def _of_segment(segment: AuditSegment) -> dict[str, Any]:
    place = (segment.number, segment.workspace_id.hex, segment.first, segment.last)
    values = (*place, segment.previous.hex(), segment.head.hex(), segment.dropped_at is not None)
    return dict(zip(_FIELDS, values, strict=True))


def _of_entry(entry: StoredEntry) -> dict[str, Any]:
    return {"entry": json.loads(content_of(entry, entry.sequence or 0)), "hash": (entry.hash or b"").hex()}


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"
