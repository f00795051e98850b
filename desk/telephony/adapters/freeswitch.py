"""FreeSWITCH: the CSV of mod_cdr_csv, and what mod_json_cdr and mod_xml_cdr post.

Fields are those of `cdr_csv.conf.xml`, `mod_cdr_csv.c` and `switch_ivr.c`. NORMAL_CLEARING says nothing about an answer. Values
of the JSON are URL-encoded by default. The B leg is posted too, and is folded into its call by the id of the leg that originated
it.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from desk.core.dataclass import dataclass
from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, KnownBy, Reading, Refused, Result, read_number
from desk.rules.call_results import result_of_codes
from desk.telephony.adapters.values import (
    Parties,
    PayloadError,
    as_list,
    as_object,
    clock_length,
    epoch,
    key_without_id,
    least_length,
    leg_that_ended,
    local_time,
    parties_of,
    recordings_at,
    whole,
    without_marks,
)

SOURCE = "freeswitch"

EXAMPLE_TEMPLATE = (
    "caller_id_name",
    "caller_id_number",
    "destination_number",
    "context",
    "start_stamp",
    "answer_stamp",
    "end_stamp",
    "duration",
    "billsec",
    "hangup_cause",
    "uuid",
    "bleg_uuid",
    "accountcode",
    "read_codec",
    "write_codec",
)
"""The columns of the template that is shipped as the default."""

_FOLDED = frozenset({"LOSE_RACE", "PICKED_OFF", "BLIND_TRANSFER", "ATTENDED_TRANSFER"})
"""Causes of legs that have no result of their own."""

_CAUSES: Mapping[str, tuple[Result, KnownBy]] = {
    "NO_ANSWER": ("no_answer", "signalled"),
    "ALLOTTED_TIMEOUT": ("no_answer", "signalled"),
    "PROGRESS_TIMEOUT": ("no_answer", "signalled"),
    "NO_PICKUP": ("no_answer", "signalled"),
    "NO_USER_RESPONSE": ("no_answer", "inferred"),
    "RECOVERY_ON_TIMER_EXPIRE": ("no_answer", "inferred"),
    "NORMAL_CLEARING": ("no_answer", "inferred"),
    "ORIGINATOR_CANCEL": ("cancelled_by_agent", "signalled"),
    "USER_BUSY": ("busy", "signalled"),
    "BUSY_EVERYWHERE": ("busy", "signalled"),
    "CALL_REJECTED": ("rejected", "signalled"),
    "DECLINE": ("rejected", "signalled"),
    "REJECT_ALL": ("rejected", "signalled"),
    "UNWANTED": ("rejected", "signalled"),
    "SUBSCRIBER_ABSENT": ("unreachable", "signalled"),
    "DESTINATION_OUT_OF_ORDER": ("unreachable", "signalled"),
    "USER_NOT_REGISTERED": ("agent_leg_failed", "signalled"),
    "UNALLOCATED_NUMBER": ("invalid_number", "signalled"),
    "INVALID_NUMBER_FORMAT": ("invalid_number", "signalled"),
    "NUMBER_CHANGED": ("number_changed", "signalled"),
    "DOES_NOT_EXIST_ANYWHERE": ("invalid_number", "signalled"),
    "NO_ROUTE_DESTINATION": ("network_failure", "inferred"),
    "INCOMING_CALL_BARRED": ("blocked_policy", "signalled"),
    "OUTGOING_CALL_BARRED": ("blocked_policy", "signalled"),
}
_CANCELS = frozenset({"send_cancel", "recv_cancel"})
_ENDED_BY = {"send_bye": "customer", "recv_bye": "agent"}


@dataclass(frozen=True, slots=True)
class _Variables:
    """The variables of a leg, decoded."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return without_marks(self.values.get(name, ""))


