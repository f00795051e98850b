"""What the audit trail proves of one month: how contact rules were kept, what was disclosed, refused and deleted, and what the
operator did. It counts sealed entries alone and verifies them on the way, so equal trails give equal proofs.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import field
from datetime import date, datetime, time
from itertools import groupby
from typing import Any, Literal
from zoneinfo import ZoneInfo

from desk.core.audit_verification import Finding, Head, Verification
from desk.core.dataclass import dataclass
from desk.core.disclosures import DISCLOSURE, REFUSED
from desk.core.errors import Invalid
from desk.core.transaction import Desk
from desk.messages.compliance import FEW
from storage.queries.core import audit
from storage.queries.core.audit import StoredEntry
from storage.queries.core.compliance import REVEAL
from storage.tables import AuditSegment

Section = Literal["contact", "rules", "disclosed", "refused", "kept", "operated", "others"]

SECTIONS: tuple[Section, ...] = ("contact", "rules", "disclosed", "refused", "kept", "operated", "others")
"""The sections in the order of the page. Each entry of the month counts in one of them; `rules` says more of `contact`."""

CONTACT = ("contact_held", "explain_contact", "override_contact", "contact_broken", "contact_moved")
"""Acts about contact rules that name the rules."""

OPENED = (REVEAL, "file_opened", "file_in_slack", "recording_opened", "calendar_opened")
"""Acts that disclose, beside the entries of answers."""

CHECKED_CALL = "call"
"""The act of logging a call: its entry has what the contact rules said of the call."""

UNCHECKED = "unchecked"
"""A call for which the desk noted nothing about contact rules."""

NOT_NOTED = "not_noted"
"""The roles of entries from before the desk noted them."""

KEPT = ("place_hold", "lift_hold", "change_retention", "retention_deleted", "retention_ended")
"""Acts by which records are deleted, or kept from it."""

OPERATED = (
    *("backup", "restore", "import", "audit_proof", "proof_opened", "case_exported", "person_exported"),
    *("signing_key", "token_issued", "token_revoked"),
    *("add_key", "rotate_keys", "remove_key", "wrap_keys", "rewrap_keys"),
)
"""Acts of the operator, and proofs that compliance took."""

DELETED = "records_deleted"
"""How many records retention deleted, by their kind; each of its entries is about many."""

DAYS_ABOVE = "days_above"
"""How often a member looked at more numbers in a day than are never unusual."""

_FIRST_YEAR = 1970
"""No audit trail is older, and a database cannot tell when the first months of year 1 began elsewhere than in UTC."""

MOST_EARLIER = 100_000
"""The most entries from before the month that are verified while a member waits, some seconds. The command line verifies all."""

_SEGMENTS = 100
_TOGETHER = 500
"""About how many entries are read and verified at once: it holds up others for some hundredths of a second."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """How many entries of the month say the same. `item` is an act, a rule, or the kind of a disclosure; `detail` says more of
    it: what the rules said, the roles of who saw it, the code of a refusal."""

    section: Section
    item: str
    detail: str
    count: int


@dataclass(frozen=True, slots=True)
class MonthlyProof:
    """The proof of a month, which begins and ends at midnight in `zone`.

    `entries` of the month were counted, from place `first` to `last`; the latest was written at `last_at`. They are in segments
    `segments[0]` to `segments[1]`, which lead from the hash `before` to `head`. The `verified` entries of the segments from
    `since` on were looked at (1: of the whole trail up to there); `findings` is what is wrong with them. `dropped_before` of
    these, from before the month, were deleted by retention. `found` entries of the month are from before the chain; `dropped`
    ones of the month's segments, which retention has deleted, may be of the month; `waiting` ones are not sealed yet and not
    counted. `over`: the month has ended.
    """

    workspace: str
    team: str
    month: date
    zone: str
    over: bool
    entries: int
    first: int
    last: int
    last_at: datetime | None
    segments: tuple[int, int]
    since: int
    verified: int
    dropped_before: int
    before: bytes
    head: Head
    found: int
    dropped: int
    waiting: int
    findings: tuple[Finding, ...]
    rows: tuple[ProofRow, ...]

    @property
    def is_whole(self) -> bool:
        """Return whether every entry of the month is counted."""
        return self.over and not self.waiting and not self.dropped

    def of(self, section: Section) -> Sequence[ProofRow]:
        """Return the rows of a section."""
        return [row for row in self.rows if row.section == section]


def read_month(text: str) -> date:
    """Return the first day of a month that is written like `2026-11`. Raises Invalid (`bad_month`)."""
    year, dash, month = text.strip().partition("-")
    digits = f"{year}{month}"
    if not (dash and len(year) == 4 and len(month) == 2 and digits.isascii() and digits.isdigit()):
        raise Invalid("bad_month", given=text)
    try:
        first = date(int(year), int(month), 1)
    except ValueError:
        raise Invalid("bad_month", given=text) from None
    if first.year < _FIRST_YEAR:
        raise Invalid("bad_month", given=text)
    return first


def require_begun(desk: Desk, month: date) -> None:
    """Raise Invalid (`month_ahead`) if the month that begins on that day has not begun in the workspace's time zone."""
    if desk.workspace_today < month:
        raise Invalid("month_ahead", month=f"{month:%Y-%m}")


