"""What the result of a reported call is: by the codes of the signalling, as the outcome of a call, and whether nobody took it."""

from collections.abc import Mapping

from desk.rules.call_records import CallRecord, KnownBy, Result

_SIP: Mapping[int, Result] = {
    403: "blocked_policy",
    404: "invalid_number",
    408: "network_failure",
    410: "number_changed",
    480: "unreachable",
    484: "invalid_number",
    485: "invalid_number",
    486: "busy",
    487: "cancelled_by_agent",
    488: "network_failure",
    500: "network_failure",
    502: "network_failure",
    503: "network_failure",
    504: "network_failure",
    600: "busy",
    603: "rejected",
    604: "invalid_number",
    606: "network_failure",
    607: "blocked_carrier",
    608: "blocked_carrier",
    401: "agent_leg_failed",
    402: "agent_leg_failed",
    407: "agent_leg_failed",
}

_Q850: Mapping[int, Result] = {
    1: "invalid_number",
    17: "busy",
    19: "no_answer",
    20: "unreachable",
    21: "rejected",
    22: "number_changed",
    27: "unreachable",
    28: "invalid_number",
    34: "network_failure",
    38: "network_failure",
    41: "network_failure",
    42: "network_failure",
    44: "network_failure",
    50: "network_failure",
    52: "network_failure",
    54: "blocked_policy",
    57: "network_failure",
    58: "network_failure",
    63: "network_failure",
    88: "network_failure",
}
_Q850_WEAK: Mapping[int, Result] = {3: "network_failure", 18: "no_answer", 102: "no_answer", 127: "network_failure"}
"""Causes that systems also make up from a SIP code; the SIP code then says more."""


def result_of_codes(sip: int | None, q850: int | None, *, rang: bool) -> tuple[Result, KnownBy] | None:
    """Return how an unanswered call ended, by the raw codes of the customer's leg; None: they do not say."""
    if sip == 480:
        return ("no_answer", "signalled") if q850 == 19 else ("unreachable", "signalled" if q850 == 20 else "inferred")
    if q850 is not None and q850 in _Q850:
        return _Q850[q850], "signalled"
    if sip in (408, 504) and rang:
        return "no_answer", "signalled"
    if sip is not None and sip in _SIP:
        return _SIP[sip], "signalled"
    return (_Q850_WEAK[q850], "inferred") if q850 is not None and q850 in _Q850_WEAK else None


OUTCOMES: Mapping[Result, str] = {
    "no_answer": "no_answer",
    "rejected": "no_answer",
    "busy": "busy",
    "voicemail": "voicemail",
    "powered_off": "unreachable",
    "out_of_coverage": "unreachable",
    "unreachable": "unreachable",
    "suspended": "unreachable",
    "invalid_number": "wrong_number",
    "number_changed": "wrong_number",
}
"""The outcome of a call that nobody spoke on. Other results are no attempt to reach the borrower: their number was not rung, or
only the desk's own side failed. A conversation has the outcome that its agent says."""


def outcome_of(record: CallRecord) -> str | None:
    """Return the outcome with which an unanswered call is logged; None: it counts as no attempt. A number is called wrong only on
    a code of the network or the provider, never by a guess."""
    if record.direction != "out":
        return None
    outcome = OUTCOMES.get(record.result)
    return "unreachable" if outcome == "wrong_number" and record.known_by == "inferred" else outcome


_MISSED = frozenset({"abandoned_in", "voicemail", "no_answer", "busy", "rejected", "unreachable", "network_failure"})


def is_missed(record: CallRecord) -> bool:
    """Return whether this was an incoming call that nobody took."""
    return record.direction == "in" and record.result in _MISSED