def read_freeswitch_csv(lines: Iterable[str], site: Site, *, template: Sequence[str] = EXAMPLE_TEMPLATE) -> Reading:
    """Return the calls in a CSV of these columns. A first row that names the columns replaces them."""
    records: list[CallRecord] = []
    refused: list[Refused] = []
    columns = tuple(template)
    for at, line in enumerate(lines, 1):
        text = line.replace("\0", "").strip("\r\n")
        if not text.strip():
            continue
        values = _split(text, len(columns))
        if at == 1 and "uuid" in values and "hangup_cause" in values:
            columns = tuple(values)
            continue
        if len(values) != len(columns):
            refused.append(Refused(at, "columns"))
            continue
        record = _leg(_Variables(dict(zip(columns, values, strict=True))), site, from_file=True)
        if record is not None:
            records.append(record)
    return Reading(tuple(records), tuple(refused))


def _split(text: str, count: int) -> list[str]:
    """Return the values of a row. The module escapes nothing: a quote in the caller's name, the first column, breaks the row."""
    try:
        values = next(csv.reader([text], strict=True))
    except csv.Error:
        values = []
    if len(values) == count or not (text.startswith('"') and text.endswith('"')):
        return values
    parts = text[1:-1].split('","')
    spare = len(parts) - count
    return parts if spare < 0 else ['","'.join(parts[: spare + 1]), *parts[spare + 1 :]]


