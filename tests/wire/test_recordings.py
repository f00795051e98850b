"""Recordings of calls: sent, attached to a call, played by who may, moved and discarded. Now is Wednesday 10:00."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import pytest

from desk.core.errors import DeskError
from desk.core.values import LoanRef
from desk.files import call_recordings
from desk.files.intake import IncomingFile, expect_files
from desk.files.links import offer_link, open_link
from desk.files.waiting_recordings import waiting_recordings
from desk.loans.recordings import recordings_of_loan
from sandbox.elements import find_element
from sandbox.modals import Home
from sandbox.model import Message
from storage.tables import AuditEntry, Call, Loan, Member, Recording, RecordingPlay, StoredFile
from tests.builders import SHANGHAI, make_call, make_loan
from tests.sample_audio import wav
from tests.sample_files import pdf
from tests.wire.office_day import Slack, buttons, given
from tests.wire.page_links import link_and_code
from tests.wire.test_statements import executed

PUBLIC_URL = "https://desk.example.com"
AUDIO = wav(250)


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")


@pytest.fixture
async def call(slack: Slack, loan: Loan) -> Call:
    return await make_call(slack.office, loan, slack.agent)


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


def upload(slack: Slack, name: str, content: bytes = AUDIO) -> object:
    return slack.sandbox.upload("UAGENT", name, content)


async def send(slack: Slack, *files: object, text: str = "") -> Message:
    """Send files to the bot, and return what it asks about them."""
    before = len(slack.texts(slack.agent))
    slack.sandbox.send_files("UAGENT", slack.sandbox.dm("UAGENT"), *files, text=text)  # type: ignore[arg-type]  # SlackFile
    await slack.sandbox.wait_for(lambda: len(slack.texts(slack.agent)) > before)
    await slack.sandbox.events.wait_until_delivered()
    await slack.deliver()
    return slack.posts(slack.agent)[-1]


async def attach(slack: Slack, name: str = "call.wav", content: bytes = AUDIO) -> Recording:
    """Attach a recording to the loan's call by the message that asks."""
    await slack.press(slack.agent, await send(slack, upload(slack, name, content), text="A-1"), "Choose loan and call")
    await slack.sandbox.modal_of("UAGENT").submit()
    return (await slack.rows(Recording))[-1]


async def offered(slack: Slack, who: Member, recording: Recording) -> tuple[str, str]:
    async with slack.office.desk(slack.workspace, who) as desk:
        row = await call_recordings.require_playable(desk, recording.id)
        assert row.file_id is not None
        offer = await offer_link(desk, row.file_id)
        return offer.url, offer.code


async def opened_home(slack: Slack, who: Member) -> Home:
    await slack.sandbox.open_home(who.slack_user_id)
    return slack.sandbox.home_of(who.slack_user_id)


async def acts(slack: Slack) -> list[str]:
    return [each.act for each in await slack.rows(AuditEntry) if each.act.startswith("recording_")]


