"""The one normalised record of a call that a phone system made, whatever system it was, and how two of the same call merge.

Sources of the rules: RFC 3326 and RFC 6432 (reasons of a SIP answer), ITU-T Q.850 (causes), and each system's own pages, which
`docs/telephony.md` names. A raw code is kept and mapped once: systems map 480 to three different causes.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

from pydantic import ConfigDict

from desk.core.dataclass import dataclass
from desk.core.errors import Invalid
from desk.core.phone_site import Site
from desk.rules.contacts import read_phone

Direction = Literal["", "out", "in", "internal"]

Result = Literal[
    "pending",
    "unknown",
    "connected",
    "voicemail",
    "no_answer",
    "busy",
    "rejected",
    "cancelled_by_agent",
    "powered_off",
    "out_of_coverage",
    "unreachable",
    "suspended",
    "invalid_number",
    "number_changed",
    "forwarded",
    "blocked_carrier",
    "blocked_policy",
    "network_failure",
    "agent_leg_failed",
    "abandoned_in",
    "internal",
]
"""How a call ended. `pending`: not yet; `agent_leg_failed`: the agent's own phone, or a menu, and not the customer's."""

KnownBy = Literal["inferred", "signalled", "provider", "recognised"]
"""How a result is known: guessed from what is missing, a code of the signalling, the provider's status of the call, or speech
that the provider recognised. Later ones are trusted more."""

ZoneBasis = Literal["guessed", "configured", "declared", "epoch"]

NumberKind = Literal["e164", "short", "withheld", "masked", "invalid"]


@dataclass(frozen=True, slots=True)
class DialledNumber:
    """A number as a phone system wrote it: `phone` is E.164 with its extension, if it is one (`e164`)."""

    kind: NumberKind
    phone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingRef:
    """A recording that a record names: a file name or an https address."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    place: str = field(repr=False)
    seconds: int | None = None
    state: Literal["pending", "ready", "absent", "failed"] = "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call as a phone system recorded it.

    `key` names it within its `source`; `legs` are the parts of it that were merged, and `customer_leg` says that what follows is
    known of the customer's own. `number` is the customer's, as written, or in E.164 once the desk has read it (`number_kind`).
    Instants are UTC, lengths in seconds. `result` and `known_by` say how it ended; `sip_code`, `q850` and `provider_code` are
    raw. `conflict` is a code that says another thing. `sequence` numbers the reports of a call where its system does. `token` is
    one of ours that came back. `consecutive`: its legs follow one another, as where a call is passed on. `part_of` is the key of
    the call of which this is a part, also where its first part has not come yet.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    source: str
    key: str
    legs: tuple[str, ...] = ()
    customer_leg: bool = False
    direction: Direction = ""
    click_to_call: bool = False
    agent_extension: str = ""
    agent_email: str = ""
    number: str = field(default="", repr=False)
    number_kind: Literal["", "e164", "short", "withheld", "masked", "invalid"] = ""
    started: datetime | None = None
    answered: datetime | None = None
    ended: datetime | None = None
    ring_seconds: int | None = None
    talk_seconds: int = 0
    result: Result = "pending"
    known_by: KnownBy = "inferred"
    ended_by: Literal["", "agent", "customer", "system"] = ""
    sip_code: int | None = None
    q850: int | None = None
    provider_code: str = ""
    conflict: str = ""
    recordings: tuple[RecordingRef, ...] = ()
    zone_basis: ZoneBasis = "declared"
    sequence: int = 0
    token: str = ""
    consecutive: bool = False
    part_of: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row or element that is no record: its number, counted from 1, and why, as a code."""

    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What an adapter read: records, each of another call or leg, and what was refused."""

    records: tuple[CallRecord, ...] = ()
    refused: tuple[Refused, ...] = ()


