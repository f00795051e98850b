"""Recordings that the phone system names become recordings of the logged call. Now is Wednesday 10:00."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from desk.core.phone_site import Site
from desk.rules.call_records import CallRecord, RecordingRef
from desk.telephony.records import SETTLE, take_records
from storage.tables import Call, Loan, Recording, StoredFile
from tests.builders import SHANGHAI, make_loan
from tests.sample_audio import wav
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com"
SITE = Site(SHANGHAI)


@pytest.fixture
async def folder(slack: Slack, tmp_path: Path) -> Path:
    place = tmp_path / "monitor"
    place.mkdir()
    phone = slack.service.fetcher.phone
    assert phone is not None
    object.__setattr__(phone, "folder", place)
    object.__setattr__(phone, "hosts", {"pbx.example.com": ""})
    return place


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    await slack.change(slack.agent, extension="2001")
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


async def _report(slack: Slack, *places: str | RecordingRef, result: str = "voicemail") -> None:
    start = slack.clock.now() - timedelta(minutes=5)
    record = CallRecord(
        source="pbx", key="1", legs=("a",), direction="out", agent_extension="2001", number="13800135678", started=start,
        ended=start + timedelta(seconds=30), result=result,  # pyright: ignore[reportArgumentType]
        recordings=tuple(each if isinstance(each, RecordingRef) else RecordingRef(place=each) for each in places),
    )  # fmt: skip
    async with slack.office.desk(slack.workspace) as desk:
        await take_records(desk, [record], SITE)
    await slack.later(seconds=SETTLE.total_seconds())
    await slack.later(seconds=1)


async def _fetch(slack: Slack) -> None:
    while await slack.service.fetcher.round():
        pass
    await slack.deliver()


def _old(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (1, 1))
    return path


@pytest.mark.usefixtures("loan")
async def test_a_recording_in_the_folder_is_stored_with_the_call(slack: Slack, folder: Path) -> None:
    name = "2026/11/25/out-013800135678-2001.wav"
    _old(folder / name, wav(12))
    for _ in range(2):
        await _report(slack, name)
        await _fetch(slack)
    [call], [row] = await slack.rows(Call), await slack.rows(Recording)
    [file] = await slack.rows(StoredFile)
    assert (row.call_id, row.seconds, row.ready_at is not None) == (call.id, 12, True)
    assert (file.state, file.kind) == ("filed", "wav")
    opened = slack.office.cipher.decrypt(StoredFile.name_cipher, file)
    assert opened == "recording.wav"
    assert slack.posts(slack.agent) == []


@pytest.mark.usefixtures("loan")
async def test_what_comes_with_a_later_report_is_added(slack: Slack, folder: Path) -> None:
    await _report(slack)
    assert await slack.rows(Recording) == []
    _old(folder / "late.wav", wav(5))
    await _report(slack, "late.wav")
    await _fetch(slack)
    [row] = await slack.rows(Recording)
    assert row.seconds == 5


@pytest.mark.usefixtures("loan")
async def test_a_recording_that_is_ready_after_another_is_added_and_the_other_not_twice(
    slack: Slack, folder: Path
) -> None:
    _old(folder / "slow.wav", wav(5))
    _old(folder / "quick.wav", wav(7))
    await _report(slack, RecordingRef(place="slow.wav", state="pending"), "quick.wav")
    await _fetch(slack)
    await _report(slack, "slow.wav")
    await _fetch(slack)
    assert sorted(row.seconds or 0 for row in await slack.rows(Recording)) == [5, 7]


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize(
    "place",
    ["../secret.wav", "/etc/passwd", "link.wav", "https://other.example.com/a.wav", "https://pbx.example.com:8443/a.wav",
     "https://u@pbx.example.com/a.wav", "http://pbx.example.com/a.wav", "notes.txt", "a\0b", "https://[", "a" * 300],
)  # fmt: skip
async def test_nothing_else_is_read(slack: Slack, folder: Path, place: str) -> None:
    _old(folder.parent / "secret.wav", wav(5))
    (folder / "link.wav").symlink_to(folder.parent / "secret.wav")
    _old(folder / "notes.txt", b"no recording")
    await _report(slack, place)
    for _ in range(7):
        await _fetch(slack)
        await slack.later(hours=2)
    assert [each.ready_at for each in await slack.rows(Recording)] in ([], [None])
    assert {each.state for each in await slack.rows(StoredFile)} <= {"refused", "waiting"}


@pytest.mark.usefixtures("loan")
async def test_a_file_that_is_still_written_waits(slack: Slack, folder: Path) -> None:
    path = folder / "now.wav"
    path.write_bytes(wav(5))
    await _report(slack, "now.wav")
    await _fetch(slack)
    assert [each.state for each in await slack.rows(StoredFile)] == ["expected"]
    os.utime(path, (1, 1))
    await slack.later(minutes=1)
    await _fetch(slack)
    assert [each.state for each in await slack.rows(StoredFile)] == ["filed"]


@pytest.mark.usefixtures("loan")
async def test_one_that_its_writer_left_unfinished_has_no_wrong_length(slack: Slack, folder: Path) -> None:
    content = bytearray(wav(60))
    content[4:8] = content[40:44] = bytes(4)  # sizes that Asterisk writes when the call is over
    _old(folder / "cut.wav", bytes(content))
    await _report(slack, "cut.wav")
    await _fetch(slack)
    [row] = await slack.rows(Recording)
    assert row.seconds in (None, 60)
