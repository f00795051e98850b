"""Files over time: keys that change, a fetch that was overtaken, a backup, and what doctor says. Now is Wednesday 10:00."""

import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console
from sqlmodel import select

from bot.commands import keys
from bot.commands.doctor import examine
from desk.core.transaction import Office
from desk.files import intake
from desk.files.intake import IncomingFile
from desk.files.links import offer_link, open_link
from storage.engine.cipher import Cipher, KeyRing
from storage.files.sealing import new_file_key, seal, unseal
from storage.files.store import shard_of
from storage.tables import StoredFile, Workspace
from tests.sample_files import JPEG, joined, pieces, store_file
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com"


async def hold(slack: Slack) -> intake.FileToFetch:
    async with slack.office.desk(slack.workspace) as desk:
        held = await intake.hold_next(desk)
    assert held is not None
    return held


async def test_of_two_fetches_one_counts_and_the_other_leaves_nothing(slack: Slack, tmp_path: Path) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await intake.expect_files(desk, [IncomingFile("F1", "1.jpg")])
    first = await hold(slack)
    async with slack.office.desk(slack.workspace) as desk:
        assert await intake.hold_next(desk) is None
    slack.clock.advance(minutes=5)
    second = await hold(slack)
    assert (first.id, first.blob_id == second.blob_id) == (second.id, False)
    assert slack.office.files is not None
    for held in (first, second):  # the first was killed, or is slow
        await slack.office.files.store.write(held.blob_id, seal(pieces(JPEG), new_file_key(), held.blob_id))
    for held, kept in ((second, None), (first, False)):
        async with slack.office.desk(slack.workspace) as desk:
            await intake.record_failed(desk, held) if kept is None else await intake.record_refused(desk, held, "gone")
    async with slack.office.database.reading() as session:
        row = await session.get_one(StoredFile, first.id)
    assert (row.state, row.blob_id) == ("expected", None)
    shards = {shard_of(first.blob_id), shard_of(second.blob_id)}  # once in 256 runs it is one
    assert sum([await slack.service.sweeper.sweep(shard) for shard in shards]) == 2
    assert [path for path in (tmp_path / str(slack.workspace.id)).rglob("*") if path.is_file()] == []


async def test_after_a_restore_nothing_is_swept_for_a_week(slack: Slack) -> None:
    stray = await store_file(slack.office, slack.agent, JPEG)
    assert stray.blob_id is not None
    async with slack.office.database.transaction() as session:
        await session.delete(await session.get_one(StoredFile, stray.id))
        (await session.get_one(Workspace, slack.workspace.id)).restored_at = slack.clock.now()
    slack.workspace.restored_at = slack.clock.now()
    assert await slack.service.sweeper.sweep(shard_of(stray.blob_id)) == 0
    slack.clock.advance(days=7)
    assert await slack.service.sweeper.sweep(shard_of(stray.blob_id)) == 1


async def test_a_file_opens_with_the_new_key_alone_and_its_bytes_stay(
    slack: Slack, database_url: str, tmp_path: Path
) -> None:
    file = await store_file(slack.office, slack.agent, JPEG)
    assert file.blob_id is not None
    place = tmp_path / str(slack.workspace.id) / f"{shard_of(file.blob_id):02x}" / str(file.blob_id)
    before = place.read_bytes()
    new = base64.b64encode(bytes(range(32))).decode()
    old = settings_for(slack.sandbox, database_url)
    both = f"{old.encryption_keys.get_secret_value()},2:{new}"
    settings: Any = settings_for(slack.sandbox, database_url, encryption_keys=both)
    assert await keys.run(settings, Console(quiet=True)) == 0
    renewed = Office(
        slack.office.database,
        Cipher(KeyRing.read(f"2:{new}", old.search_key.get_secret_value())),
        slack.clock,
        slack.office.files,
    )
    async with renewed.desk(slack.workspace, slack.agent) as desk:
        offer = await offer_link(desk, file.id)
        answer = await open_link(desk, offer.url.rpartition("/")[2], offer.code)
    assert answer.file is not None
    assert renewed.files is not None
    stored = renewed.files.store.read(answer.file.blob_id)
    assert await joined(unseal(stored, answer.file.key, answer.file.blob_id)) == JPEG
    assert place.read_bytes() == before


async def test_doctor_finds_the_page_the_folder_and_missing_bytes(
    slack: Slack, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = f"http://127.0.0.1:{slack.service.port}"
    settings = settings_for(slack.sandbox, database_url, public_url=here, files=str(tmp_path))
    kept, lost = [await store_file(slack.office, slack.agent, JPEG + extra) for extra in (b"1", b"2")]

    async def findings(**changed: str) -> dict[str, tuple[bool, str]]:
        asked = settings if not changed else settings_for(slack.sandbox, database_url, files=str(tmp_path), **changed)
        return {f.subject: (f.ok, f.words) async for f in examine(asked, slack.clock)}

    found = await findings()
    assert found["file page"] == (True, f"browsers reach it at {here}")
    assert found["file store"] == (True, f"2 files, 0.0 MB in {tmp_path / str(slack.workspace.id)}")
    assert lost.blob_id is not None
    assert kept.blob_id is not None
    assert slack.office.files is not None
    await slack.office.files.store.delete(lost.blob_id)
    found = await findings(public_url=slack.sandbox.base_url)
    assert found["file page"][0] is False
    assert "answers 404 without being this desk's page" in found["file page"][1]
    assert "the bytes of 1 of 2 files are missing" in found["file store"][1]
    found = await findings(public_url="http://127.0.0.1:9")
    assert "cannot be reached from here" in found["file page"][1]

    def refused(_folder: Path) -> list[UUID]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("storage.files.disk._ids_in", refused)
    assert "cannot be read (Permission denied)" in (await findings())["file store"][1]


async def test_a_store_that_cannot_be_written_is_tried_again_later(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        file = slack.sandbox.upload("UAGENT", "1.jpg", JPEG)
        file.given = True
        await intake.expect_files(desk, [IncomingFile(file.id, "1.jpg")])

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("storage.files.disk.os.fsync", full)
        await slack.service.fetcher.round()
    assert [row.state for row in await _rows(slack)] == ["expected"]
    slack.clock.advance(seconds=30)
    await slack.service.fetcher.round()
    assert [row.state for row in await _rows(slack)] == ["waiting"]


async def test_who_sent_what_is_not_taken_is_told_also_while_the_store_is_away(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        file = slack.sandbox.upload("UAGENT", "1.exe", b"MZ" + bytes(5000))
        file.given = True
        await intake.expect_files(desk, [IncomingFile(file.id, "1.exe")])

    def away(*_: object, **_named: object) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr("storage.files.disk.Path.unlink", away)
        await slack.service.fetcher.round()
    assert [row.state for row in await _rows(slack)] == ["refused"]


async def _rows(slack: Slack) -> list[StoredFile]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(StoredFile))).all())
