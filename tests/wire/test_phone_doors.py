"""The phone system reports calls over HTTP, and what the agent then sees. Now is Wednesday 10:00; their extension is 2001."""

import asyncio
import base64
import io
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from rich.console import Console

from bot import phone_records, phone_system
from bot.commands import calls as command
from desk.core.phone_site import Site
from desk.core.transaction import Desk
from desk.people import tokens
from desk.rules.call_records import CallRecord
from desk.telephony.records import Effect
from handlers.api.limits import RateLimits
from storage.tables import Call, FollowUp, Loan, Member, PhoneCall
from tests.builders import make_follow_up
from tests.wire.conftest import settings_for
from tests.wire.office_day import buttons, shown
from tests.wire.pbx import BASIC, SECRET, SETTINGS, Pbx, http, loan, pbx

__all__ = ["SETTINGS", "http", "loan", "pbx"]


def _leg(pbx: Pbx, **variables: str) -> dict[str, object]:
    at = int(pbx.slack.clock.now().timestamp())
    known = {
        "uuid": "a-1", "caller_id_number": "2001", "destination_number": "013800135678", "billsec": "0",
        "start_epoch": str(at - 40), "end_epoch": str(at - 10), "hangup_cause": "USER_BUSY",
    }  # fmt: skip
    return {"variables": known | variables, "callflow": []}


async def test_freeswitch_reports_a_busy_line_and_the_follow_up_moves(pbx: Pbx, loan: Loan) -> None:
    follow_up = await make_follow_up(pbx.slack.office, loan, pbx.slack.agent, purpose="documents")
    assert await pbx.json("freeswitch", _leg(pbx)) == 200
    assert await pbx.all(Call) == []
    await pbx.settle()
    [call] = await pbx.all(Call)
    assert (call.outcome, call.caller_id) == ("busy", pbx.slack.agent.id)
    [moved] = [each for each in await pbx.all(FollowUp) if each.id == follow_up.id]
    assert moved.attempts == 1


async def test_a_conversation_asks_its_agent_and_a_tap_logs_it(pbx: Pbx) -> None:
    slack, at = pbx.slack, int(pbx.slack.clock.now().timestamp())
    talked = _leg(
        pbx, billsec="250", answer_epoch=str(at - 260), start_epoch=str(at - 280), hangup_cause="NORMAL_CLEARING",
        bridge_uuid="b-1",
    )  # fmt: skip
    assert await pbx.json("freeswitch", talked) == 200
    await pbx.settle()
    [message] = slack.posts(slack.agent)
    assert "you spoke 4:10 with 王*" in message.text
    assert "13800135678" not in json.dumps(message.blocks, ensure_ascii=False)
    await slack.press(slack.agent, message, "reached")
    await slack.deliver()
    [message] = slack.posts(slack.agent)
    assert message.text.splitlines()[0].startswith("Spoke 4:10 with 王*")
    [call] = await pbx.all(Call)
    assert (call.outcome, call.minutes) == ("reached", 5)


async def test_an_attempt_that_was_reported_is_not_logged_twice_by_hand(pbx: Pbx) -> None:
    slack = pbx.slack
    assert await pbx.json("freeswitch", _leg(pbx)) == 200
    await pbx.settle()
    answer = await slack.command(slack.agent, "/loan-call L-1042 no answer")
    assert "is logged already: the phone system reported it" in answer.text
    assert [each.outcome for each in await pbx.all(Call)] == ["busy"]
    assert answer.message
    await slack.press(slack.agent, answer.message, "Log another")
    assert [each.outcome for each in await pbx.all(Call)] == ["busy", "busy"]
    await slack.command(slack.agent, "/loan-call L-1042 no answer they may be abroad")
    await slack.command(slack.agent, "/loan-call L-1042 reached")
    slack.clock.advance(minutes=16)
    await slack.command(slack.agent, "/loan-call L-1042 no answer")
    assert len(await pbx.all(Call)) == 5