@pytest.mark.usefixtures("call")
async def test_a_recording_sent_to_the_bot_is_attached_and_listened_to(
    slack: Slack, browser: aiohttp.ClientSession
) -> None:
    await slack.in_chinese(slack.agent)
    asked = await send(slack, upload(slack, "2026-11-25-09-30.wav"), text="A-1")
    assert asked.text.splitlines() == [
        "您的 1 个文件",
        "• 2026-11-25-09-30.wav · WAV · 3.8 MB · 4:10",
        "录音属于哪笔贷款、哪次通话？选定之前一直保留在这里。",
    ]
    await slack.press(slack.agent, asked, "选择贷款和通话")
    await slack.sandbox.modal_of("UAGENT").submit()
    assert "已保存，对应通话：" in slack.sandbox.modal_of("UAGENT").text
    card = await slack.in_card(slack.agent, "打开", "时间线")
    assert "录音 4:10" in card.text
    await card.press("录音")
    listed = slack.sandbox.modal_of("UAGENT")
    await listed.press("播放 1")
    text, blocks = slack.sandbox.modal_of("UAGENT").text, slack.sandbox.modal_of("UAGENT").blocks
    url, code = link_and_code(blocks, text)
    here = f"http://127.0.0.1:{slack.service.port}"
    async with browser.post(here + urlsplit(url).path, data={"code": code}) as answer:
        page, cookie = await answer.text(), answer.cookies["loandesk_recording"]
        assert (answer.status, "<audio" in page, "media-src 'self'" in answer.headers["Content-Security-Policy"]) == (
            200,
            True,
            True,
        )
    assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "Strict")
    part = here + cookie["path"]
    mine = {"Cookie": f"loandesk_recording={cookie.value}"}
    for asked_range, status, expected in (
        (None, 200, AUDIO),
        ("bytes=0-", 206, AUDIO),
        ("bytes=70000-200000", 206, AUDIO[70000:200001]),
        ("bytes=-10", 206, AUDIO[-10:]),
        ("bytes=1-2,5-6", 200, AUDIO),
        (f"bytes={len(AUDIO)}-", 416, b""),
    ):
        headers = mine | ({"Range": asked_range} if asked_range else {})
        async with browser.get(part, headers=headers) as answer:
            assert (answer.status, await answer.read() == expected) == (status, True), asked_range
    async with browser.get(part) as answer:
        assert answer.status == 410
    async with browser.get(part, headers={"Cookie": "loandesk_recording=x"}) as answer:
        assert answer.status == 410
    slack.clock.advance(minutes=31)
    async with browser.get(part, headers=mine) as answer:
        assert answer.status == 410
    assert await acts(slack) == ["recording_link", "recording_opened"]
    assert [row.member_id for row in await slack.rows(RecordingPlay)] == [slack.agent.id]


@pytest.mark.usefixtures("call")
async def test_parts_of_a_recording_do_not_wait_for_those_who_write(
    slack: Slack, browser: aiohttp.ClientSession
) -> None:
    url, code = await offered(slack, slack.agent, await attach(slack))
    here = f"http://127.0.0.1:{slack.service.port}"
    async with browser.post(here + urlsplit(url).path, data={"code": code}) as answer:
        cookie = answer.cookies["loandesk_recording"]
    headers = {"Cookie": f"loandesk_recording={cookie.value}", "Range": "bytes=10-19"}
    async with (
        slack.office.desk(slack.workspace),
        asyncio.timeout(60),
        browser.get(here + cookie["path"], headers=headers) as answer,
    ):
        assert (answer.status, await answer.read()) == (206, AUDIO[10:20])
    await slack.change(slack.agent, removed_at=slack.clock.now())
    async with browser.get(here + cookie["path"], headers=headers) as answer:
        assert answer.status == 403
    assert await acts(slack) == ["recording_link", "recording_opened", "recording_refused"]


@pytest.mark.usefixtures("call")
async def test_only_who_may_listens_and_managers_see_who_did(
    slack: Slack, browser: aiohttp.ClientSession, loan: Loan
) -> None:
    recording = await attach(slack)
    compliance = slack.compliance
    for who, refused in ((slack.verifier, True), (slack.admin, True), (slack.manager, False), (compliance, False)):
        if refused:
            with pytest.raises(DeskError):
                await offered(slack, who, recording)
            with pytest.raises(DeskError):
                async with slack.office.desk(slack.workspace, who) as desk:
                    await offer_link(desk, recording.file_id or UUID(int=0))
            continue
        url, code = await offered(slack, who, recording)
        async with slack.office.desk(slack.workspace) as desk:
            answer = await open_link(desk, url.rpartition("/")[2], code)
            assert answer.outcome == "opened"
    url, code = await offered(slack, slack.manager, recording)
    await slack.change(slack.manager, removed_at=slack.clock.now())
    path = f"http://127.0.0.1:{slack.service.port}{urlsplit(url).path}"
    async with browser.post(path, data={"code": code}) as late:
        assert late.status == 403
    assert (await acts(slack))[-1] == "recording_refused"
    for who, count in ((compliance, 2), (slack.agent, 0)):
        async with slack.office.desk(slack.workspace, who) as desk:
            [view] = await recordings_of_loan(desk, loan)
            assert (len(view.listened), view.seconds, len(view.sha256)) == (count, 250, 64)


