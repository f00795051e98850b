"""What phone systems write besides the twenty records: broken rows, both legs of a call, signatures, other formats."""

import json
from datetime import UTC, datetime
from functools import reduce
from zoneinfo import ZoneInfo

import pytest

from desk.core.phone_site import Site
from desk.rules.call_records import Reading, fault_of, merge
from desk.telephony.adapters.asterisk import read_asterisk_csv
from desk.telephony.adapters.freeswitch import read_freeswitch_csv, read_freeswitch_post
from desk.telephony.adapters.mapped import read_mapped_csv, read_mapped_json, systems
from desk.telephony.adapters.twilio import is_signed_by_twilio, read_twilio_callback
from desk.telephony.adapters.values import PayloadError

SITE = Site(ZoneInfo("Asia/Shanghai"), "CN")
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)

_ROW = (
    '"","2001","013800000101","from-internal","","PJSIP/2001-1","PJSIP/trunk-2","Dial","","{start}",,"{end}",'
    '20,0,"NO ANSWER","DOCUMENTATION"'
)


def test_asterisk_rows_that_are_none_are_named_and_the_others_read():
    good = _ROW.format(start="2026-03-02 09:15:04", end="2026-03-02 09:15:24")
    rows = [good, '"a","b"', "", good.replace("NO ANSWER", "HELLO"), good.replace("2026-03-02 09:15:04", "yesterday")]
    reading = read_asterisk_csv(rows, SITE)
    assert [(each.at, each.why) for each in reading.refused] == [
        (2, "columns"), (4, "disposition_unknown"), (0, "time_unreadable"),
    ]  # fmt: skip
    [record] = reading.records
    assert (record.zone_basis, record.key) == ("configured", read_asterisk_csv([good], SITE).records[0].key)


@pytest.mark.parametrize("written", ["2026-03-02 01:15:04", "2026-03-02 09:15:04", "2026-03-01 20:15:04"])
def test_asterisk_the_epoch_in_the_id_corrects_the_zone(written: str):
    end = written[:-5] + "15:24"
    row = _ROW.format(start=written, end=end) + ',"pbx1-1772414104.84"'
    [record] = read_asterisk_csv([row], SITE).records
    assert record.started == datetime(2026, 3, 2, 1, 15, 4, tzinfo=UTC)
    assert (record.zone_basis, record.key) == ("epoch", "pbx1-1772414104.84")


_SPAN = {"start": "2026-03-02 09:15:04", "end": "2026-03-02 09:15:10"}


def _freeswitch(duration: int, start: str = "2026-03-02 09:15:04") -> str:
    return f'"a","2001","013800000101","d","{start}","","2026-03-02 09:15:10","{duration}","0","NO_ANSWER","u1","","","",""'


@pytest.mark.parametrize(
    "reading",
    [
        read_asterisk_csv([_ROW.format(**_SPAN).replace("20,0", "-1,0")], SITE),
        read_freeswitch_csv([_freeswitch(-1)], SITE),
        read_mapped_json(
            systems()["alibaba"], b'[{"call_id":"1","b_duration":-1,"end_time":"2026-03-02 09:15:10"}]', SITE
        ),
    ],
)
def test_a_length_below_zero_is_set_aside(reading: Reading):
    assert [fault_of(each, NOW) for each in reading.records] == ["negative_length"]


def test_a_length_that_no_clock_can_count_is_set_aside():
    fields = {"CallSid": "CA1", "CallStatus": "completed", "CallDuration": "9" * 17, "To": "+8613800000101"}
    [record] = read_twilio_callback(fields, SITE, NOW).records
    assert fault_of(record, NOW) == "too_long"