def read_freeswitch_post(body: bytes, content_type: str, site: Site) -> Reading:
    """Return the leg of a posted record, JSON or XML, sent as it is or in the form field `cdr`.

    Raises PayloadError (`not_text`, `no_record`, `not_json`, `not_xml`, `xml_with_types`).
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise PayloadError("not_text") from None
    if content_type.startswith("application/x-www-form-urlencoded") or text.startswith("cdr="):
        text = next(iter(parse_qs(text).get("cdr", [])), "")
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith(("%7B", "%3C")):
        text = unquote(text)
    if text.startswith("<"):
        record = _leg(_xml(text), site)
    elif text.startswith("{"):
        record = _leg(_json(text), site)
    else:
        raise PayloadError("no_record")
    return Reading((record,) if record else ())


def _json(text: str) -> _Variables:
    try:
        found: Any = json.loads(text)
        variables = found["variables"]
        values = {str(name): unquote(str(value)) for name, value in variables.items()}
        values |= _profile(found.get("callflow") or [])
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise PayloadError("not_json") from None
    return _Variables(values)


def _profile(callflow: Any) -> dict[str, str]:
    """Return who originated the leg, and what its first profile says where no variable does."""
    first: Any = next(iter(as_list(callflow) or [callflow]))
    profile = as_object((as_object(first) or {}).get("caller_profile")) or {}
    found: dict[str, str] = {}
    for name in ("caller_id_number", "destination_number"):
        if profile.get(name):
            found[f"profile_{name}"] = unquote(str(profile[name]))
    origin = as_object(profile.get("originator")) or {}
    for originator in as_list(origin.get("originator_caller_profiles"))[:1]:
        found["profile_originator"] = str((as_object(originator) or {}).get("uuid") or "")
    return found


def _xml(text: str) -> _Variables:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PayloadError("xml_with_types")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise PayloadError("not_xml") from None
    variables = root.find("variables")
    if variables is None:
        raise PayloadError("no_record")
    values = {each.tag: unquote(each.text or "") for each in variables}
    profile = root.find("callflow/caller_profile")
    if profile is not None:
        for name in ("caller_id_number", "destination_number"):
            values[f"profile_{name}"] = unquote(profile.findtext(name) or "")
        values["profile_originator"] = profile.findtext("originator/originator_caller_profile/uuid") or ""
    return _Variables(values)


def _leg(said: _Variables, site: Site, *, from_file: bool = False) -> CallRecord | None:
    """Return the record of a leg; None: it is no call of its own."""
    if said["hangup_cause"] in _FOLDED:
        return None
    originator = said["originating_leg_uuid"] or said["originator"] or said["profile_originator"]
    caller = said["caller_id_number"] or said["profile_caller_id_number"]
    callee = said["destination_number"] or said["profile_destination_number"]
    parties = _parties(caller, callee, site, answers=bool(originator))
    started, basis = epoch(said["start_epoch"]), "epoch"
    if started is None and (read := local_time(said["start_stamp"], site.zone)) is not None:
        started, basis = read
    answered = epoch(said["answer_epoch"]) or _local(said["answer_stamp"], site)
    ended = epoch(said["end_epoch"]) or _local(said["end_stamp"], site)
    talk = least_length(clock_length(said["billsec"]), clock_length(said["duration"]))
    bridged = bool(said["bleg_uuid"] or originator) if from_file else _is_bridged(said, originator)
    sip = whole(said["sip_term_status"]) or whole(said["proto_specific_hangup_cause"].removeprefix("sip:"))
    q850 = whole(said["hangup_cause_q850"])
    outside = read_number(callee if originator else caller, site, outgoing=bool(originator)).kind != "short"
    result, known_by = _result(said, parties, answered is not None and talk > 0, bridged=bridged, sip=sip, q850=q850)
    uuid = said["uuid"]
    by: Any = _ENDED_BY.get(said["sip_hangup_disposition"], "")
    key = originator or uuid or key_without_id(SOURCE, caller, callee, started)
    return replace(
        leg_that_ended(SOURCE, key, parties, (started, answered, ended), talk, result),
        legs=(uuid,) if uuid else (),
        customer_leg=outside,
        known_by=known_by,
        ended_by=by if originator and parties.direction == "out" else "",
        sip_code=sip,
        q850=q850,
        provider_code=said["hangup_cause"],
        recordings=recordings_at([said["recording_path"] or said["record_path"]]),
        zone_basis=basis,  # pyright: ignore[reportArgumentType]
        token=said["loan_desk_token"],
    )


def _parties(caller: str, callee: str, site: Site, *, answers: bool) -> Parties:
    """Return who is on a leg. One that another leg originated, `answers`, goes to an agent's phone or out to the customer,
    whatever caller id it shows."""
    short = read_number(callee, site, outgoing=True).kind == "short"
    if answers and not short:
        return Parties("out", callee, caller if read_number(caller, site, outgoing=False).kind == "short" else "")
    return parties_of(caller, callee, site, callee_extension=callee if answers else "")


def _is_bridged(said: _Variables, originator: str) -> bool:
    names = ("bridge_uuid", "last_bridge_to", "bridged_time", "signal_bond")
    return bool(originator) or any(said[name] not in ("", "0") for name in names)


def _local(text: str, site: Site) -> Any:
    read = local_time(text, site.zone) if text else None
    return read[0] if read else None


def _result(
    said: _Variables, parties: Parties, talked: bool, *, bridged: bool, sip: int | None, q850: int | None
) -> tuple[Result, KnownBy]:
    failed = said["originate_disposition"] or said["last_bridge_hangup_cause"]
    if talked and bridged:
        return ("internal" if parties.direction == "internal" else "connected"), "signalled"
    if parties.direction == "internal":
        return "internal", "signalled"
    if parties.direction == "in":
        return "abandoned_in", "inferred"
    if talked and failed in ("", "SUCCESS"):
        return "agent_leg_failed", "inferred"  # a menu or an announcement answered
    if said["sip_hangup_disposition"] in _CANCELS:
        return "cancelled_by_agent", "signalled"
    cause = failed if talked else said["hangup_cause"]
    rang = bool(whole(said["progress_epoch"]) or whole(said["progress_uepoch"]))
    by_codes = result_of_codes(sip, q850 if q850 != 16 else None, rang=rang)
    if by_codes is not None and not talked and cause not in ("ORIGINATOR_CANCEL", "USER_NOT_REGISTERED"):
        return by_codes
    return _CAUSES.get(cause, ("network_failure", "inferred"))