@pytest.mark.usefixtures("call")
async def test_a_recording_is_moved_and_discarded_with_a_reason(slack: Slack, loan: Loan) -> None:
    recording = await attach(slack)
    card = await slack.in_card(slack.manager, "Open", "Timeline", "Recordings")
    assert "4:10" in card.text
    await card.press("Other call 1")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Phone call", "none")
    await form.submit()
    assert "It belongs to no call yet." in slack.sandbox.modal_of("UMANAGER").text
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        with pytest.raises(DeskError, match="role_missing"):
            await call_recordings.discard_recording(desk, recording.id, 2, "why")
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        with pytest.raises(DeskError, match="recording_changed"):
            await call_recordings.discard_recording(desk, recording.id, 1, "why")
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        with pytest.raises(DeskError, match="discard_reason_missing"):
            await call_recordings.discard_recording(desk, recording.id, 2, " ")
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        await call_recordings.discard_recording(desk, recording.id, 2, "Of another borrower")
    with pytest.raises(DeskError, match="recording_changed"):
        await offered(slack, slack.agent, recording)
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        [view] = await recordings_of_loan(desk, loan)
        assert (view.why, view.may_play, bool(view.sha256)) == ("Of another borrower", False, True)


@pytest.mark.usefixtures("call")
async def test_adding_moving_and_discarding_are_undone(slack: Slack) -> None:
    await slack.press(slack.agent, await send(slack, upload(slack, "call.wav"), text="A-1"), "Choose loan and call")
    form = slack.sandbox.modal_of("UAGENT")
    await form.submit()
    await slack.sandbox.modal_of("UAGENT").press("Undo")
    assert "Undone" in slack.sandbox.modal_of("UAGENT").text
    await slack.deliver()
    asked = slack.posts(slack.agent)[-1]
    assert "Choose loan and call" in buttons(asked)
    assert [row.state for row in await slack.rows(StoredFile)] == ["waiting"]
    await slack.press(slack.agent, asked, "Choose loan and call")
    await slack.sandbox.modal_of("UAGENT").submit()

    await (await slack.in_card(slack.manager, "Open", "Timeline", "Recordings")).press("Other call 1")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Phone call", "none")
    await form.submit()
    await slack.sandbox.modal_of("UMANAGER").press("Undo")
    assert "Undone on A-1: moving a recording to another call" in slack.sandbox.modal_of("UMANAGER").text

    await slack.in_chinese(slack.manager)
    await (await slack.in_card(slack.manager, "打开", "时间线", "录音")).press("作废 1")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("原因", "不是这位客户")
    await form.submit()
    await slack.sandbox.modal_of("UMANAGER").press("撤销")
    undone, current = await slack.rows(Recording)
    assert (undone.undone_at is not None, current.undone_at, current.discarded_at) == (True, None, None)
    assert current.call_id is not None
    assert current.discarded_why_cipher is None
    await offered(slack, slack.manager, current)


@pytest.mark.usefixtures("loan")
async def test_a_recording_waits_for_its_loan_and_is_never_dropped(slack: Slack) -> None:
    asked = await send(slack, upload(slack, "call.wav"), upload(slack, "scan.pdf", pdf(1)))
    assert buttons(asked) == ["Choose loan and document", "Choose loan and call", "Discard"]
    await slack.later(days=8)
    assert [row.kind for row in await slack.rows(StoredFile)] == ["wav"]


@pytest.mark.usefixtures("call")
async def test_what_waits_is_listed_for_its_sender_and_their_manager_who_can_attach_it(slack: Slack) -> None:
    await send(slack, upload(slack, "call.wav"))
    await slack.change(slack.agent, removed_at=slack.clock.now())
    home = await opened_home(slack, slack.manager)
    await home.press("Recordings that wait")
    listed = slack.sandbox.modal_of("UMANAGER")
    assert "no loan yet · call.wav · 4:10" in listed.text
    assert slack.agent.slack_user_id in listed.text or slack.agent.name in listed.text
    await listed.press("Choose loan and call 1")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Loan", "A-1")
    await form.fill("Phone call", "none")
    await form.submit()
    assert "It belongs to no call yet." in slack.sandbox.modal_of("UMANAGER").text
    await slack.in_chinese(slack.manager)
    await (await opened_home(slack, slack.manager)).press("待归属录音")
    listed = slack.sandbox.modal_of("UMANAGER")
    assert "A-1 · 尚未对应通话 · call.wav" in listed.text
    await listed.press("改通话 1")
    await slack.sandbox.modal_of("UMANAGER").submit()
    await (await opened_home(slack, slack.other)).press("Recordings that wait")
    assert "No recording waits." in slack.sandbox.modal_of("UOTHER").text