@pytest.mark.parametrize("never", ["0001-01-01 00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_stands_for_never_is_none(never: str):
    """.NET writes the first day of the year 1 for a time that is not set."""
    row = f"h1,c1,,2026-03-02 09:15:04,{never},2026-03-02 09:15:30,Failed_Busy,2001,10000,2001,,013800000101,,,,"
    [record] = read_mapped_csv(systems()["3cx"], [row], SITE).records
    assert (record.result, record.answered) == ("busy", None)
    [refused] = read_asterisk_csv([_ROW.format(start=never, end="")], SITE).refused
    assert refused.why == "time_unreadable"
    [record] = read_freeswitch_csv([_freeswitch(6, never)], SITE).records
    assert record.started is None


def test_a_row_too_long_to_be_one_is_refused_and_the_others_read():
    row = "h1,c1,,2026-03-02 09:15:04,,2026-03-02 09:15:30,Failed_Busy,2001,10000,2001,,013800000101,,,,"
    reading = read_mapped_csv(systems()["3cx"], ["a" * 200_000 + "\n", row], SITE)
    assert ([each.why for each in reading.refused], len(reading.records)) == (["columns"], 1)


def test_asterisk_transfer_has_the_whole_time_and_the_last_agent():
    def answered(extension: str, start: str, end: str, seconds: int, n: int) -> str:
        return (
            f'"","13900000202","600","in","","PJSIP/trunk-1","PJSIP/{extension}-2","Queue","","{start}","{start}","{end}",'
            f'{seconds},{seconds},"ANSWERED","DOCUMENTATION","1772414104.84","","","1772414104.84","{n}"'
        )

    first = answered("2001", "2026-03-02 09:15:04", "2026-03-02 09:16:04", 60, 1)
    second = answered("2002", "2026-03-02 09:16:04", "2026-03-02 09:18:04", 120, 2)
    consult = (
        '"","2001","2002","internal","","PJSIP/2001-3","PJSIP/2002-4","Dial","","2026-03-02 09:15:34","2026-03-02 09:15:36",'
        '"2026-03-02 09:16:02",28,26,"ANSWERED","DOCUMENTATION","1772414134.86","","","1772414104.84","3"'
    )
    for rows in ([first, second], [second, first], [first, consult, second]):
        [record] = read_asterisk_csv(rows, SITE).records
        assert (record.direction, record.talk_seconds, record.agent_extension) == ("in", 180, "2002")


def _leg(**variables: str) -> bytes:
    return json.dumps({"variables": variables, "callflow": []}).encode()


def test_freeswitch_legs_are_one_call_in_either_order():
    a = _leg(
        uuid="a-1", direction="inbound", caller_id_number="2001", destination_number="013800000101", billsec="40",
        start_epoch="1772414104", answer_epoch="1772414110", end_epoch="1772414150", hangup_cause="NORMAL_CLEARING",
        originate_disposition="SUCCESS", bridge_uuid="b-1",
    )  # fmt: skip
    b = _leg(
        uuid="b-1", direction="outbound", caller_id_number="02155550000", destination_number="013800000101",
        start_epoch="1772414105", answer_epoch="1772414114", end_epoch="1772414150", billsec="36",
        hangup_cause="NORMAL_CLEARING", originating_leg_uuid="a-1", sip_hangup_disposition="recv_bye",
    )  # fmt: skip
    read = [read_freeswitch_post(each, "application/json", SITE).records[0] for each in (a, b)]
    for order in (read, read[::-1]):
        call = reduce(merge, order)
        assert (call.key, call.result, call.talk_seconds, call.agent_extension) == ("a-1", "connected", 36, "2001")


def test_freeswitch_answer_of_the_switch_alone_is_no_conversation():
    played = _leg(
        uuid="a-1", caller_id_number="2001", destination_number="013800000101", start_epoch="1772414104",
        answer_epoch="1772414104", end_epoch="1772414120", billsec="16", hangup_cause="NORMAL_CLEARING",
        originate_disposition="USER_BUSY",
    )  # fmt: skip
    [record] = read_freeswitch_post(played, "application/json", SITE).records
    assert (record.result, record.talk_seconds) == ("busy", 0)


def test_freeswitch_xml():
    xml = (
        "<cdr core-uuid='c'><variables><uuid>a-1</uuid><caller_id_number>2001</caller_id_number>"
        "<destination_number>%2B8613800000101</destination_number><start_epoch>1772414104</start_epoch>"
        "<end_epoch>1772414120</end_epoch><hangup_cause>USER_BUSY</hangup_cause></variables></cdr>"
    )
    for body in (xml.encode(), b"cdr=" + xml.replace("%", "%25").replace("+", "%2B").encode()):
        [record] = read_freeswitch_post(
            body, "application/x-www-form-urlencoded" if b"cdr=" in body else "", SITE
        ).records
        assert (record.result, record.number) == ("busy", "+8613800000101")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\xff\xfe", "not_text"),
        (b"", "no_record"),
        (b"{", "not_json"),
        (b"{}", "not_json"),
        (b"[" * 100_000, "no_record"),
        (b'{"variables":' + b"[" * 100_000, "not_json"),
        (b"<cdr>", "not_xml"),
        (b"<cdr/>", "no_record"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><cdr/>', "xml_with_types"),
    ],
)
def test_freeswitch_posts_that_are_no_records(body: bytes, why: str):
    with pytest.raises(PayloadError, match=f"^{why}$"):
        read_freeswitch_post(body, "application/json", SITE)


SIGNED = [("CallSid", "CA1234567890ABCDE"), ("Caller", ""), ("From", "+12349013030"), ("Digits", "1234"),
          ("To", "+18005551212")]  # fmt: skip
VECTOR = [(name, value or "+12349013030") for name, value in SIGNED]
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"
SIGNATURE = "0/KCTR6DLpKmkAf8muzZqo1nDgQ="


def test_twilios_signature():
    assert is_signed_by_twilio("12345", ADDRESS, VECTOR, SIGNATURE)
    assert is_signed_by_twilio("12345", ADDRESS.replace(".com", ".com:443"), VECTOR, SIGNATURE)
    assert not is_signed_by_twilio("12345", ADDRESS.replace("https", "http"), VECTOR, SIGNATURE)
    assert not is_signed_by_twilio("12346", ADDRESS, VECTOR, SIGNATURE)
    assert not is_signed_by_twilio("12345", ADDRESS, VECTOR[:-1], SIGNATURE)
    assert not is_signed_by_twilio("12345", ADDRESS, VECTOR, "")
    assert not is_signed_by_twilio("12345", ADDRESS, VECTOR, "ü")


def test_twilio_click_to_call_is_the_childs_call():
    parent = {"CallSid": "CA1", "From": "+862155550000", "To": "client:2001", "Direction": "outbound-api",
              "CallStatus": "completed", "CallDuration": "40"}  # fmt: skip
    child = {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+862155550000", "To": "+8613800000101",
             "Direction": "outbound-dial", "CallStatus": "busy"}  # fmt: skip
    read = [read_twilio_callback(each, SITE, NOW).records[0] for each in (parent, child)]
    for order in (read, read[::-1]):
        call = reduce(merge, order)
        assert (call.result, call.number, call.agent_extension) == ("busy", "+8613800000101", "2001")
        assert (call.talk_seconds, call.click_to_call) == (0, True)


def test_twilio_incoming_call_is_the_agents_who_answered():
    parent = {"CallSid": "CA1", "From": "+8613800000101", "To": "+862155550000", "Direction": "inbound",
              "CallStatus": "completed", "CallDuration": "40"}  # fmt: skip
    child = {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+8613800000101", "To": "client:2001",
             "Direction": "outbound-dial", "CallStatus": "completed", "CallDuration": "31"}  # fmt: skip
    read = [read_twilio_callback(each, SITE, NOW).records[0] for each in (parent, child)]
    for order in (read, read[::-1]):
        call = reduce(merge, order)
        assert (call.result, call.direction, call.agent_extension) == ("connected", "in", "2001")
        assert (call.number, call.talk_seconds) == ("+8613800000101", 31)


def test_3cx_columns_in_the_administrators_order():
    rows = [
        "callid,historyid,time-start,time-answered,time-end,duration,from-dn,from-no,to-no,dial-no,reason-terminated",
        "c1,h1,2026-03-02 09:15:04,,2026-03-02 09:15:30,,2001,2001,10000,013800000101,Failed_Busy",
        "c2,h2,2026-03-02 09:15:04,,2026-03-02 09:15:30,,2001,2001,10000,013800000101,Something",
        "c3,h3",
    ]
    reading = read_mapped_csv(systems()["3cx"], rows, SITE)
    assert [each.result for each in reading.records] == ["busy", "no_answer"]
    assert [(each.at, each.why) for each in reading.refused] == [(3, "columns")]


@pytest.mark.parametrize(
    ("body", "reading"), [(b"[]", ()), (b'"a"', ()), (b"5", ()), (b'[5,{"a":1}]', ("columns", "no_key"))]
)
def test_bodies_without_records(body: bytes, reading: tuple[str, ...]):
    found = read_mapped_json(systems()["alibaba"], body, SITE)
    assert (found.records, tuple(each.why for each in found.refused)) == ((), reading)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xff", b"[" * 100_000])
def test_bodies_that_are_no_json(body: bytes):
    with pytest.raises(PayloadError, match=r"^not_json$"):
        read_mapped_json(systems()["alibaba"], body, SITE)