async def monthly_proof(desk: Desk, month: date, *, most_earlier: int | None = None) -> MonthlyProof:
    """Return the proof of the month that begins on that day. What was sealed before is verified too, unless it is more than
    `most_earlier` entries. Raises Invalid (`month_ahead`)."""
    require_begun(desk, month)
    zone = ZoneInfo(desk.workspace.zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (month, month_after(month)))
    tally = _Tally(begin, end)
    verification, findings = Verification(), list[Finding]()
    numbers = await audit.segments_within(desk.session, desk.workspace.id, begin, end)
    before, since, dropped_before = verification.head, 0, 0
    if numbers is not None:
        before, since = await _head_before(desk, numbers[0]), 1
        if most_earlier is not None and before.place > most_earlier:
            verification.head, since = before, numbers[0]
        async for segment, entries in _segments(desk, since, numbers[0] - 1):
            findings += verification.follow(desk, segment, entries)
        dropped_before = verification.dropped
        async for segment, entries in _segments(desk, *numbers):
            findings += verification.follow(desk, segment, entries)
            tally.add(entries, found=segment.found)
    return MonthlyProof(
        workspace=desk.workspace.name,
        team=desk.workspace.slack_team_id,
        month=month,
        zone=desk.workspace.zone,
        over=desk.now >= end,
        entries=tally.entries,
        first=tally.first,
        last=tally.last,
        last_at=tally.last_at,
        segments=numbers or (0, 0),
        since=since,
        verified=verification.entries,
        dropped_before=dropped_before,
        before=before.hash,
        head=verification.head,
        found=tally.found,
        dropped=verification.dropped - dropped_before,
        waiting=await audit.count_unsealed(desk.session, desk.workspace.id, since=begin, until=end),
        findings=tuple(findings),
        rows=tally.rows(),
    )


async def _head_before(desk: Desk, number: int) -> Head:
    """Return where the trail ended before that segment."""
    earlier = await audit.segments(desk.session, desk.workspace.id, after=number - 2, limit=1) if number > 1 else []
    return Head(earlier[0].number, earlier[0].last, earlier[0].head) if earlier else Verification().head


async def _segments(desk: Desk, first: int, last: int) -> AsyncIterator[tuple[AuditSegment, list[StoredEntry]]]:
    """Yield these segments with their entries, of several small ones by one statement."""
    number = first - 1
    while number < last:
        batch = await audit.segments(desk.session, desk.workspace.id, after=number, limit=min(_SEGMENTS, last - number))
        if not batch:
            return
        number = batch[-1].number
        # Segments that begin in the same stretch of places are read together.
        for _stretch, some in groupby(batch, key=lambda segment: segment.first // _TOGETHER):
            together = list(some)
            read = await audit.sealed(desk.session, desk.workspace.id, together[0].first, together[-1].last)
            for segment in together:
                yield segment, [each for each in read if segment.first <= (each.sequence or 0) <= segment.last]


def month_after(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


@dataclass(slots=True)
class _Tally:
    """Counts the entries of a time."""

    begin: datetime
    end: datetime
    entries: int = 0
    first: int = 0
    last: int = 0
    last_at: datetime | None = None
    found: int = 0
    counts: Counter[tuple[Section, str, str]] = field(default_factory=Counter[tuple[Section, str, str]])
    reveals: Counter[tuple[str | None, date]] = field(default_factory=Counter[tuple[str | None, date]])

    def add(self, entries: Sequence[StoredEntry], *, found: bool) -> None:
        """Count those of these entries that are of the time."""
        for entry in entries:
            if not self.begin <= entry.at < self.end:
                continue
            place = entry.sequence or 0
            self.entries += 1
            self.found += found
            self.first, self.last = self.first or place, max(self.last, place)
            self.last_at = max(self.last_at or entry.at, entry.at)
            self._count(entry, json.loads(entry.details))

    def _count(self, entry: StoredEntry, details: Mapping[str, Any]) -> None:
        section, item, detail = _kind(entry.act, details)
        self.counts[section, item, detail] += 1
        if entry.act in CONTACT:
            for rule in details.get("rules", ()):
                self.counts["rules", str(rule), entry.act] += 1
        if entry.act == "retention_deleted":
            self.counts["kept", DELETED, str(details.get("kind", ""))] += int(details.get("count", 0))
        if entry.act == REVEAL:
            self.reveals[entry.actor_id, entry.at.astimezone(self.begin.tzinfo).date()] += 1

    def rows(self) -> tuple[ProofRow, ...]:
        """Return what was counted, the sections in their order."""
        above = sum(count > FEW for count in self.reveals.values())
        if above:
            self.counts["disclosed", DAYS_ABOVE, ""] = above
        ordered = sorted(self.counts.items(), key=lambda each: (SECTIONS.index(each[0][0]), each[0]))
        return tuple(ProofRow(*key, count=count) for key, count in ordered)


def _kind(act: str, details: Mapping[str, Any]) -> tuple[Section, str, str]:
    """Return where an entry counts."""
    if act == CHECKED_CALL:
        return "contact", act, str(details.get("contact", UNCHECKED))
    if act in CONTACT:
        return "contact", act, str(details.get("effect", ""))
    if act == DISCLOSURE:
        return "disclosed", str(details.get("what", "")), str(details.get("roles", NOT_NOTED))
    if act in OPENED:
        return "disclosed", act, str(details.get("roles", NOT_NOTED))
    if act == REFUSED:
        return "refused", act, str(details.get("code", ""))
    if act == "undo":
        return "others", act, str(details.get("act_undone", ""))
    return ("kept" if act in KEPT else "operated" if act in OPERATED else "others"), act, ""