@pytest.mark.usefixtures("call")
async def test_what_waits_of_others_is_neither_listed_nor_attached(slack: Slack) -> None:
    await send(slack, upload(slack, "call.wav"))
    [file] = await slack.rows(StoredFile)
    async with slack.office.desk(slack.workspace, slack.other) as desk:
        assert (await waiting_recordings(desk)).rows == ()
        with pytest.raises(DeskError, match="unknown_file"):
            await call_recordings.attach_batch(desk, file.batch_id, [file.id], loan=LoanRef("A-1", "A-1"), call_id=None)
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        assert [each.id for each in (await waiting_recordings(desk)).rows] == [file.id]
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        with pytest.raises(DeskError, match="role_missing"):
            await waiting_recordings(desk)


@pytest.mark.usefixtures("call")
async def test_what_is_no_usable_recording_is_refused(slack: Slack) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        huge = IncomingFile("F5", "big.wav", 5 * 1024**3)
        result = await expect_files(desk, [huge])
        assert (result.count, result.too_large, result.most_bytes) == (0, ("big.wav",), 100 * 1024**2)
    asked = await send(
        slack,
        upload(slack, "script.wav", b"#!/bin/sh\nrm -rf /\n"),
        upload(slack, "film.wav", b"\x1aE\xdf\xa3" + bytes(100)),
        upload(slack, "broken.wav", b"RIFF\x24\0\0\0WAVEfmt "),
    )
    assert [line.partition("taken: ")[2].partition(".")[0] for line in asked.text.splitlines()[1:]] == [
        "it is a program",
        "it is a video",
        "it is a recording of a kind that the desk doesn't know",
    ]
    await attach(slack)
    await slack.press(slack.agent, await send(slack, upload(slack, "again.wav"), text="A-1"), "Choose loan and call")
    await slack.sandbox.modal_of("UAGENT").submit()
    assert "the same recording is already at the loan" in slack.sandbox.modal_of("UAGENT").text
    assert len(await slack.rows(Recording)) == 1


@pytest.mark.usefixtures("call")
async def test_a_recording_is_added_on_the_card_by_file_or_link(slack: Slack) -> None:
    card = await slack.in_card(slack.agent, "Open", "Timeline")
    await card.press("Add recording")
    form = slack.sandbox.modal_of("UAGENT")
    assert (await form.submit()).errors == {
        "Or a link to your recording system": "Choose a file, or enter a link: one of the two."
    }
    for link in ("http://pbx.example.com/1", "https://a@b.example/1", "javascript:alert(1)", "https://"):
        await form.fill("Or a link to your recording system", link)
        assert "That is no address" in str((await form.submit()).errors), link
    await form.fill("Or a link to your recording system", "https://pbx.example.com/r/77")
    await form.submit()
    await (await slack.in_card(slack.agent, "Open", "Timeline", "Recordings")).press("Play 1")
    assert find_element(slack.sandbox.modal_of("UAGENT").blocks, "Open the page", None)[1]["url"].endswith("/r/77")
    await (await slack.in_card(slack.agent, "Open", "Timeline")).press("Add recording")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Files", [upload(slack, "call.wav"), upload(slack, "scan.pdf", pdf(1))])
    await form.submit()
    await slack.deliver()
    rows = await slack.rows(Recording)
    assert [(row.link_cipher is not None, row.seconds) for row in rows] == [(True, None), (False, 250)]
    assert b"pbx.example" not in (rows[0].link_cipher or b"")
    assert "Choose loan and document" in buttons(slack.posts(slack.agent)[-1])


