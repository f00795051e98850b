"""The twenty records of the facts about phone systems, written as those systems write them, and what each says."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import reduce
from urllib.parse import quote
from zoneinfo import ZoneInfo

from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, merge, read_number
from desk.rules.call_results import outcome_of
from desk.telephony.adapters.asterisk import read_asterisk_csv
from desk.telephony.adapters.freeswitch import read_freeswitch_csv, read_freeswitch_post
from desk.telephony.adapters.mapped import read_mapped_csv, read_mapped_json, systems
from desk.telephony.adapters.twilio import read_twilio_callback

SITE = Site(ZoneInfo("Asia/Shanghai"), "CN", ("9",))
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def _asterisk(*rows: str, site: Site = SITE) -> CallRecord:
    reading = read_asterisk_csv(rows, site)
    assert not reading.refused
    [record] = reading.records
    return record


def _row(**given: str) -> str:
    row = {
        "account": '""', "src": '"2001"', "dst": '"013800000101"', "context": '"from-internal"',
        "clid": '"""王客服"" <2001>"', "channel": '"PJSIP/2001-0000002a"', "to_channel": '"PJSIP/trunk-0000002b"',
        "app": '"Dial"', "data": '"PJSIP/013800000101@trunk,60"', "start": '"2026-03-02 09:15:04"',
        "answer": "", "end": '"2026-03-02 09:18:01"', "duration": "177", "billsec": "0",
        "disposition": '"NO ANSWER"', "flags": '"DOCUMENTATION"', "id": '"1772414104.84"', "user": '""',
    }  # fmt: skip
    return ",".join((row | given).values())


def _only(records: Sequence[CallRecord]) -> CallRecord:
    return reduce(merge, records)


def _twilio(*callbacks: dict[str, str], account: str = "AC0") -> CallRecord:
    read = [read_twilio_callback({"AccountSid": account, **each}, SITE, NOW).records[0] for each in callbacks]
    assert len({each.key for each in read}) == 1
    return _only(read)


def _posted(system: str, *bodies: object) -> CallRecord:
    read = [r for body in bodies for r in read_mapped_json(systems()[system], json.dumps(body).encode(), SITE).records]
    assert len({each.key for each in read}) == 1
    return _only(read)


def _e164(record: CallRecord) -> str:
    return read_number(record.number, SITE, outgoing=record.direction == "out").phone


def test_1_asterisk_answered():
    record = _asterisk(_row(answer='"2026-03-02 09:15:19"', billsec="162", disposition='"ANSWERED"'))
    assert (record.result, record.direction, record.agent_extension) == ("connected", "out", "2001")
    assert _e164(record) == "+8613800000101"
    assert record.started == datetime(2026, 3, 2, 1, 15, 4, tzinfo=UTC)
    assert (record.ring_seconds, record.talk_seconds, record.zone_basis) == (15, 162, "epoch")


def test_2_asterisk_queue_is_one_call_of_the_agent_who_answered():
    offered = {
        "src": '"13900000202"', "dst": '"600"', "channel": '"PJSIP/trunk-1"', "app": '"Queue"',
        "id": '"1772416800.90"', "start": '"2026-03-02 10:00:00"', "end": '"2026-03-02 10:01:00"',
    }  # fmt: skip
    rest = ',"","1772416800.90","{}"'
    rows = [_row(**offered, to_channel=f'"PJSIP/{ext}-7"') + rest.format(n) for n, ext in enumerate((2001, 2002))]
    answer = {"answer": '"2026-03-02 10:00:19"', "billsec": "41", "disposition": '"ANSWERED"'}
    rows.append(_row(**offered | answer, to_channel='"PJSIP/2003-9"') + rest.format(3))
    record = _asterisk(*rows)
    assert (record.direction, record.result, record.agent_extension) == ("in", "connected", "2003")
    assert (record.talk_seconds, _e164(record)) == (41, "+8613900000202")


def test_3_asterisk_no_answer_may_be_the_agents_cancel():
    record = _asterisk(_row(duration="6"))
    assert (record.result, record.known_by, outcome_of(record)) == ("no_answer", "inferred", "no_answer")


def test_4_asterisk_cancel():
    record = _asterisk(_row(duration="4", disposition='"CANCEL"'))
    assert (record.result, record.known_by, outcome_of(record)) == ("cancelled_by_agent", "signalled", None)


def test_5_asterisk_failed_with_and_without_a_cause():
    failed = {"disposition": '"FAILED"', "dst": '"013800000000"'}
    record = _asterisk(_row(**failed, user='"q850=1&sip=404"'))
    assert (record.result, record.known_by, outcome_of(record)) == ("invalid_number", "signalled", "wrong_number")
    assert (record.sip_code, record.q850) == (404, 1)
    without = _asterisk(_row(**failed))
    assert (without.result, without.known_by, outcome_of(without)) == ("network_failure", "inferred", None)
    assert _e164(without) == "+8613800000000"