async def test_a_missed_call_asks_the_owner_to_call_back(pbx: Pbx) -> None:
    slack = pbx.slack
    missed = _leg(pbx, caller_id_number="13800135678", destination_number="600", hangup_cause="ORIGINATOR_CANCEL")
    for _ in range(2):
        assert await pbx.json("freeswitch", missed) == 200
    await pbx.settle()
    [message] = slack.posts(slack.agent)
    assert "王*" in message.text
    assert "reached nobody. Please call back." in message.text
    assert "13800135678" not in json.dumps(message.blocks, ensure_ascii=False)
    assert "138 0013 5678" in shown(await slack.press(slack.agent, message, "Call")).text


async def test_a_missed_call_waits_no_longer_once_a_member_has_called_back_and_waits_again_after_undo(pbx: Pbx) -> None:
    slack = pbx.slack
    missed = _leg(pbx, caller_id_number="13800135678", destination_number="600", hangup_cause="ORIGINATOR_CANCEL")
    assert await pbx.json("freeswitch", missed) == 200
    await pbx.settle()
    await slack.command(slack.agent, "/loan-note L-1042 rings back later")
    slack.clock.advance(hours=70)  # Friday's missed call is called back on Monday
    await slack.deliver()
    assert "Please call back" in slack.posts(slack.agent)[0].text
    answer = await slack.command(slack.agent, "/loan-call L-1042 reached")
    await slack.deliver()
    message = slack.posts(slack.agent)[0]
    assert "there was a call since" in message.text
    assert "Call" not in buttons(message)
    assert answer.message
    await slack.press(slack.agent, answer.message, "Undo")
    await slack.deliver()
    assert "Please call back" in slack.posts(slack.agent)[0].text


async def test_who_calls_again_after_a_call_back_is_told_of_in_the_same_hour_too(pbx: Pbx) -> None:
    slack = pbx.slack

    async def miss(uuid: str) -> list[bool]:
        number = {"caller_id_number": "13800135678", "destination_number": "600", "hangup_cause": "ORIGINATOR_CANCEL"}
        assert await pbx.json("freeswitch", _leg(pbx, uuid=uuid, **number)) == 200
        await pbx.settle()
        slack.clock.advance(minutes=5)
        await slack.deliver()
        return ["Please call back" in each.text for each in slack.posts(slack.agent)]

    slack.clock.advance(minutes=5)
    assert await miss("m-1") == [True]
    assert await miss("m-2") == [True]  # of the same hour
    await slack.command(slack.agent, "/loan-call L-1042 no answer")
    slack.clock.advance(minutes=5)
    assert await miss("m-3") == [False, True]
    await slack.command(slack.agent, "/loan-call L-1042 reached")
    await slack.deliver()
    assert not any("Please call back" in each.text for each in slack.posts(slack.agent))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic %%%"},
        {"Authorization": f"Digest {SECRET}"},
        {"Authorization": "Basic " + base64.b64encode(f"{SECRET}:x".encode()).decode()},
    ],
)
async def test_without_the_secret_nothing_is_taken(pbx: Pbx, headers: dict[str, str]) -> None:
    assert await pbx.post("/phone/freeswitch", json.dumps(_leg(pbx)).encode(), **headers) == 401
    assert await pbx.all(PhoneCall) == []


async def test_who_guesses_the_secret_is_slowed_down(pbx: Pbx) -> None:
    server: Any = pbx.slack.service.server
    server._phone._failures = RateLimits(1.5, now=lambda: 0.0)
    found = [await pbx.post("/phone/alibaba", b"[]", Authorization="Bearer wrong") for _ in range(4)]
    assert found == [401, 401, 401, 429]


async def test_a_bearer_and_the_other_systems(pbx: Pbx) -> None:
    pushed = [{
        "call_id": "117", "caller": "2001", "callee": "13800135678", "start_time": "", "duration": 0,
        "status_code": "200005", "early_media_code": "200011", "end_time": "2026-11-25 09:55:00",
    }]  # fmt: skip
    for _ in range(3):
        assert await pbx.json("alibaba", pushed, Authorization=f"Bearer {SECRET}") == 200
    await pbx.settle()
    assert [each.outcome for each in await pbx.all(Call)] == ["unreachable"]
    assert len(await pbx.all(PhoneCall)) == 1