@pytest.mark.usefixtures("call")
async def test_an_empty_recording_of_a_form_is_refused_by_its_name(slack: Slack) -> None:
    for language, names, said in (
        ("en-US", ("Open", "Timeline", "Add recording", "Files"), "nothing.wav · not taken: it is empty"),
        ("zh-CN", ("打开", "时间线", "添加录音", "文件"), "nothing.wav · 未收：文件是空的"),
    ):
        await slack.change(slack.agent, locale=language)
        opened, tab, button, field = names
        await (await slack.in_card(slack.agent, opened, tab)).press(button)
        empty = slack.sandbox.upload("UAGENT", "nothing.wav", AUDIO)
        empty.content = b""  # Slack takes no empty file: this one is emptied in between
        form = slack.sandbox.modal_of("UAGENT")
        await form.fill(field, [empty])
        await form.submit()
        await slack.deliver()
        assert said in slack.posts(slack.agent)[-1].text
    assert await slack.rows(Recording) == []
    assert [(row.state, row.blob_id) for row in await slack.rows(StoredFile)] == [("refused", None)] * 2


async def test_the_calls_nearest_to_the_time_in_a_files_name_are_offered(slack: Slack, loan: Loan) -> None:
    now = slack.clock.now()
    for days in range(60):
        slack.clock.set(now - timedelta(days=days))
        await make_call(slack.office, loan, slack.agent)
    slack.clock.set(now)
    long_ago = (now - timedelta(days=50)).astimezone(SHANGHAI)
    asked = await send(slack, upload(slack, f"{long_ago:%Y-%m-%d-%H-%M}.wav"), text="A-1")
    await slack.press(slack.agent, asked, "Choose loan and call")
    await slack.sandbox.modal_of("UAGENT").submit()
    (recording,) = await slack.rows(Recording)
    calls = {call.id: call for call in await slack.rows(Call)}
    assert recording.call_id is not None
    assert calls[recording.call_id].at == now - timedelta(days=50)
    await (await slack.in_card(slack.agent, "Open", "Timeline", "Recordings")).press("Other call 1")
    options = await slack.sandbox.modal_of("UAGENT").options("Phone call")
    assert len(options) == 26
    assert f"{long_ago:%d %b}".lstrip("0") in options[0]


async def test_many_recordings_ask_the_database_no_more_than_one(slack: Slack, loan: Loan) -> None:
    counts: list[int] = []
    for more in (1, 5):
        for n in range(more):
            async with slack.office.desk(slack.workspace, slack.agent) as desk:
                link = f"https://pbx.example.com/r/{more}/{n}"
                await call_recordings.add_link(desk, loan=LoanRef("A-1", "A-1"), call_id=None, link=link)
        async with slack.office.reading_desk(slack.workspace, slack.manager) as desk:
            with executed(slack) as statements:
                assert len(await recordings_of_loan(desk, loan)) == (1 if more == 1 else 6)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_each_of_many_recordings_can_be_reached(slack: Slack, loan: Loan) -> None:
    async with slack.office.desk(slack.workspace, slack.agent) as desk:
        for n in range(12):
            await call_recordings.add_link(
                desk, loan=LoanRef("A-1", "A-1"), call_id=None, link=f"https://pbx.example.com/r/{n}"
            )
    await (await slack.in_card(slack.agent, "Open", "Timeline", "Recordings")).press("Next page")
    listed = slack.sandbox.modal_of("UAGENT")
    assert "11. no call yet" in listed.text
    await listed.press("Play 12")
    assert find_element(slack.sandbox.modal_of("UAGENT").blocks, "Open the page", None)[1]["url"].endswith("/r/0")


@pytest.mark.usefixtures("call")
async def test_a_recording_discarded_by_mistake_can_be_sent_again(slack: Slack) -> None:
    first = await attach(slack)
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        await call_recordings.discard_recording(desk, first.id, first.version, "By mistake")
    again = await attach(slack, "again.wav")
    assert (again.id != first.id, again.ready_at is not None) == (True, True)


@pytest.mark.usefixtures("loan")
async def test_a_recording_of_a_call_that_was_undone_belongs_to_no_call(slack: Slack) -> None:
    logged = await slack.command(slack.agent, "/loan-call A-1 reached")
    await attach(slack)
    await slack.press(slack.agent, given(logged.message), "Undo")
    card = await slack.in_card(slack.agent, "Open", "Timeline", "Recordings")
    assert "1. no call yet · 4:10" in card.text
    assert "reached" not in card.text
