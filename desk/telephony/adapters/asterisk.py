"""Asterisk's `Master.csv` (cdr_csv): 16 to 21 columns without a header, several rows a call, times without a zone.

The order of columns, the dispositions and their traps are those of `cdr/cdr_csv.c` and `main/cdr.c`. By default an agent's cancel
reads as NO ANSWER, and most causes as FAILED; `docs/telephony.md` shows the dialplan lines that put the raw codes in `userfield`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qsl

from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, KnownBy, Reading, Refused, Result, ZoneBasis, merge
from desk.rules.call_results import result_of_codes
from desk.telephony.adapters.values import (
    epoch,
    extension_in,
    key_without_id,
    least_length,
    leg_that_ended,
    local_time,
    parties_of,
    recordings_at,
    rows_of,
    whole,
)

SOURCE = "asterisk"

_FEWEST, _MOST, _CHANNEL_COLUMNS = 16, 21, 3
_UNIQUE_ID = re.compile(r"(?:(?P<system>[\w.-]+)-)?(?P<epoch>\d{9,11})\.\d+")
_NEAR = timedelta(seconds=2)
_STEP = timedelta(minutes=15)
_FARTHEST = timedelta(hours=14)

_DISPOSITIONS: Mapping[str, tuple[Result, KnownBy]] = {
    "NO ANSWER": ("no_answer", "inferred"),
    "BUSY": ("busy", "signalled"),
    "CONGESTION": ("network_failure", "signalled"),
    "CANCEL": ("cancelled_by_agent", "signalled"),
    "FAILED": ("network_failure", "inferred"),
}
_DISPOSITION_CODES = frozenset({*_DISPOSITIONS, "ANSWERED"})


@dataclass(frozen=True, slots=True)
class _Row:
    src: str = field(repr=False)
    dst: str = field(repr=False)
    channel: str
    to_channel: str
    start: str
    answer: str
    end: str
    duration: int | None
    talk: int | None
    disposition: str
    unique_id: str
    linked_id: str
    user: Mapping[str, str] = field(repr=False)

    @property
    def call_id(self) -> str:
        return self.linked_id or self.unique_id


def read_asterisk_csv(lines: Iterable[str], site: Site) -> Reading:
    """Return the calls in a file of call detail records, one for the rows of each call."""
    groups: dict[str, list[_Row]] = {}
    refused: list[Refused] = []
    for at, values in enumerate(rows_of(lines, strict=True), 1):
        if values == []:
            continue
        row = _row(values) if values is not None else "row_broken"
        if isinstance(row, str):
            refused.append(Refused(at, row))
            continue
        groups.setdefault(row.call_id or f"row {at}", []).append(row)
    records: list[CallRecord] = []
    for group in groups.values():
        record = _call(group, site)
        if record is None:
            refused.append(Refused(0, "time_unreadable"))
        else:
            records.append(record)
    return Reading(tuple(records), tuple(refused))


def _row(values: Sequence[str]) -> _Row | str:
    """Return the row of these columns, or the code of what is wrong with them."""
    if not _FEWEST <= len(values) <= _MOST:
        return "columns"
    extra = list(values[_FEWEST:])
    linked_id = extra[-2] if len(extra) >= _CHANNEL_COLUMNS else ""
    optional = extra[:-_CHANNEL_COLUMNS] if len(extra) >= _CHANNEL_COLUMNS else extra
    unique_id = next((each for each in optional[:1] if _UNIQUE_ID.fullmatch(each)), "")
    user = optional[1] if len(optional) > 1 else next((each for each in optional if each != unique_id), "")
    if values[14] not in _DISPOSITION_CODES:
        return "disposition_unknown"
    return _Row(
        src=values[1],
        dst=values[2],
        channel=values[5],
        to_channel=values[6],
        start=values[9],
        answer=values[10],
        end=values[11],
        duration=whole(values[12]),
        talk=whole(values[13]),
        disposition=values[14],
        unique_id=unique_id,
        linked_id=linked_id,
        user=dict(parse_qsl(user)),
    )


def _call(rows: Sequence[_Row], site: Site) -> CallRecord | None:
    """Return the one record of the rows of a call; None: none of them has a time that can be read."""
    ordered = sorted(rows, key=lambda row: row.start)
    begun = local_time(ordered[0].start, site.zone)
    if begun is None:
        return None
    shift, basis = _shift(ordered[0], *begun)
    key = _key(ordered[0], begun[0] + shift)
    records = [_record(row, key, _leg(row), site, shift, basis) for row in ordered]
    merged = records[0]
    for _, record in pairwise(records):
        merged = merge(merged, record)
    linked_id = ordered[0].linked_id
    begins_before = linked_id not in {row.unique_id for row in ordered}  # with a row that was sent another time
    return replace(merged, part_of=linked_id if begins_before else "")


def _key(row: _Row, started: datetime) -> str:
    """Return the key of a call. A linkedid is none: it may change on rows that were written already."""
    return row.unique_id or key_without_id(SOURCE, row.src, row.dst, started.isoformat())


def _leg(row: _Row) -> str:
    """Return what names a row among those of its call, also where they come one by one."""
    return f"{row.start} {row.to_channel}:{row.unique_id}"


def _shift(row: _Row, begun: datetime, basis: ZoneBasis) -> tuple[timedelta, ZoneBasis]:
    """Return by how much the times of a call are off, as the epoch in its id says: the zone in the settings may not be the one in
    which this file was written."""
    found = _UNIQUE_ID.fullmatch(row.unique_id)
    at = epoch(found["epoch"]) if found else None
    if at is None:
        return timedelta(), basis
    off = at - begun
    if abs(off) <= _NEAR:
        return timedelta(), "epoch"
    steps = round(off / _STEP)
    if abs(off - steps * _STEP) <= _NEAR and abs(off) <= _FARTHEST:
        return steps * _STEP, "epoch"
    return timedelta(), basis


def _record(row: _Row, key: str, leg: str, site: Site, shift: timedelta, basis: ZoneBasis) -> CallRecord:
    def instant(text: str) -> datetime | None:
        read = local_time(text, site.zone) if text else None
        return read[0] + shift if read else None

    started, answered, ended = instant(row.start), instant(row.answer), instant(row.end)
    parties = parties_of(
        row.src,
        row.dst,
        site,
        caller_extension=extension_in(row.channel),
        callee_extension=extension_in(row.to_channel),
    )
    sip, q850 = whole(row.user.get("sip")), whole(row.user.get("q850"))
    result, known_by = _result(row, parties.direction, sip, q850)
    talk = least_length(row.talk, row.duration)
    return replace(
        leg_that_ended(SOURCE, key, parties, (started, answered, ended), talk, result),
        legs=(leg,),
        consecutive=True,
        known_by=known_by,
        sip_code=sip,
        q850=q850,
        provider_code=row.disposition,
        recordings=recordings_at([row.user.get("rec", "")]),
        zone_basis=basis,
        token=row.user.get("token", ""),
    )


def _result(row: _Row, direction: str, sip: int | None, q850: int | None) -> tuple[Result, KnownBy]:
    if direction == "internal":
        return "internal", "signalled"
    if row.disposition == "ANSWERED":
        if not row.to_channel:  # a menu, music or an announcement answered
            return ("abandoned_in" if direction == "in" else "agent_leg_failed"), "inferred"
        return ("connected" if row.talk else "unknown"), "signalled"
    if direction == "in":
        return "abandoned_in", "inferred"
    said = result_of_codes(sip, q850, rang=False)
    if said is not None and row.disposition != "CANCEL":
        return said
    return _DISPOSITIONS[row.disposition]
