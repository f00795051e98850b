"""Phone systems that a file describes: which field of their records is what, and which of their codes is which result.

The files are `desk/data/phone_systems/*.toml`, and a lender's own; the head of `alibaba.toml` explains the fields.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from desk.core.data_files import DataFile, DataFileError
from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, Direction, KnownBy, Reading, Refused, Result, ZoneBasis, read_number
from desk.rules.hours import known_zone
from desk.telephony.adapters.values import (
    Parties,
    PayloadError,
    as_list,
    as_object,
    clock_length,
    epoch,
    local_time,
    parties_of,
    recordings_at,
    rows_of,
    seconds_between,
    without_marks,
)

ADAPTED = frozenset({"asterisk", "freeswitch", "twilio"})
"""The systems that no file describes: they have adapters of their own."""

_STRICT = ConfigDict(extra="forbid")
_Paths = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Where each value is: paths of which the first that is there counts, dots between names and places in lists."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    key: Annotated[_Paths, Field(min_length=1)]
    leg: _Paths = ()
    direction: _Paths = ()
    caller: _Paths = ()
    callee: _Paths = ()
    caller_extension: _Paths = ()
    callee_extension: _Paths = ()
    agent_extension: _Paths = ()
    agent_email: _Paths = ()
    withheld: _Paths = ()
    started: _Paths = ()
    answered: _Paths = ()
    ended: _Paths = ()
    talk: _Paths = ()
    ended_by: _Paths = ()
    recordings: _Paths = ()
    token: _Paths = ()
    sequence: _Paths = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """A field whose codes say how a call ended, and how surely."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    field: Annotated[_Paths, Field(min_length=1)]
    known_by: KnownBy = "provider"
    values: dict[str, Result]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFile:
    """A phone system as its file describes it."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    title: str
    built_from: str
    format: Literal["json", "csv"] = "json"
    columns: tuple[str, ...] = ()
    records: tuple[str, ...] = ("",)
    zone: str = ""
    time: Literal["text", "epoch_s", "epoch_ms"] = "text"
    direction: Direction = ""
    fields: Fields
    directions: dict[str, Direction] = Field(default_factory=dict)
    ended_by: dict[str, Literal["agent", "customer", "system"]] = Field(default_factory=dict)
    ignore: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    results: tuple[Codes, ...] = ()
    answered_means: Result = "pending"


class System:
    """A phone system that a file describes, by the name of the file."""

    def __init__(self, name: str, source: Traversable) -> None:
        if name in ADAPTED or not re.fullmatch("[a-z0-9][a-z0-9_-]{0,31}", name):
            raise DataFileError(
                f"{source.name}: its name is that of the system: at most 32 of a-z, 0-9, - and _, "
                f"and none of {', '.join(sorted(ADAPTED))}"
            )
        file = DataFile(source)
        self.name = name
        self.said = file.read(SystemFile, dict(file.tables), name)
        if self.said.zone and known_zone(self.said.zone) is None:
            raise file.error("there is no such time zone", name, field="zone")
        if self.said.format == "csv" and not self.said.columns:
            raise file.error("a CSV needs its columns", name, field="columns")


@cache
def systems() -> Mapping[str, System]:
    """Return the phone systems whose files are shipped, by name. Raises DataFileError, which names file, line and entry."""
    return _in_folder(resources.files("desk") / "data" / "phone_systems")


def systems_with(folder: Path) -> Mapping[str, System]:
    """Return them and those that a lender's own files describe, which take the place of shipped ones of the same name.

    Raises DataFileError, which names file, line and entry, and OSError.
    """
    return {**systems(), **_in_folder(folder)}


def _in_folder(folder: Traversable) -> Mapping[str, System]:
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name)
    return {name: System(name, each) for each in files if (name := each.name.removesuffix(".toml"))}


def read_mapped_json(system: System, body: bytes, site: Site) -> Reading:
    """Return the records of a body. Raises PayloadError (`not_json`, `wrong_format`)."""
    if system.said.format != "json":
        raise PayloadError("wrong_format")
    try:
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise PayloadError("not_json") from None
    return _read(system, _elements(found, system.said.records), site)


def read_mapped_csv(system: System, lines: Iterable[str], site: Site) -> Reading:
    """Return the records of a file. A first row that has the names of all columns replaces their order.

    Raises PayloadError (`wrong_format`).
    """
    if system.said.format != "csv":
        raise PayloadError("wrong_format")
    columns: Sequence[str] = system.said.columns
    elements: list[Any] = []
    for at, values in enumerate(rows_of(lines)):
        if values is None:
            elements.append(None)
        elif at == 0 and {*values} >= {system.said.fields.key[0]}:
            columns = values
        elif values:
            elements.append(dict(zip(columns, values, strict=False)) if len(values) == len(columns) else None)
    return _read(system, elements, site)


def _elements(found: Any, paths: Iterable[str]) -> list[Any]:
    for path in paths:
        at = _at(found, path) if path else found
        if as_object(at) is not None:
            return [at]
        if parts := as_list(at):
            return parts
    return []


def _read(system: System, elements: Iterable[Any], site: Site) -> Reading:
    records: list[CallRecord] = []
    refused: list[Refused] = []
    for at, element in enumerate(elements, 1):
        known = as_object(element)
        record = _record(system, known, site) if known is not None else "columns"
        if isinstance(record, CallRecord):
            records.append(record)
        elif record:
            refused.append(Refused(at, record))
    return Reading(tuple(records), tuple(refused))


def _record(system: System, element: dict[str, Any], site: Site) -> CallRecord | str:
    """Return the record of an element; the code of what it lacks; nothing, if it is no call's."""
    said, fields = system.said, system.said.fields
    if any(_first(element, [path]) in values for path, values in said.ignore.items()):
        return ""
    key = _first(element, fields.key)
    if not key:
        return "no_key"
    times = [_time(said, element, paths, site) for paths in (fields.started, fields.answered, fields.ended)]
    started, answered, ended = (at for at, _ in times)
    talk = clock_length(_first(element, fields.talk))
    if talk is None:
        talk = seconds_between(answered, ended) or 0
    answered_when_said = answered is not None or not _is_there(element, fields.answered)
    result, known_by, code, conflict = _result(said, element, talks=talk > 0 and answered_when_said)
    if result in ("pending", "unknown") and said.answered_means != "pending" and (ended or answered):
        result, known_by = (said.answered_means, "inferred") if answered and talk > 0 else ("no_answer", "inferred")
    parties = _parties(said, element, site)
    if parties.direction == "internal" and result != "pending":
        result = "internal"
    if parties.direction == "in" and result in ("no_answer", "cancelled_by_agent"):
        result = "abandoned_in"
    spoke = result in ("connected", "voicemail", "internal")
    by: Any = said.ended_by.get(_first(element, fields.ended_by), "")
    return CallRecord(
        source=system.name,
        key=key,
        legs=(_first(element, fields.leg) or key,),
        direction=parties.direction,
        agent_extension=_first(element, fields.agent_extension) or parties.extension,
        agent_email=_first(element, fields.agent_email),
        number="anonymous" if _first(element, fields.withheld) == "true" else parties.number,
        started=started,
        answered=answered if spoke else None,
        ended=ended,
        ring_seconds=seconds_between(started, answered) if spoke else None,
        talk_seconds=talk if spoke or talk < 0 else 0,
        result=result,
        known_by=known_by,
        ended_by=by,
        provider_code=code[:64],
        conflict=conflict[:64],
        recordings=recordings_at(_all(element, fields.recordings)),
        zone_basis=_least_sure(times),
        sequence=clock_length(_first(element, fields.sequence)) or 0,
        token=_first(element, fields.token)[:64],
    )


