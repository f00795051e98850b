"""What adapters share: times, parties of a leg, recordings, and values that may be missing or wrong."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import Any, cast

from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, Direction, RecordingRef, Result, ZoneBasis, in_utc, read_number

_EXTENSION = re.compile(r"^(?:[A-Za-z0-9_]+/)?(\d{2,6})(?:[-@;]|$)")
_NUMBER = re.compile(r"-?\d+")
_UNKEPT = re.compile("[\0\ud800-\udfff]")
_LATEST_EPOCH = 7_258_118_400


class PayloadError(Exception):
    """What was posted is no call detail record. The message is a code."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who is on a call: the direction, the customer's number as written, and the agent's extension."""

    direction: Direction
    number: str
    extension: str


def parties_of(
    caller: str, callee: str, site: Site, *, caller_extension: str = "", callee_extension: str = ""
) -> Parties:
    """Return who called whom. The extensions are those of the channels, where they are known: a queue's number or a caller id is
    not the phone that rang."""
    from_short = read_number(caller, site, outgoing=False).kind == "short"
    if not from_short and not caller_extension:
        return Parties("in", caller, callee_extension)
    own = caller_extension or caller
    if callee_extension and read_number(callee, site, outgoing=True).kind == "short":
        return Parties("internal", callee, own)
    return Parties("out", callee, own)


def extension_in(channel: str) -> str:
    """Return the extension in the name of a channel: 2001 of `PJSIP/2001-0000002a`, nothing of `PJSIP/trunk-0000002b`."""
    found = _EXTENSION.match(channel)
    return found[1] if found else ""


def whole(text: object) -> int | None:
    """Return a whole number, rounded towards zero; None if it is none."""
    found = _NUMBER.match(str(text).strip()) if text is not None and not isinstance(text, bool) else None
    return int(found[0]) if found and len(found[0]) < 19 else None


def epoch(text: object, *, per_second: int = 1) -> datetime | None:
    """Return an instant from seconds, milliseconds or microseconds since 1970; None: never, or no such number."""
    value = whole(text)
    if not value or value < 0 or value // per_second >= _LATEST_EPOCH:
        return None
    return datetime.fromtimestamp(value // per_second, UTC)


def local_time(text: str, zone: tzinfo) -> tuple[datetime, ZoneBasis] | None:
    """Return the instant of a time such as `2026-03-02 09:15:04` in a zone, and how surely: it is guessed in the hour that the
    clocks show twice. A time that names its own offset keeps it. None: it is no time, or one that stands for never, such as the
    first day of the year 1."""
    try:
        read = datetime.fromisoformat(text.strip())
        if read.tzinfo is not None:
            return in_utc(read), "declared"
        first, again = (in_utc(read.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    except ValueError:
        return None
    return first, "guessed" if first != again else "configured"


def clock_length(text: str) -> int | None:
    """Return the seconds of `02:10`, `00:02:10` or `130`; None: it is no length."""
    parts = [whole(part) for part in text.strip().split(":")]
    known = [part for part in parts if part is not None]
    if not known or len(known) != len(parts) or len(known) > 3:
        return None
    return sum(part * 60**power for power, part in enumerate(reversed(known)))


def least_length(talk: int | None, whole_call: int | None) -> int:
    """Return the seconds that were talked; if the whole call has a length below zero, that, so that it is set aside."""
    return whole_call if whole_call is not None and whole_call < 0 else talk or 0


def seconds_between(start: datetime | None, end: datetime | None) -> int | None:
    """Return the whole seconds between two instants, if both are known."""
    return int((end - start) / timedelta(seconds=1)) if start and end else None


def leg_that_ended(
    source: str,
    key: str,
    parties: Parties,
    times: tuple[datetime | None, datetime | None, datetime | None],
    talk: int,
    result: Result,
) -> CallRecord:
    """Return the record of a leg that is over, from when it started, was answered and ended. One on which nobody spoke has no
    answer, and no length but one below zero, which has it set aside."""
    started, answered, ended = times
    spoke = result in ("connected", "internal")
    return CallRecord(
        source=source,
        key=key,
        direction=parties.direction,
        agent_extension=parties.extension,
        number=parties.number,
        started=started,
        answered=answered if spoke else None,
        ended=ended,
        ring_seconds=seconds_between(started, answered or ended),
        talk_seconds=talk if spoke or talk < 0 else 0,
        result=result,
    )


def recordings_at(places: Iterable[str]) -> tuple[RecordingRef, ...]:
    """Return the recordings at these places, each once."""
    return tuple(RecordingRef(place=place) for place in dict.fromkeys(each.strip() for each in places) if place)


def key_without_id(source: str, *parts: object) -> str:
    """Return a key for a call to which its system gave no id: the digest of who, whom and when."""
    return sha256("\n".join([source, *map(str, parts)]).encode()).hexdigest()[:32]


def without_marks(text: str) -> str:
    """Return a text without what no database keeps: NUL and halves of characters."""
    return _UNKEPT.sub("", text)


def rows_of(lines: Iterable[str], *, strict: bool = False) -> Iterator[list[str] | None]:
    """Yield the rows of a CSV without NUL characters; None for one that cannot be read."""
    rows = csv.reader((line.replace("\0", "") for line in lines), strict=strict)
    while True:
        try:
            yield next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield None


def as_object(value: object) -> dict[str, Any] | None:
    """Return a JSON object; None: it is another value."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else None


def as_list(value: object) -> list[Any]:
    """Return a JSON list, an empty one for another value."""
    return cast(list[Any], value) if isinstance(value, list) else []
