"""A file is opened on the desk's page: by the member who asked, with the code from Slack, once. Now is Wednesday 10:00."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from sqlmodel import col, select

from desk.core.errors import NotFound
from desk.files.links import offer_link
from storage.files.store import shard_of
from storage.tables import AuditEntry, DocumentItem, FileLink, Loan, Member, StoredFile
from tests.builders import make_loan
from tests.sample_files import JPEG, pdf, store_file
from tests.wire.office_day import Slack, shown
from tests.wire.page_links import PUBLIC_URL, Browser, link_and_code

CONTENT = pdf(3, filler=300_000)


class Reader(Browser):
    """A browser that also reads what the page says."""

    async def get(self, url: str, **how: Any) -> tuple[int, str]:
        async with self.session.request(how.pop("method", "GET"), self.here(url), **how) as answer:
            return answer.status, await answer.text()

    async def refusal(self, url: str, code: str) -> tuple[int, str]:
        status, body, _ = await self.open(url, code)
        found = re.search(r"<p[^>]*>([^<]*)</p>", body.decode())
        return status, found[1].replace("&#x27;", "'") if found else ""


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[Reader]:
    async with aiohttp.ClientSession() as session:
        yield Reader(slack, session)


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)


@pytest.fixture
async def file(slack: Slack, loan: Loan) -> StoredFile:
    await slack.command(slack.agent, "/loan-docs A-1 id")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    async with slack.office.database.reading() as session:
        item = (await session.exec(select(DocumentItem))).one()
    return await store_file(slack.office, slack.agent, CONTENT, name='身份证 "王".PDF.exe', item=item)


async def ask(slack: Slack, who: Member) -> tuple[str, str]:
    """Ask for a link in the list of documents. Return its address and its code."""
    listed = (await slack.command(who, "/loan-docs A-1")).message
    assert listed is not None
    offer = shown(await slack.press(who, listed, 'ID card · 身份证 "王".PDF.exe'.join(("Open ", ""))))
    assert offer.is_ephemeral
    return link_and_code(offer.blocks, offer.text)


async def acts(slack: Slack) -> list[str]:
    async with slack.office.database.reading() as session:
        entries = await session.exec(select(AuditEntry).where(col(AuditEntry.act).startswith("file")))
        return [entry.act for entry in entries]


async def test_the_member_who_asked_opens_the_file_once(slack: Slack, browser: Reader, file: StoredFile) -> None:
    url, code = await ask(slack, slack.verifier)
    status, page = await browser.get(url)
    assert (status, "Type the six digits" in page, "王" in page) == (200, True, False)
    status, body, headers = await browser.open(url, code)
    assert (status, body == CONTENT) == (200, True)
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("inline; filename=\"document.pdf\"; filename*=UTF-8''%E8")
    assert headers["Content-Disposition"].endswith("PDF.pdf")
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert await browser.refusal(url, code) == (410, "This link has been used. Ask for a new one in Slack.")
    assert await acts(slack) == ["file_link", "file_opened"]
    async with slack.office.database.reading() as session:
        link = (await session.exec(select(FileLink))).one()
        opened = (await session.exec(select(AuditEntry).where(AuditEntry.act == "file_opened"))).one()
    token = urlsplit(url).path.rpartition("/")[2].encode()
    assert token not in (link.token_digest, link.code_digest)
    assert (opened.actor_id, opened.subject_id, opened.loan_id) == (slack.verifier.id, file.id, file.loan_id)
    assert (opened.details["door"], bool(opened.details["ref"])) == ("page", True)


@pytest.mark.usefixtures("file")
async def test_wrong_codes_end_a_link_and_nobody_gets_the_file(slack: Slack, browser: Reader) -> None:
    await slack.in_chinese(slack.agent)
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).message
    assert listed is not None
    offer = shown(await slack.press(slack.agent, listed, '打开身份证 · 身份证 "王".PDF.exe'))
    url, code = link_and_code(offer.blocks, offer.text)
    wrong = "000000" if code != "000 000" else "111111"
    assert (await browser.refusal(url, "12345"))[0] == 200  # no code at all is no try
    for left in (4, 3, 2, 1):
        assert await browser.refusal(url, wrong) == (403, f"验证码不对，还可以试 {left} 次。")
    assert await browser.refusal(url, wrong) == (410, "验证码输错太多次。请在 Slack 里重新获取链接。")
    assert (await browser.refusal(url, code))[0] == 410


@pytest.mark.usefixtures("file")
async def test_a_link_ends_after_five_minutes(slack: Slack, browser: Reader) -> None:
    url, code = await ask(slack, slack.agent)
    slack.clock.advance(minutes=4, seconds=59)
    assert (await browser.get(url))[0] == 200
    slack.clock.advance(seconds=1)
    assert await browser.refusal(url, code) == (410, "This link was valid for 5 minutes. Ask for a new one in Slack.")


@pytest.mark.usefixtures("file")
async def test_who_lost_the_loan_a_second_ago_is_refused(slack: Slack, browser: Reader) -> None:
    await slack.change(slack.agent, team_id=None)
    url, code = await ask(slack, slack.agent)
    await slack.command(slack.manager, "/loan-reassign A-1 <@UOTHER>")
    assert (await browser.refusal(url, code))[0] == 403
    assert (await browser.refusal(url, code))[0] == 410
    assert (await acts(slack))[-1] == "file_refused"


@pytest.mark.usefixtures("file")
async def test_who_left_the_desk_or_has_no_right_is_refused(slack: Slack, browser: Reader) -> None:
    url, code = await ask(slack, slack.verifier)
    await slack.change(slack.verifier, removed_at=slack.clock.now())
    assert (await browser.refusal(url, code))[0] == 403
    listed = (await slack.command(slack.admin, "/loan-docs A-1")).message
    assert listed is not None
    assert "Files:" not in listed.text


@pytest.mark.usefixtures("file")
async def test_what_is_no_link_or_no_form_opens_nothing(slack: Slack, browser: Reader) -> None:
    url, code = await ask(slack, slack.agent)
    other = url[:-1] + ("a" if url[-1] != "a" else "b")
    assert (await browser.refusal(other, code))[0] == 404
    assert (await browser.get(f"{PUBLIC_URL}/files/"))[0] == 404
    assert (await browser.get(url, method="PUT"))[0] == 405
    assert (await browser.get(url, method="HEAD")) == (200, "")
    assert (await browser.get(url, method="POST", json={"code": code}))[0] == 415
    assert (await browser.get(url, method="POST", data={"code": "1" * 5000}))[0] == 413
    status, body, _ = await browser.open(url, "１２３４５６" if code != "123 456" else "６５４３２１")
    assert (status, b"tries left" in body) == (403, True)
    status, body, _ = await browser.open(url, code.replace(" ", "-"))
    assert (status, body == CONTENT) == (200, True)


async def test_missing_and_damaged_bytes_are_said_and_logged(
    slack: Slack, browser: Reader, file: StoredFile, tmp_path: Path, loan: Loan
) -> None:
    blob = file.blob_id
    assert blob is not None
    place = tmp_path / str(loan.workspace_id) / f"{shard_of(blob):02x}" / str(blob)
    stored = bytearray(place.read_bytes())
    stored[len(stored) // 2] ^= 1
    place.write_bytes(stored)
    url, code = await ask(slack, slack.agent)
    with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await browser.open(url, code)
    place.unlink()
    url, code = await ask(slack, slack.agent)
    status, words = await browser.refusal(url, code)
    assert (status, words) == (503, "The file can't be opened just now. Ask for a new link in Slack in a moment.")


async def test_a_picture_is_shown_and_its_sender_opens_what_waits(slack: Slack, browser: Reader, loan: Loan) -> None:
    waiting = await store_file(slack.office, slack.agent, JPEG, name="照片")
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        offer = await offer_link(desk, waiting.id)
    status, body, headers = await browser.open(offer.url, offer.code)
    assert (status, body, headers["Content-Type"]) == (200, JPEG, "image/jpeg")
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        with pytest.raises(NotFound):
            await offer_link(desk, waiting.id)