async def test_twilio_is_known_by_its_signature(pbx: Pbx) -> None:
    call = {"CallSid": "CA1", "From": "+862155550000", "To": "+8613800135678", "Direction": "outbound-api",
            "CallStatus": "no-answer", "Timestamp": "Wed, 25 Nov 2026 01:55:00 +0000"}  # fmt: skip
    assert await pbx.twilio(call, signature="AAAA") == 401
    assert await pbx.twilio(call | {"CallStatus": "x"}, query="?agent=2001&a=%20b") == 200
    assert await pbx.twilio(call) == 200
    body = urlencode(call).encode()
    assert await pbx.post("/phone/twilio", body, "application/x-www-form-urlencoded", **BASIC) == 401
    await pbx.settle()
    assert [each.outcome for each in await pbx.all(Call)] == ["no_answer"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/phone/nobody", b"{}", 404),
        ("/phone/3cx", b"{}", 415),
        ("/phone/asterisk", b"{}", 415),
        ("/phone/", b"{}", 404),
        ("/phone/freeswitch", b"{", 400),
        ("/phone/freeswitch", b"\xff", 400),
        ("/phone/zoom", b"[" * 50_000, 400),
        ("/phone/zoom", b" " * (1024 * 1024 + 1), 413),
        ("/phone/zoom", b'[{"call_id":""},5]', 200),
        ("/phone/zoom", b'[{"call_id":"\\u0000\\ud800"}]', 200),
    ],
)
async def test_what_is_no_report_is_refused_by_its_status(pbx: Pbx, path: str, body: bytes, status: int) -> None:
    assert await pbx.post(path, body, **BASIC) == status
    assert await pbx.all(PhoneCall) == []


