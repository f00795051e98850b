"""A desk that keeps its files in a bucket: sent, opened, swept, away, and copied there from a folder. Now is Wednesday 10:00."""

import io
import re
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from rich.console import Console
from sqlmodel import select

from bot.commands import copying_files
from bot.commands.doctor import examine
from bot.settings import Settings
from desk.files import intake
from desk.files.intake import IncomingFile
from desk.files.links import offer_link
from storage.files.places import store_at
from storage.files.sealing import new_file_key, seal
from storage.files.store import shard_of
from storage.queries.files import files
from storage.tables import StoredFile
from tests.buckets import MotoBucket
from tests.sample_files import JPEG, joined, pdf, pieces, store_file
from tests.wire.conftest import settings_for
from tests.wire.office_day import Slack

PUBLIC_URL = "https://desk.example.com"
IN_BUCKET = True
SCAN = pdf(3, filler=6_000_000)


async def send(slack: Slack, content: bytes) -> None:
    """Have the agent send a file to the desk."""
    file = slack.sandbox.upload("UAGENT", "scan.pdf", content)
    file.given = True
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        await intake.expect_files(desk, [IncomingFile(file.id, "scan.pdf")])


async def rows(slack: Slack) -> list[StoredFile]:
    async with slack.office.database.reading() as session:
        return list((await session.exec(select(StoredFile))).all())


async def opened(slack: Slack, file: StoredFile) -> tuple[int, bytes]:
    """Open the file on the desk's page as its sender."""
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        offer = await offer_link(desk, file.id)
    page = f"http://127.0.0.1:{slack.service.port}/files/{offer.url.rpartition('/')[2]}"
    async with aiohttp.ClientSession() as session, session.post(page, data={"code": offer.code}) as answer:
        return answer.status, await answer.read()


async def findings(slack: Slack, settings: Settings) -> dict[str, tuple[bool, str]]:
    return {found.subject: (found.ok, found.words) async for found in examine(settings, slack.clock)}


def settings_of(slack: Slack, database_url: str, bucket: MotoBucket, **values: str) -> Settings:
    here = {"public_url": f"http://127.0.0.1:{slack.service.port}"}
    return settings_for(slack.sandbox, database_url, **(here | bucket.settings | values))


async def test_a_file_is_kept_opened_and_swept(slack: Slack, database_url: str, bucket: MotoBucket) -> None:
    await send(slack, SCAN)
    await slack.service.fetcher.round()
    (file,) = await rows(slack)
    assert (file.state, file.size, bucket.unfinished) == ("waiting", len(SCAN), 0)
    assert file.blob_id is not None
    assert slack.office.files is not None
    store = slack.office.files.store
    assert b"%PDF" not in await joined(store.read(file.blob_id))
    assert await opened(slack, file) == (200, SCAN)
    settings = settings_of(slack, database_url, bucket)
    place = f"s3://scans/desk/files/{slack.workspace.id}"
    assert (await findings(slack, settings))["file store"] == (True, f"1 files, 5.7 MB in {place}")
    async with slack.office.database.transaction() as session:
        await files.delete_files(session, [file.id])
    assert await slack.service.sweeper.sweep(shard_of(file.blob_id)) == 1
    assert not await store.has(file.blob_id)


async def test_missing_damaged_and_unreachable_bytes_are_said(
    slack: Slack, database_url: str, bucket: MotoBucket, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, damaged, whole = [
        await store_file(slack.office, slack.agent, JPEG + extra) for extra in (b"1", b"2", b"3")
    ]
    assert missing.blob_id is not None
    assert damaged.blob_id is not None
    assert slack.office.files is not None
    store = slack.office.files.store
    await store.delete(missing.blob_id)
    sealed = await joined(store.read(damaged.blob_id))
    await store.write(damaged.blob_id, pieces(sealed[:-1] + bytes([sealed[-1] ^ 1])))
    for file in (missing, damaged):
        status, page = await opened(slack, file)
        assert (status, b"opened just now" in page) == (503, True)
    wrong = settings_of(slack, database_url, bucket)
    assert (await findings(slack, wrong))["file store"][1].startswith("the bytes of 1 of 3 files are missing in s3://")
    wrong = settings_of(slack, database_url, bucket, files="s3://elsewhere/desk")
    ok, words = (await findings(slack, wrong))["file store"]
    assert (ok, "cannot be written and read (there is no such bucket)" in words) == (False, True)
    monkeypatch.setattr("storage.files.bucket._RETRIES", 0)
    away = settings_of(slack, database_url, bucket, files_endpoint="http://127.0.0.1:9")
    assert "(it cannot be reached)" in (await findings(slack, away))["file store"][1]
    unreachable: Any = store_at(away.files_at(), slack.workspace.id)
    monkeypatch.setattr(store, "_store", unreachable._store)
    assert (await opened(slack, whole))[0] == 503
    errors = re.findall(r'"error": ?"(\w+)"', log.getvalue())
    assert errors == ["MissingBytesError", "DamagedFileError", "StoreAwayError"]


async def test_a_file_that_could_not_be_stored_is_fetched_again(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    await send(slack, SCAN)
    with monkeypatch.context() as patched:
        patched.setattr("storage.files.bucket.PART", 2_000_000)  # smaller parts than S3 takes: refused at its end
        await slack.service.fetcher.round()
    assert [(row.state, row.tries) for row in await rows(slack)] == [("expected", 1)]
    slack.clock.advance(seconds=30)
    await slack.service.fetcher.round()
    assert [row.state for row in await rows(slack)] == ["waiting"]


async def test_a_desk_moves_from_a_folder_to_a_bucket(
    slack: Slack, database_url: str, bucket: MotoBucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert slack.office.files is not None
    there = slack.office.files.store
    folder = store_at(tmp_path, slack.workspace.id)
    sent = [await store_file(slack.office, slack.agent, content) for content in (JPEG, SCAN)]
    for file in sent:
        assert file.blob_id is not None
        await folder.write(file.blob_id, there.read(file.blob_id))
        await there.delete(file.blob_id)
    stray = sent[0].id  # bytes of no row are left behind
    await folder.write(stray, seal(pieces(JPEG), new_file_key(), stray))
    settings, printed = settings_of(slack, database_url, bucket), io.StringIO()

    async def copied(source: Path | str, now: Settings = settings) -> tuple[int, str]:
        printed.seek(printed.truncate(0))
        code = await copying_files.run(now, str(source), Console(file=printed, soft_wrap=True, highlight=False))
        return code, printed.getvalue().strip()

    place = "s3://scans/desk/files"
    assert await copied(tmp_path / "wrong") == (
        1,
        f"Copied: 0. Already in {place}: 0.\n2 are in neither place. `loandesk doctor` counts them too.",
    )
    assert await copied(tmp_path) == (0, f"Copied: 2. Already in {place}: 0.")
    assert await copied(tmp_path) == (0, f"Copied: 0. Already in {place}: 2.")
    assert [(await opened(slack, file))[0] for file in sent] == [200, 200]
    assert not await there.has(stray)
    code, words = await copied(place)
    assert (code, words) == (1, f"Nothing was copied: {place} is where LOANDESK_FILES says that the files are.")
    monkeypatch.setattr("storage.files.bucket._RETRIES", 0)
    away = settings_of(slack, database_url, bucket, files_endpoint="http://127.0.0.1:9")
    code, words = await copied(tmp_path, away)
    assert (code, "stopped: it cannot be reached. Run it again" in words) == (1, True)