# Times

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Between which instants are kept: in any time zone they are days that a calendar has."""


def in_utc(at: datetime) -> datetime:
    """Return an instant in UTC. Raises ValueError outside 1970 to 2199, which no clock shows."""
    try:
        found = at.astimezone(UTC)
    except OverflowError:
        found = None
    if found is None or not _EARLIEST <= found < _LATEST:
        raise ValueError("not between 1970 and 2199")
    return found


_WITHHELD = frozenset(
    {"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld", "s", "asterisk", "266696687"}
)
"""What stands for a number that is not shown; the last is `anonymous` on a keypad."""

_ADDRESS = re.compile(r"(?i)^(?:sips?|tel):")
_SHORT = re.compile(r"\d{1,6}")
_MARKS = re.compile(r"[\s().\-/·]")


def read_number(text: str, site: Site, *, outgoing: bool) -> DialledNumber:
    """Return what a number is. Of one that was dialled, the prefix of an outside line comes off first; of a caller's only if it
    is no number otherwise."""
    plain = _ADDRESS.sub("", unicodedata.normalize("NFKC", text).strip()).partition("@")[0]
    plain = plain if ";ext=" in plain else plain.partition(";")[0]
    digits = _MARKS.sub("", plain)
    if digits.lower().lstrip("+") in _WITHHELD:
        return DialledNumber("withheld")
    if "*" in digits and any(each.isdigit() for each in digits):
        return DialledNumber("masked")
    if _SHORT.fullmatch(digits):
        return DialledNumber("short", digits)
    stripped = [digits[len(each) :] for each in site.prefixes if each and digits.startswith(each)]
    for candidate in (*stripped, digits) if outgoing else (digits, *stripped):
        try:
            return DialledNumber("e164", read_phone(candidate, site.region))
        except Invalid:
            continue
    return DialledNumber("invalid")


_COARSE: Mapping[Result, int] = {"pending": 0, "unknown": 1, "internal": 5, "voicemail": 5, "connected": 4}
_WEAK = frozenset({"no_answer", "unreachable", "network_failure", "abandoned_in", "agent_leg_failed"})
_KNOWN: Mapping[KnownBy, int] = {"inferred": 0, "signalled": 1, "provider": 2, "recognised": 3}


def merge(earlier: CallRecord, later: CallRecord) -> CallRecord:
    """Return one record of two reports of the same call, in whichever order they came.

    What ended does not begin again, and a finer result replaces a coarser one, never the reverse. What the customer's own leg
    says counts more than another leg's: an agent's phone, or a menu, answers without them.
    """
    first, second = (later, earlier) if _counts_more(later, earlier) else (earlier, later)
    same_leg = bool({*earlier.legs} & {*later.legs}) or earlier.legs == later.legs
    talk, answered, agents = first.talk_seconds, first.answered or second.answered, (first, second)
    if {*earlier.legs} != {*later.legs} and (spoken := _spoken_in_turn(earlier, later)) is not None:
        talk, answered, agents = spoken
    elif not same_leg and first.customer_leg == second.customer_leg and first.result == second.result:
        talk = min((each for each in (first.talk_seconds, second.talk_seconds) if each), default=0)
    ended = [each for each in (earlier.ended, later.ended) if each is not None]
    started = [each for each in (earlier.started, later.started) if each is not None]
    by_leg = second if second.customer_leg and second.number and not first.customer_leg else first
    numbered = next((each for each in (by_leg, first, second) if each.number), first)
    return replace(
        first,
        legs=tuple(dict.fromkeys((*earlier.legs, *later.legs))),
        customer_leg=earlier.customer_leg or later.customer_leg,
        direction=by_leg.direction or first.direction or second.direction,
        click_to_call=earlier.click_to_call or later.click_to_call,
        agent_extension=agents[0].agent_extension or agents[1].agent_extension,
        agent_email=agents[0].agent_email or agents[1].agent_email,
        number=numbered.number,
        number_kind=numbered.number_kind,
        started=min(started, default=None),
        answered=answered,
        ended=max(ended, default=None),
        ring_seconds=first.ring_seconds if first.ring_seconds is not None else second.ring_seconds,
        talk_seconds=talk,
        ended_by=first.ended_by or second.ended_by,
        sip_code=first.sip_code if first.sip_code is not None else second.sip_code,
        q850=first.q850 if first.q850 is not None else second.q850,
        provider_code=first.provider_code or second.provider_code,
        conflict=first.conflict or second.conflict,
        recordings=_recordings(earlier, later),
        sequence=max(earlier.sequence, later.sequence),
        token=first.token or second.token,
    )


def _spoken_in_turn(one: CallRecord, other: CallRecord) -> tuple[int, datetime, tuple[CallRecord, CallRecord]] | None:
    """Return how long was spoken on two parts that follow one another, from the first answer to the last end, when that began,
    and the parts, that of the last agent first. None: they are no such parts."""
    if not (one.consecutive and other.consecutive and one.result == other.result == "connected"):
        return None
    if one.answered is None or other.answered is None:
        return None
    ends = [each.answered + timedelta(seconds=each.talk_seconds) for each in (one, other) if each.answered]
    began = min(one.answered, other.answered)
    return int((max(ends) - began).total_seconds()), began, (one, other) if ends[0] > ends[1] else (other, one)


def _counts_more(one: CallRecord, other: CallRecord) -> bool:
    """Return whether what `one` says of the result counts more."""
    ended = one.result != "pending", other.result != "pending"
    if ended[0] != ended[1]:
        return ended[0]
    if "internal" in (one.direction, other.direction) and {"in", "out"} & {one.direction, other.direction}:
        return one.direction != "internal"  # who asks a colleague before passing a call on has the customer waiting
    if one.customer_leg != other.customer_leg and not _is_answered_by_system(one, other):
        return one.customer_leg
    ranks = [(_fineness(each.result), _KNOWN[each.known_by]) for each in (one, other)]
    if ranks[0] != ranks[1]:
        return ranks[0] > ranks[1]
    return (one.sequence, one.talk_seconds) > (other.sequence, other.talk_seconds)


def _is_answered_by_system(one: CallRecord, other: CallRecord) -> bool:
    """Return whether of an incoming call only the leg to an agent says who answered: the phone system did first."""
    return one.direction == other.direction == "in" and "unknown" in (one.result, other.result)


def _fineness(result: Result) -> int:
    return _COARSE.get(result, 2 if result in _WEAK else 3)


def _recordings(earlier: CallRecord, later: CallRecord) -> tuple[RecordingRef, ...]:
    found: dict[str, RecordingRef] = {}
    for each in (*earlier.recordings, *later.recordings):
        found[each.place] = each
    return tuple(found.values())


# What is set aside

_AHEAD = timedelta(minutes=5)
"""How far a phone system's clock may be ahead."""

