"""Rows of call records, as Asterisk, FreeSWITCH and 3CX write them, over HTTP and in a file. Now is Wednesday 10:00."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from bot.commands import calls as command
from storage.tables import Call, CallCorrection, PhoneCall
from tests.wire.conftest import settings_for
from tests.wire.pbx import BASIC, SETTINGS, Pbx, http, loan, pbx

__all__ = ["SETTINGS", "http", "loan", "pbx"]

ASTERISK = (
    '"","13800135678","600","from-trunk","","PJSIP/trunk-1","PJSIP/{agent}-7","Queue","","2026-11-25 09:50:00",{answer},'
    '"2026-11-25 09:51:00",60,{talk},"{disposition}","DOCUMENTATION","1764035400.90"\n'
)


async def test_asterisk_is_taken_over_http_also_row_by_row(pbx: Pbx) -> None:
    rows = [ASTERISK.format(agent=each, answer="", talk=0, disposition="NO ANSWER") for each in (2007, 2008)]
    rows.append(ASTERISK.format(agent=2001, answer='"2026-11-25 09:50:19"', talk=41, disposition="ANSWERED"))
    for sent in (*rows, "".join(rows), rows[0]):
        assert await pbx.post("/phone/asterisk", sent.encode(), "text/csv; charset=utf-8", **BASIC) == 200
    [row] = await pbx.all(PhoneCall)
    await pbx.settle()
    [row] = await pbx.all(PhoneCall)
    assert (row.state, row.inbound, row.talk_seconds) == ("asks", True, 41)
    assert await pbx.post("/phone/asterisk", b"\xff", "text/csv", **BASIC) == 400
    assert await pbx.post("/phone/asterisk", b"broken\n", "text/csv", **BASIC) == 200
    assert await pbx.post("/phone/asterisk", rows[0].encode(), "text/csv") == 401
    assert len(await pbx.all(PhoneCall)) == 1


PASSED_ON = (
    '"","13800135678","600","from-trunk","","PJSIP/trunk-1","PJSIP/{agent}","Dial","","2026-11-25 09:{start}",'
    '"2026-11-25 09:{start}","2026-11-25 09:{end}",30,30,"ANSWERED","DOCUMENTATION","{id}","","","1764035400.90","1"\n'
)

FIRST = PASSED_ON.format(agent="2007-7", start="50:00", end="50:30", id="1764035400.90")

SECOND = PASSED_ON.format(agent="2008-8", start="50:30", end="51:00", id="1764035430.95")

THIRD = PASSED_ON.format(agent="2001-9", start="51:00", end="51:30", id="1764035460.96")


async def test_a_call_of_asterisk_is_one_though_its_first_row_is_sent_no_more(pbx: Pbx) -> None:
    known = list[tuple[str, str, int, int]]()
    for sent in (FIRST + SECOND + THIRD, SECOND + THIRD):
        assert await pbx.post("/phone/asterisk", sent.encode(), "text/csv", **BASIC) == 200
        await pbx.settle()
        [call] = await pbx.all(PhoneCall)
        known.append((call.key, call.state, call.talk_seconds, call.version))
    assert known[0] == known[1]
    assert known[0][:3] == ("1764035400.90", "asks", 90)


@pytest.mark.parametrize("sent", [(FIRST + SECOND, SECOND + THIRD), (SECOND + THIRD, FIRST + SECOND)])
async def test_what_was_sent_of_a_call_of_asterisk_may_overlap(pbx: Pbx, sent: tuple[str, str]) -> None:
    for rows in sent:
        assert await pbx.post("/phone/asterisk", rows.encode(), "text/csv", **BASIC) == 200
    await pbx.settle()
    assert [each.talk_seconds for each in await pbx.all(PhoneCall)] == [90]


async def test_parts_of_a_call_of_asterisk_are_one_call_in_whichever_order_they_come(pbx: Pbx) -> None:
    """The first part comes last, and when its agent has said already how the call ended: that call is corrected."""
    assert await pbx.post("/phone/asterisk", THIRD.encode(), "text/csv", **BASIC) == 200
    await pbx.settle()
    await pbx.slack.command(pbx.slack.agent, "/loan-call L-1042 reached")
    [call] = await pbx.all(Call)
    assert call.minutes == 1
    for part, minutes in ((FIRST, 2), (SECOND, 2), (THIRD, 2)):
        assert await pbx.post("/phone/asterisk", part.encode(), "text/csv", **BASIC) == 200
        await pbx.settle()
        [row] = await pbx.all(PhoneCall)
        [call] = await pbx.all(Call)
        assert (row.state, call.minutes) == ("logged", minutes)
    assert row.talk_seconds == 90
    assert [each.minutes for each in await pbx.all(CallCorrection)] == [1]  # the timeline keeps what it said before


async def test_rows_of_freeswitch_and_3cx_are_taken_over_http(pbx: Pbx) -> None:
    freeswitch = (
        '"Wang","2001","013800135678","default","2026-11-25 09:50:00","","2026-11-25 09:50:22","22","0","USER_BUSY","u-1","",'
        '"","PCMA","PCMA"\n'
    )
    assert await pbx.post("/phone/freeswitch", freeswitch.encode(), "text/csv", **BASIC) == 200
    three = "9,9,00:00:00,2026-11-25 09:52:00,,2026-11-25 09:52:20,Failed_Busy,,,2001,,13800135678,,,,\n"
    assert await pbx.post("/phone/3cx", three.encode(), "text/csv", **BASIC) == 200
    await pbx.settle()
    assert {(each.source, each.state) for each in await pbx.all(PhoneCall)} == {
        ("freeswitch", "logged"),
        ("3cx", "logged"),
    }


async def test_a_file_of_asterisk_is_taken_and_taken_again(pbx: Pbx, database_url: str, tmp_path: Path) -> None:
    slack, file, printed = pbx.slack, tmp_path / "Master.csv", io.StringIO()
    row = (
        '"","2001","{to}","from-internal","","PJSIP/2001-1","PJSIP/trunk-2","Dial","","2026-11-25 09:50:00",,'
        '"2026-11-25 09:50:20",20,0,"BUSY","DOCUMENTATION"\n'
    )
    file.write_text(row.format(to="013800135678") + "broken\n")
    settings = settings_for(slack.sandbox, database_url)
    for _ in range(2):
        assert await command.run(settings, file, Console(file=printed), source="asterisk", clock=slack.clock) == 1
    assert "Calls: 1 new, 0 changed, 0 known" in printed.getvalue()
    assert "Calls: 0 new, 0 changed, 1 known" in printed.getvalue()
    assert "row 2: columns" in printed.getvalue()
    await pbx.settle()
    assert [each.outcome for each in await pbx.all(Call)] == ["busy"]