def test_6_asterisk_announcement_is_no_conversation():
    record = _asterisk(
        _row(to_channel='""', app='"Playback"', answer='"2026-03-02 09:15:04"', billsec="4", disposition='"ANSWERED"')
    )
    assert (record.result, record.talk_seconds, record.answered) == ("agent_leg_failed", 0, None)


def test_7_asterisk_between_colleagues():
    record = _asterisk(
        _row(dst='"2002"', to_channel='"PJSIP/2002-2b"', answer='"2026-03-02 09:15:19"', billsec="30",
             disposition='"ANSWERED"')
    )  # fmt: skip
    assert (record.result, record.direction) == ("internal", "internal")
    assert outcome_of(record) is None


def test_8_freeswitch_normal_clearing_was_not_answered():
    row = (
        '"王"客服"","2001","013800000101","default","2026-03-02 09:15:04","","2026-03-02 09:15:26","22","0",'
        '"NORMAL_CLEARING","9f1c0b6e-0001","","","PCMA","PCMA"'
    )
    [record] = read_freeswitch_csv([row], SITE).records
    assert (record.result, record.known_by, _e164(record)) == ("no_answer", "inferred", "+8613800000101")
    columns = (
        "uuid,caller_id_number,destination_number,start_epoch,end_epoch,billsec,hangup_cause,sip_hangup_disposition"
    )
    cancelled = "9f1c0b6e-0002,2001,013800000101,1772414104,1772414126,0,NORMAL_CLEARING,send_cancel"
    [record] = read_freeswitch_csv([columns, cancelled], SITE).records
    assert (record.result, record.known_by, record.zone_basis) == ("cancelled_by_agent", "signalled", "epoch")


def _freeswitch(**variables: str) -> dict[str, object]:
    known = {
        "uuid": "a-1", "direction": "outbound", "caller_id_number": "2001", "destination_number": "013800000101",
        "start_epoch": "1772414104", "answer_epoch": "0", "end_epoch": "1772414140", "billsec": "0",
        "loan_desk_token": "t/1 2",
    }  # fmt: skip
    encoded = {name: quote(value) for name, value in (known | variables).items()}
    return {"core-uuid": "c", "variables": encoded, "callflow": [{"caller_profile": {"username": "2001"}}]}


def test_9_freeswitch_480_says_unreachable_and_no_more():
    body = json.dumps(_freeswitch(hangup_cause="NO_USER_RESPONSE", sip_term_status="480", hangup_cause_q850="18"))
    for sent, kind in ((body.encode(), "application/json"), (f"cdr={quote(body)}".encode(), "text/plain")):
        [record] = read_freeswitch_post(sent, kind, SITE).records
        assert (record.result, record.known_by, outcome_of(record)) == ("unreachable", "inferred", "unreachable")
        assert (record.sip_code, record.q850, record.token) == (480, 18, "t/1 2")
    heard = CallRecord(source="freeswitch", key="a-1", legs=("a-1",), result="powered_off", known_by="recognised")
    assert merge(record, heard).result == merge(heard, record).result == "powered_off"
    assert merge(record, heard).known_by == "recognised"


def test_10_freeswitch_leg_that_lost_the_race_is_no_call():
    body = json.dumps(_freeswitch(uuid="b-2", originating_leg_uuid="a-1", hangup_cause="LOSE_RACE")).encode()
    assert read_freeswitch_post(body, "application/json", SITE).records == ()


def test_11_twilio_answering_machine():
    record = _twilio(
        {"CallSid": "CA2", "ParentCallSid": "CA1", "From": "+862155550000", "To": "+14155550134",
         "Direction": "outbound-dial", "CallStatus": "completed", "CallDuration": "19",
         "AnsweredBy": "machine_end_beep", "Timestamp": "Mon, 02 Mar 2026 01:20:00 +0000"}
    )  # fmt: skip
    assert (record.result, record.direction, _e164(record)) == ("voicemail", "out", "+14155550134")
    assert outcome_of(record) == "voicemail"


def test_12_twilio_failed():
    failed = {"CallSid": "CA3", "From": "+862155550000", "To": "+14155550134", "Direction": "outbound-api"}
    invalid = _twilio(failed | {"CallStatus": "failed", "SipResponseCode": "404"})
    assert (invalid.result, invalid.known_by) == ("invalid_number", "provider")
    network = _twilio(failed | {"CallStatus": "failed", "SipResponseCode": "503"})
    assert network.result == "network_failure"