LONGEST_SECONDS = 24 * 60 * 60
"""The longest that a call may be."""

_CLOCKS_SET = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this, a phone system's clock was never set."""

_NUMBERS: Mapping[NumberKind, str] = {
    "short": "number_short",
    "withheld": "number_withheld",
    "masked": "number_masked",
    "invalid": "number_invalid",
}


def fault_of(record: CallRecord, now: datetime) -> str | None:
    """Return why a record cannot be that of a call, as a code; None: it can."""
    if record.talk_seconds < 0 or (record.ring_seconds or 0) < 0:
        return "negative_length"
    times = [each for each in (record.started, record.answered, record.ended) if each is not None]
    if not times:
        return "no_time"
    if max(times) > now + _AHEAD:
        return "from_the_future"
    if min(times) < _CLOCKS_SET:
        return "long_ago"
    if record.talk_seconds > LONGEST_SECONDS or max(times) - min(times) > timedelta(seconds=LONGEST_SECONDS):
        return "too_long"
    if record.started and record.ended and record.ended < record.started:
        return "ends_before_start"
    return None


def fault_of_number(record: CallRecord) -> str | None:
    """Return why nobody can be found by the number of a record that the desk has read, as a code; None: it is one."""
    return _NUMBERS[record.number_kind or "withheld"] if record.number_kind != "e164" else None


def with_number_read(record: CallRecord, site: Site) -> CallRecord:
    """Return the record with its number read, where it has one or says that the call is over."""
    if not record.number and record.result == "pending":
        return record
    found = read_number(record.number, site, outgoing=record.direction != "in")
    return replace(record, number=found.phone or record.number, number_kind=found.kind)
