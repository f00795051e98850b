"""A real SIP call on this machine: baresip is the agent's phone, SIPp the borrower's, signalling and media on 127.0.0.1.

Its record is posted with the recording, and the call is in the timeline. `make test-phone` runs it; it needs Debian's
baresip-core and sip-tester.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import pytest

from desk.core.dataclass import dataclass
from desk.people import tokens
from desk.telephony.records import SETTLE
from storage.tables import Call, Recording
from tests.builders import make_loan
from tests.sample_audio import wav
from tests.wire.office_day import Slack

pytestmark = pytest.mark.phone  # `make test-phone` runs it, and says what to install

PUBLIC_URL = "https://desk.example.com"
NUMBER = "+8613800135678"
TALK_SECONDS = 4
PATIENCE = 15

CONFIG = """\
sip_listen 127.0.0.1:{sip}
net_interface 127.0.0.1
module_path {modules}
module g711.so
module aufile.so
module sndfile.so
module ctrl_tcp.so
module_app account.so
module_app menu.so
audio_source aufile,{folder}/said.wav
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {recordings}
rtp_timeout 10
"""


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


@dataclass(frozen=True, slots=True)
class Talk:
    """A call that was made: its SIP Call-ID, its lengths in seconds, and how it ended, as baresip said."""

    call_id: str
    ring_seconds: int
    talk_seconds: int
    events: tuple[str, ...]


class AgentPhone:
    """baresip, controlled by its JSON in netstrings."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def do(self, command: str, parameters: str = "") -> None:
        sent = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        self._writer.write(b"%d:%s," % (len(sent), sent))
        await self._writer.drain()

    async def until(self, *types: str) -> tuple[dict[str, Any], list[str]]:
        seen: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                said = json.loads((await self._reader.readexactly(length + 1))[:-1])
                seen.append(str(said.get("type", "")))
                if said.get("type") in types:
                    return said, seen


@pytest.fixture
async def borrower() -> AsyncIterator[int]:
    """SIPp, which answers one call and sends back what it hears."""
    port = _free_port()
    here = ("-i", "127.0.0.1", "-mi", "127.0.0.1", "-p", str(port), "-mp", str(_free_port()))
    process = await asyncio.create_subprocess_exec(
        "sipp",
        "-sn",
        "uas",
        *here,
        *("-m", "1", "-rtp_echo", "-nostdin"),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    yield port
    if process.returncode is None:
        process.kill()
    await process.wait()


def _modules() -> str:
    """Return the folder of baresip's modules, which has the name of the machine's architecture on some systems."""
    return str(next(Path("/usr/lib").rglob("baresip/modules/g711.so")).parent)


@pytest.fixture
async def phone(tmp_path: Path) -> AsyncIterator[AgentPhone]:
    """The phone of extension 2001, which records what it sends and hears."""
    control, recordings = _free_port(), tmp_path / "recordings"
    recordings.mkdir()
    modules = await asyncio.to_thread(_modules)
    ports = {"sip": _free_port(), "control": control}
    (tmp_path / "config").write_text(CONFIG.format(**ports, modules=modules, folder=tmp_path, recordings=recordings))
    (tmp_path / "said.wav").write_bytes(wav(30))
    (tmp_path / "accounts").write_text("<sip:2001@127.0.0.1>;regint=0\n")
    process = await asyncio.create_subprocess_exec(
        "baresip", "-4", "-f", str(tmp_path), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await _connection(control)
        yield AgentPhone(reader, writer)
        writer.close()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _connection(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)


async def _talk(phone: AgentPhone, port: int) -> Talk:
    dialled = monotonic()
    await phone.do("dial", f"sip:{NUMBER}@127.0.0.1:{port}")
    established, before = await phone.until("CALL_ESTABLISHED", "CALL_CLOSED")
    assert established["type"] == "CALL_ESTABLISHED", (established, before)
    answered = monotonic()
    await asyncio.sleep(TALK_SECONDS)
    await phone.do("hangup")
    closed, after = await phone.until("CALL_CLOSED")
    ended = monotonic()
    return Talk(
        str(closed["id"]), int(answered - dialled), int(ended - answered), tuple(filter(None, (*before, *after)))
    )


async def test_a_real_call_is_logged_with_its_recording(
    slack: Slack, phone: AgentPhone, borrower: int, tmp_path: Path
) -> None:
    await slack.change(slack.agent, extension="2001")
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    talk = await _talk(phone, borrower)
    assert talk.talk_seconds >= TALK_SECONDS
    recordings = sorted((tmp_path / "recordings").glob("dump-*-dec.wav"))
    assert len(recordings) == 1, list((tmp_path / "recordings").iterdir())
    for each in recordings:
        os.utime(each, (1, 1))  # it was written long ago
    await _post(slack, talk, recordings[0].name)
    await slack.later(seconds=SETTLE.total_seconds())
    [message] = slack.posts(slack.agent)
    assert f"you spoke 0:0{talk.talk_seconds} with 王*" in message.text
    await slack.press(slack.agent, message, "reached")
    fetched = slack.service.fetcher.phone
    assert fetched is not None
    object.__setattr__(fetched, "folder", tmp_path / "recordings")
    await slack.later(seconds=1)
    await slack.deliver()
    [call], [recording] = await slack.rows(Call), await slack.rows(Recording)
    assert (call.outcome, call.minutes, recording.call_id) == ("reached", 1, call.id)
    assert recording.seconds is not None
    assert abs(recording.seconds - TALK_SECONDS) <= 2
    timeline = await slack.in_card(slack.agent, "Open", "Timeline")
    assert "reached" in timeline.text


async def _post(slack: Slack, talk: Talk, recording: str) -> None:
    """Post the record of the call, as a phone system's program would."""
    async with slack.office.desk(slack.workspace) as desk:
        made = await tokens.issue(desk, name="pbx", scopes=("calls:write",), lifetime=timedelta(days=1), by="operator")
    ended = slack.clock.now()
    answered = ended - timedelta(seconds=talk.talk_seconds)
    record = {
        "source": "baresip", "key": talk.call_id, "direction": "out", "number": NUMBER, "agent_extension": "2001",
        "started": (answered - timedelta(seconds=talk.ring_seconds)).isoformat(), "answered": answered.isoformat(),
        "ended": ended.isoformat(), "talk_seconds": talk.talk_seconds, "result": "connected", "known_by": "signalled",
        "recordings": [{"place": recording}],
    }  # fmt: skip
    url = f"http://127.0.0.1:{slack.service.port}/api/v1/calls"
    headers = {"Authorization": f"Bearer {made.text}"}
    async with aiohttp.ClientSession() as http, http.post(url, json=record, headers=headers) as answer:
        assert answer.status == 202, await answer.text()