def _result(said: SystemFile, element: Any, *, talks: bool) -> tuple[Result, KnownBy, str, str]:
    """Return the result that the first field with a known code says, that code, and one that speaks against it."""
    found: list[tuple[Result, KnownBy, str]] = []
    for codes in said.results:
        code = _first(element, codes.field)
        result = codes.values.get(code)
        if result is None or (result == "connected" and not talks):
            continue
        found.append((result, codes.known_by, code))
    if not found:
        known = any(_first(element, codes.field) for codes in said.results)
        return ("unknown" if known else "pending"), "inferred", "", ""
    first = found[0]
    spoke = first[0] in ("connected", "voicemail")
    against = next((code for result, _, code in found if (result in ("connected", "voicemail")) != spoke), "")
    return *first, against


def _parties(said: SystemFile, element: Any, site: Site) -> Parties:
    fields = said.fields
    caller, callee = _first(element, fields.caller), _first(element, fields.callee)
    from_extension, to_extension = _first(element, fields.caller_extension), _first(element, fields.callee_extension)
    direction = said.directions.get(_first(element, fields.direction), said.direction)
    if not direction and not (caller or callee):
        return Parties("", "", "")
    if not direction:
        own = from_extension if read_number(from_extension, site, outgoing=False).kind == "short" else ""
        other = to_extension if read_number(to_extension, site, outgoing=False).kind == "short" else ""
        return parties_of(caller, callee, site, caller_extension=own, callee_extension=other)
    if direction == "in":
        return Parties("in", caller, to_extension)
    return Parties(direction, callee, from_extension)


def _time(said: SystemFile, element: Any, paths: _Paths, site: Site) -> tuple[Any, ZoneBasis]:
    text = _first(element, paths)
    if said.time != "text" and text:
        return epoch(text, per_second=1000 if said.time == "epoch_ms" else 1), "epoch"
    read = local_time(text, known_zone(said.zone) or site.zone) if text else None
    if read is None:
        return None, "declared"
    return read[0], "declared" if read[1] == "configured" and said.zone else read[1]


def _least_sure(times: Iterable[tuple[object, ZoneBasis]]) -> ZoneBasis:
    known: set[ZoneBasis] = {basis for at, basis in times if at is not None}
    order: tuple[ZoneBasis, ...] = ("guessed", "configured", "declared", "epoch")
    found: list[ZoneBasis] = [basis for basis in order if basis in known]
    return found[0] if found else "declared"


def _is_there(element: Any, paths: _Paths) -> bool:
    return any(_at(element, path) is not None for path in paths)


def _first(element: Any, paths: Iterable[str]) -> str:
    """Return the first of these values that is there, also an empty one."""
    for path in paths:
        found = _at(element, path)
        if found is not None and not isinstance(found, (dict, list)):
            return str(found).lower() if isinstance(found, bool) else without_marks(str(found)).strip()
    return ""


def _all(element: Any, paths: Iterable[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        head, star, tail = path.partition(".*.")
        if not star:
            found.append(_first(element, [path]))
            continue
        found += [_first(part, [tail]) for part in as_list(_at(element, head))]
    return [each for each in found if each]


def _at(element: Any, path: str) -> Any:
    at: Any = element
    for name in path.split("."):
        if (known := as_object(at)) is not None:
            at = known.get(name)
        elif (parts := as_list(at)) and re.fullmatch(r"-?\d{1,4}", name):
            at = parts[int(name)] if -len(parts) <= int(name) < len(parts) else None
        else:
            return None
    return at
