"""Twilio Voice: callbacks of a call's status and of its recordings, and their signature.

Parameters are those of Twilio's TwiML and Voice pages and of `twilio-python` 9.13; the signature is that of its
`request_validator.py`: HMAC-SHA1 with the account's token over the address as it was called, then names and values, names sorted.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlsplit

from desk.core.phone_site import Site
from desk.rules.call_records import LONGEST_SECONDS, CallRecord, KnownBy, Reading, RecordingRef, Refused, Result, in_utc
from desk.rules.call_results import result_of_codes
from desk.telephony.adapters.values import whole

SOURCE = "twilio"

_GOING_ON = frozenset({"queued", "initiated", "ringing", "in-progress", "answered"})
_ENDED: Mapping[str, Result] = {"busy": "busy", "no-answer": "no_answer", "canceled": "cancelled_by_agent"}
_ENDPOINTS = ("client:", "sip:", "sips:")
_RECORDING_STATES: Mapping[str, str] = {
    "in-progress": "pending",
    "processing": "pending",
    "completed": "ready",
    "absent": "absent",
    "failed": "failed",
}


def is_signed_by_twilio(token: str, url: str, fields: Sequence[tuple[str, str]], signature: str) -> bool:
    """Return whether a request to that address, as Twilio calls it, with those form fields was signed with the account's token.

    A proxy may add or drop the standard port, so both forms are tried, as Twilio's own library does. The comparison takes the
    same time whatever the signature is.
    """
    values = "".join(f"{name}{value}" for name, value in sorted({*fields}))
    expected = [_signature(token, each + values) for each in _with_and_without_port(url)]
    with_port, without = (hmac.compare_digest(each, signature.encode(errors="replace")) for each in expected)
    return with_port or without


def _signature(token: str, text: str) -> bytes:
    return b64encode(hmac.digest(token.encode(), text.encode(), sha1))


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    rest = url[len(f"{parts.scheme}://{parts.netloc}") :]
    return f"{parts.scheme}://{host}:{port}{rest}", f"{parts.scheme}://{host}{rest}"


def read_twilio_callback(fields: Mapping[str, str], site: Site, received_at: datetime) -> Reading:
    """Return the record of one callback. `agent` in the address that Twilio was given is the agent's extension or e-mail."""
    call_id = fields.get("ParentCallSid") or fields.get("CallSid", "")
    if not call_id:
        return Reading(refused=(Refused(1, "no_key"),))
    agent = fields.get("agent", "")
    record = CallRecord(
        source=SOURCE,
        key=call_id,
        agent_extension="" if "@" in agent else agent,
        agent_email=agent if "@" in agent else "",
        token=fields.get("token", ""),
    )
    if fields.get("RecordingSid"):
        return Reading((_recording(record, fields),))
    return Reading((_status(record, fields, received_at),))


def _recording(record: CallRecord, fields: Mapping[str, str]) -> CallRecord:
    state: Any = _RECORDING_STATES.get(fields.get("RecordingStatus", "completed"), "failed")
    place = fields.get("RecordingUrl") or fields["RecordingSid"]
    ref = RecordingRef(place=place, seconds=whole(fields.get("RecordingDuration")), state=state)
    return replace(record, legs=("recording",), recordings=(ref,))


def _status(record: CallRecord, fields: Mapping[str, str], received_at: datetime) -> CallRecord:
    caller, callee, direction = fields.get("From", ""), fields.get("To", ""), fields.get("Direction", "")
    to_agent, from_agent = callee.startswith(_ENDPOINTS), caller.startswith(_ENDPOINTS)
    is_child = bool(fields.get("ParentCallSid"))
    incoming = direction in ("inbound", "trunking-terminating") and not from_agent
    incoming = incoming or (to_agent and is_child)
    at, declared = _instant(fields.get("Timestamp", "")), bool(fields.get("Timestamp"))
    at = at or received_at
    talk = whole(fields.get("CallDuration")) or 0
    talked = timedelta(
        seconds=min(max(talk, 0), 2 * LONGEST_SECONDS)
    )  # of a longer one the length says that it is none
    status = fields.get("CallStatus", "")
    result, known_by = _result(fields, status, talk, incoming=incoming, is_child=is_child)
    over = result != "pending"
    spoke = result in ("connected", "voicemail", "unknown")
    extension = _endpoint(callee) if to_agent else _endpoint(caller) if from_agent else ""
    return replace(
        record,
        legs=(fields.get("CallSid", ""),),
        customer_leg=not to_agent and (is_child or incoming or not from_agent),
        direction="in" if incoming else "out",
        click_to_call=is_child and not incoming,
        agent_extension=record.agent_extension or extension,
        number=caller if incoming else "" if to_agent else callee,
        started=at - talked if over else at,
        answered=at - talked if over and spoke and talk > 0 else None,
        ended=at if over else None,
        talk_seconds=talk if spoke or talk < 0 else 0,
        result=result,
        known_by=known_by,
        sip_code=whole(fields.get("SipResponseCode")),
        provider_code=status,
        zone_basis="declared" if declared else "guessed",
        sequence=whole(fields.get("SequenceNumber")) or 0,
    )


def _result(
    fields: Mapping[str, str], status: str, talk: int, *, incoming: bool, is_child: bool
) -> tuple[Result, KnownBy]:
    if status in _GOING_ON:
        return "pending", "provider"
    if status == "completed":
        answered_by = fields.get("AnsweredBy", "")
        if answered_by.startswith("machine") or answered_by == "fax":
            return "voicemail", "provider"
        if incoming and not is_child:
            return "unknown", "provider"  # Twilio answered; whether an agent did, the other leg says
        return ("connected" if talk > 0 else "unknown"), "provider"
    if incoming:
        return "abandoned_in", "provider"
    if status == "failed":
        said = result_of_codes(whole(fields.get("SipResponseCode")), None, rang=False)
        return (said[0], "provider") if said else ("network_failure", "inferred")
    return _ENDED.get(status, "unknown"), "provider"


def _endpoint(address: str) -> str:
    return address.partition(":")[2].partition("@")[0]


def _instant(text: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(text)
        return in_utc(read if read.tzinfo else read.replace(tzinfo=UTC))
    except (TypeError, ValueError):
        return None
