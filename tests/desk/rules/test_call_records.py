"""One call from several reports, numbers as phone systems write them, and records that cannot be true."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest

from desk.core.phone_site import Site
from desk.rules.call_records import (
    CallRecord,
    RecordingRef,
    fault_of,
    fault_of_number,
    merge,
    read_number,
    with_number_read,
)
from desk.rules.call_results import outcome_of, result_of_codes

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SITE = Site(ZoneInfo("Asia/Shanghai"), "CN", ("9",))


def _record(**given: object) -> CallRecord:
    values: dict[str, object] = {
        "source": "pbx",
        "key": "1",
        "direction": "out",
        "number": "13800000101",
        "started": NOW - timedelta(minutes=5),
        "ended": NOW - timedelta(minutes=1),
    }
    return CallRecord(**(values | given))  # pyright: ignore[reportArgumentType]


def test_reports_of_a_call_make_the_same_record_in_every_order():
    reports = [
        _record(legs=("a",), result="pending", ended=None, sequence=1),
        _record(legs=("a",), result="no_answer", known_by="inferred", sequence=2),
        _record(legs=("b",), customer_leg=True, result="powered_off", known_by="recognised"),
        CallRecord(source="pbx", key="1", legs=("rec",), recordings=(RecordingRef(place="1.wav"),)),
    ]
    found = [reduce(merge, order) for order in permutations(reports)]
    assert {each.result for each in found} == {"powered_off"}
    assert {each.ended for each in found} == {NOW - timedelta(minutes=1)}
    assert {each.recordings for each in found} == {(RecordingRef(place="1.wav"),)}
    assert {frozenset(each.legs) for each in found} == {frozenset({"a", "b", "rec"})}


def test_what_has_ended_does_not_begin_again():
    over, ringing = _record(result="connected", talk_seconds=65, sequence=3), _record(result="pending", sequence=9)
    assert merge(over, ringing).result == merge(ringing, over).result == "connected"
    coarser = _record(result="no_answer", known_by="provider", sequence=9)
    assert merge(_record(result="busy"), coarser).result == "busy"


def test_the_customers_own_leg_says_more_than_the_agents():
    agent = _record(legs=("a",), result="connected", talk_seconds=30, agent_extension="2001", number="2001")
    customer = _record(legs=("b",), customer_leg=True, result="busy", known_by="signalled", number="13900000202")
    for merged in (merge(agent, customer), merge(customer, agent)):
        assert (merged.result, merged.talk_seconds, merged.number) == ("busy", 0, "13900000202")
        assert merged.agent_extension == "2001"


def test_a_later_report_of_the_same_leg_has_the_length():
    first = _record(legs=("a",), result="connected", talk_seconds=60, sequence=2)
    final = _record(legs=("a",), result="connected", talk_seconds=65, sequence=3)
    assert merge(first, final).talk_seconds == merge(final, first).talk_seconds == 65


@pytest.mark.parametrize(
    ("written", "outgoing", "kind", "phone"),
    [
        ("013800000101", True, "e164", "+8613800000101"),
        ("9013800000101", True, "e164", "+8613800000101"),
        ("0086 138 0000 0101", True, "e164", "+8613800000101"),
        ("sip:+8613800000101@trunk.example;user=phone", False, "e164", "+8613800000101"),
        ("tel:+8613800000101", False, "e164", "+8613800000101"),
        ("+14155550134;ext=204", True, "e164", "+14155550134;ext=204"),
        ("110", True, "short", "110"),
        ("95588", True, "short", "95588"),
        ("", False, "withheld", ""),
        ("anonymous", False, "withheld", ""),
        ("+266696687", False, "withheld", ""),
        ("139****0000", True, "masked", ""),
        ("4155", True, "short", "4155"),
        ("000000000000", True, "invalid", ""),
    ],
)
def test_numbers_as_phone_systems_write_them(written: str, outgoing: bool, kind: str, phone: str):
    found = read_number(written, SITE, outgoing=outgoing)
    assert (found.kind, found.phone) == (kind, phone)
    read = with_number_read(_record(number=written, direction="out" if outgoing else "in"), SITE)
    assert (fault_of_number(read) is None) == (kind == "e164")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({}, None),
        ({"talk_seconds": -1}, "negative_length"),
        ({"ended": NOW + timedelta(hours=1)}, "from_the_future"),
        ({"ended": NOW + timedelta(minutes=1)}, None),
        ({"started": NOW - timedelta(days=3)}, "too_long"),
        ({"started": NOW, "ended": NOW - timedelta(minutes=1)}, "ends_before_start"),
        ({"started": None, "ended": None}, "no_time"),
        ({"started": datetime(1970, 1, 1, tzinfo=UTC), "ended": datetime(1970, 1, 1, 0, 1, tzinfo=UTC)}, "long_ago"),
    ],
)
def test_records_that_cannot_be_true(given: dict[str, object], fault: str | None):
    assert fault_of(_record(**given), NOW) == fault


@pytest.mark.parametrize(
    ("sip", "q850", "rang", "said"),
    [
        (480, None, False, ("unreachable", "inferred")),
        (480, 19, False, ("no_answer", "signalled")),
        (480, 20, False, ("unreachable", "signalled")),
        (480, 18, True, ("unreachable", "inferred")),
        (408, 102, True, ("no_answer", "signalled")),
        (408, None, False, ("network_failure", "signalled")),
        (603, None, False, ("rejected", "signalled")),
        (607, 21, False, ("rejected", "signalled")),
        (608, None, False, ("blocked_carrier", "signalled")),
        (None, 18, False, ("no_answer", "inferred")),
        (None, 16, False, None),
        (200, None, False, None),
    ],
)
def test_raw_codes_are_mapped_once(sip: int | None, q850: int | None, rang: bool, said: object):
    assert result_of_codes(sip, q850, rang=rang) == said


def test_a_number_is_called_wrong_only_on_a_code():
    assert outcome_of(_record(result="invalid_number", known_by="signalled")) == "wrong_number"
    assert outcome_of(_record(result="invalid_number", known_by="inferred")) == "unreachable"
    assert outcome_of(_record(result="network_failure")) is None
    assert outcome_of(_record(result="no_answer", direction="in")) is None