async def test_a_long_list_may_take_its_time_and_what_was_kept_of_it_before_a_fault_is_the_same_calls(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = (
        '"","2001","0138{n:08d}","from-internal","","PJSIP/2001-1","PJSIP/trunk-2","Dial","","2026-11-25 09:50:00",,'
        '"2026-11-25 09:50:20",20,0,"BUSY","DOCUMENTATION","1764035400.{n}"\n'
    )
    rows = "".join(row.format(n=n) for n in range(150)).encode()
    keep, given = phone_records.take_records, list[int]()

    async def broken(desk: Desk, records: Sequence[CallRecord], site: Site, **more: Any) -> list[Effect]:
        given.append(len(records))
        if len(given) == 2:
            raise ConnectionError
        return await keep(desk, records, site, **more)

    monkeypatch.setattr(phone_system, "ANSWER_SECONDS", 0.000_001)
    monkeypatch.setattr(phone_records, "take_records", broken)
    assert await pbx.post("/phone/asterisk", rows, "text/csv", **BASIC) == 503
    assert (len(await pbx.all(PhoneCall)), given) == (100, [100, 50])
    assert await pbx.post("/phone/asterisk", rows, "text/csv", **BASIC) == 200
    assert len(await pbx.all(PhoneCall)) == 150


@pytest.mark.parametrize(
    ("system", "header"), [("asterisk", "Authorization: Bearer "), ("twilio", "X-Twilio-Signature: ")]
)
async def test_a_secret_or_a_signature_of_any_bytes_is_a_wrong_one(pbx: Pbx, system: str, header: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.slack.service.port)
    head = f"POST /phone/{system} HTTP/1.1\r\nHost: desk\r\nContent-Type: text/csv\r\nContent-Length: 2\r\n{header}"
    writer.write(head.encode() + b"\xff\xfe\r\n\r\n{}")
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()


async def test_characters_that_no_database_keeps_do_not_have_a_report_sent_for_ever(pbx: Pbx) -> None:
    assert await pbx.json("freeswitch", _leg(pbx, uuid="a%00-1", caller_id_number="2001\ud800")) == 200
    assert await pbx.json("freeswitch", _leg(pbx)) == 200
    await pbx.settle()
    assert [(each.key, each.state) for each in await pbx.all(PhoneCall)] == [("a-1", "logged")]


async def test_a_report_that_the_database_cannot_keep_in_time_is_to_be_sent_again(
    pbx: Pbx, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: Any, **__: Any) -> None:
        await asyncio.sleep(60)

    with monkeypatch.context() as patch:
        patch.setattr(phone_system, "ANSWER_SECONDS", 0.01)
        patch.setattr(phone_system, "keep_records", slow)
        assert await pbx.json("freeswitch", _leg(pbx)) == 503
    assert await pbx.json("freeswitch", _leg(pbx)) == 200
    assert len(await pbx.all(PhoneCall)) == 1


LONG_AGO = {"started": "1970-01-01T00:00:00Z", "ended": "1970-01-01T00:01:00Z"}
"""What a clock shows that was never set."""


async def test_the_api_takes_the_normalised_record(pbx: Pbx) -> None:
    slack = pbx.slack
    async with slack.office.desk(slack.workspace) as desk:
        made = await tokens.issue(
            desk, name="dialler", scopes=("calls:write",), lifetime=timedelta(days=1), by="operator"
        )
    sent = {
        "source": "dialler", "key": "7", "direction": "out", "number": "9013800135678", "agent_extension": "2001",
        "started": "2026-11-25T09:50:00+08:00", "ended": "2026-11-25T09:51:00+08:00", "result": "no_answer",
    }  # fmt: skip
    auth = {"Authorization": f"Bearer {made.text}"}
    assert await pbx.post("/api/v1/calls", json.dumps(sent).encode(), **auth) == 202
    assert await pbx.post("/api/v1/calls", json.dumps(sent | {"result": "hello"}).encode(), **auth) == 422
    assert await pbx.post("/api/v1/calls", json.dumps(sent | {"started": "yesterday"}).encode(), **auth) == 422
    for no_text in (1764035400, "1764035400"):
        assert await pbx.post("/api/v1/calls", json.dumps(sent | {"started": no_text}).encode(), **auth) == 422
    for never in (
        "0001-01-01T00:00:00+08:00",
        "0353-05-05T12:00:00Z",
        "9999-12-31T23:59:59-08:00",
        "9999-12-31T23:59:59Z",
    ):
        for named in ("started", "answered", "ended"):
            assert await pbx.post("/api/v1/calls", json.dumps(sent | {named: never}).encode(), **auth) == 422
    for wrong in ({"talk_seconds": -1}, {"ended": "2026-11-25T23:00:00+08:00"}, {"number": "110"}, LONG_AGO):
        body = sent | wrong | {"key": str(wrong)}
        assert await pbx.post("/api/v1/calls", json.dumps(body).encode(), **auth) == 202
    await pbx.settle()
    assert [each.outcome for each in await pbx.all(Call)] == ["no_answer"]
    aside = {each.why for each in await pbx.all(PhoneCall) if each.state == "aside"}
    assert aside == {"negative_length", "from_the_future", "number_short", "long_ago"}


async def test_the_operator_says_whose_extension_is_whose(pbx: Pbx, database_url: str, tmp_path: Path) -> None:
    slack, file, printed = pbx.slack, tmp_path / "extensions.csv", io.StringIO()
    settings = settings_for(slack.sandbox, database_url)

    async def take(text: str) -> int:
        file.write_text(text)
        return await command.take_extensions(settings, file, Console(file=printed), clock=slack.clock)

    assert await take("UAGENT,2002\nUOTHER,2001\n") == 0
    assert {m.slack_user_id: m.extension for m in await pbx.all(Member) if m.extension} == {
        "UAGENT": "2002",
        "UOTHER": "2001",
    }
    assert await take("UAGENT,2003\nUOTHER,2003\n") == 1
    assert await take("UAGENT,2003\nUMANAGER,20 03\nnobody@lender.example,1\n") == 1
    assert await take("UMANAGER,2001\n") == 1
    assert {m.extension for m in await pbx.all(Member) if m.extension} == {"2002", "2001"}
    assert "Nothing was changed." in printed.getvalue()