def test_13_twilio_out_of_order():
    call = {"CallSid": "CA4", "From": "client:2001", "To": "+14155550134", "Direction": "outbound-dial"}
    times = {"Timestamp": "Mon, 02 Mar 2026 01:20:00 +0000"}
    record = _twilio(
        call | times | {"CallStatus": "completed", "CallDuration": "65", "SequenceNumber": "3"},
        call | {"CallStatus": "ringing", "SequenceNumber": "1", "Timestamp": "Mon, 02 Mar 2026 01:18:40 +0000"},
        {"CallSid": "CA4", "RecordingSid": "RE1", "RecordingStatus": "absent", "ErrorCode": "16102"},
    )
    assert (record.result, record.talk_seconds, record.sequence) == ("connected", 65, 3)
    assert [each.state for each in record.recordings] == ["absent"]
    assert record.started == datetime(2026, 3, 2, 1, 18, 40, tzinfo=UTC)
    assert record.agent_extension == "2001"


def test_14_alibaba_double_call_that_only_the_agent_answered():
    record = _posted("alibaba", [{
        "call_id": "116", "caller": "2001", "callee": "13800000101", "a_duration": 35, "b_start_time": "",
        "b_duration": 0, "duration": 35, "status_code": "200120", "originate_time": "2026-03-02 09:15:04",
        "end_time": "2026-03-02 09:15:39",
    }])  # fmt: skip
    assert (record.result, record.talk_seconds, record.answered) == ("out_of_coverage", 0, None)


def test_15_alibaba_sent_again():
    pushed = [{
        "call_id": "117", "caller": "2001", "callee": "13800000101", "start_time": "", "duration": 0,
        "status_code": "200005", "early_media_code": "200011", "end_time": "2026-03-02 09:15:39",
    }]  # fmt: skip
    record = _posted("alibaba", pushed, pushed)
    assert (record.result, record.known_by, outcome_of(record)) == ("suspended", "recognised", "unreachable")
    assert record.ended == datetime(2026, 3, 2, 1, 15, 39, tzinfo=UTC)


def test_16_alibaba_disagrees_with_itself():
    record = _posted("alibaba", {
        "callId": "118", "caller": "2001", "callee": "13800000101", "startTime": "2026-03-02 09:15:04",
        "endTime": "2026-03-02 09:20:34", "duration": 330, "statusCode": "200010", "smartStatusCode": "ANSWERED",
    })  # fmt: skip
    assert (record.result, record.talk_seconds, record.conflict) == ("connected", 330, "200010")


def _tencent(**given: object) -> dict[str, object]:
    call = {
        "SessionId": "s-1", "Direction": 1, "Caller": "02155550000", "Callee": "008613800000303",
        "StartTimestamp": 1772414104, "AcceptTimestamp": 0, "EndedTimestamp": 1772414120, "Duration": 0,
        "EndStatus": 205, "SeatUser": {"Mail": "chen@lender.example"},
    }  # fmt: skip
    return call | given


def test_17_tencent_no_such_number():
    record = _posted("tencent", _tencent())
    assert (record.result, record.direction, _e164(record)) == ("invalid_number", "out", "+8613800000303")
    assert (record.answered, record.agent_email) == (None, "chen@lender.example")


def test_18_tencent_recordings_before_the_call():
    legs = [{"Mail": "chen@lender.example"}, {"Mail": "li@lender.example"}]
    pushes = [{"SessionId": "s-1", "RecordURL": f"https://rec.example/{n}.mp3"} for n in range(3)]
    call = _tencent(EndStatus=1, Duration=50, AcceptTimestamp=1772414110, ServeParticipants=legs)
    record = _posted("tencent", *pushes, call)
    assert (record.result, record.agent_email, len(record.recordings)) == ("connected", "li@lender.example", 3)


def test_19_zoom_withheld_number():
    record = _posted("zoom", {"event": "phone.callee_call_element_completed", "payload": {"object": {
        "call_id": "z-1", "call_element_id": "e-1", "direction": "inbound", "hide_caller_id": True,
        "caller_number_type": "anonymous_number", "callee_ext_number": "2001", "result": "voicemail",
        "start_time": "2026-03-02T01:15:04Z", "end_time": "2026-03-02T01:15:30Z", "talk_time": 12,
    }}})  # fmt: skip
    assert (record.result, record.direction) == ("voicemail", "in")
    assert read_number(record.number, SITE, outgoing=False).kind == "withheld"


def test_20_3cx_in_the_hour_that_comes_twice():
    berlin = Site(ZoneInfo("Europe/Berlin"), "DE")
    line = "h1,c1,00:02:10,,2026-10-25 02:30:00,,TerminatedByDst,2001,+4915112345678,2001,10000,+4915112345678,,,,"
    [record] = read_mapped_csv(systems()["3cx"], [line], berlin).records
    assert (record.result, record.talk_seconds, record.zone_basis) == ("connected", 130, "guessed")
    assert (record.direction, record.agent_extension) == ("out", "2001")
