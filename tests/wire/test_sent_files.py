"""Files that a member sends to the bot, or chooses in a form, become files of a document. Now is Wednesday 10:00."""

import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from desk.core.errors import Conflict, NotFound
from desk.core.transaction import Desk
from desk.files.filing import discard_batch, file_as_wished, own_batch
from desk.files.intake import hold_next
from sandbox.files import LONGER, SlackFile
from sandbox.model import Message
from storage.tables import DocumentItem, Loan, StoredFile
from storage.upkeep.erasing import erase
from tests.builders import make_loan
from tests.sample_files import HEIC, JPEG, pdf
from tests.wire.office_day import Slack, buttons, given, shown

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="李雷")


async def send(slack: Slack, *files: SlackFile, text: str = "") -> list[str]:
    """Send files to the bot as the agent, and return what it answers at once."""
    before = len(slack.texts(slack.agent))
    slack.sandbox.send_files("UAGENT", slack.sandbox.dm("UAGENT"), *files, text=text)
    await slack.sandbox.wait_for(lambda: len(slack.texts(slack.agent)) > before)
    await slack.sandbox.events.wait_until_delivered()
    return slack.texts(slack.agent)[before:]


def upload(slack: Slack, name: str, content: bytes = JPEG) -> SlackFile:
    return slack.sandbox.upload("UAGENT", name, content)


def asked(slack: Slack) -> Message:
    return slack.posts(slack.agent)[-1]


def stored(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.parent.parent == tmp_path]


@pytest.mark.usefixtures("loan")
async def test_a_file_with_its_loan_and_document_takes_one_press(slack: Slack, tmp_path: Path) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 bank")
    said = await send(slack, upload(slack, "流水.pdf", pdf(6, filler=200_000)), text="A-1 银行流水")
    assert said == ["I'm fetching 1 file. In a moment a message will tell you what became of it."]
    await slack.deliver()
    assert asked(slack).text == (
        "Files you sent: 1\n• 流水.pdf · PDF · 196 KB · 6 pages\nWhich loan and which document?"
    )
    assert buttons(asked(slack)) == ["A-1 · bank statement", "Choose loan and document", "Discard"]
    answer = shown(await slack.press(slack.agent, asked(slack), "A-1 · bank statement"))
    assert "bank statement: received" in answer.text
    await slack.deliver()
    assert asked(slack).text == "Files you sent: 1\n• 流水.pdf · PDF · 196 KB · 6 pages · A-1 · bank statement"
    assert "Open bank statement · 流水.pdf" in buttons((await slack.command(slack.agent, "/loan-docs A-1")).message)
    assert [b"%PDF" in path.read_bytes() for path in stored(tmp_path)] == [False]
    await slack.press(slack.agent, answer, "Undo")
    await slack.deliver()
    assert "Which loan and which document?" in asked(slack).text


@pytest.mark.usefixtures("loan")
async def test_pages_sent_together_are_filed_by_form(slack: Slack) -> None:
    await slack.in_chinese(slack.agent)
    await send(
        slack,
        upload(slack, "1.jpg"),
        upload(slack, "2.heic", HEIC),
        upload(slack, "网页.jpg", b"<html>"),
        text="李雷的",
    )
    await slack.deliver()
    assert asked(slack).text.splitlines() == [
        "您的 3 个文件",
        "• 1.jpg · JPEG · 1 KB",
        "• 2.heic · HEIC · 1 KB",
        "• 网页.jpg · 未收：这是网页或矢量图。"
        "请发 PDF 或照片（JPEG、PNG、WebP、HEIC、TIFF），或录音（WAV、MP3、Ogg、M4A、AMR）。",
        "属于哪笔贷款、哪项材料？",
    ]
    await slack.press(slack.agent, asked(slack), "选择贷款和材料")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("材料", "other")
    assert (await form.submit()).errors == {"其他材料的名称": "请在其他材料一栏写明名称。"}
    await form.fill("其他材料的名称", "结婚照")
    await form.submit()
    assert "结婚照：已收到" in slack.sandbox.modal_of("UAGENT").text
    await slack.deliver()
    assert asked(slack).text.count("A-1 · 结婚照") == 2


@pytest.mark.usefixtures("loan")
async def test_files_chosen_in_a_form_are_filed_when_they_have_arrived(slack: Slack) -> None:
    listed = (await slack.command(slack.agent, "/loan-docs A-1 id")).message
    assert listed is not None
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).message
    assert listed is not None
    await slack.press(slack.agent, listed, "Add files")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Document", "id")
    assert (await form.submit()).errors == {"Files": "Please complete this required field."}
    await form.fill("Files", [upload(slack, "front.jpg"), upload(slack, "back.jpg", JPEG + b"2")])
    await form.submit()
    assert "I'm fetching 2 files." in slack.sandbox.modal_of("UAGENT").text
    await slack.deliver()
    assert asked(slack).text.count("A-1 · ID card") == 2
    assert "ID card · received" in (await slack.command(slack.agent, "/loan-docs A-1")).text


@pytest.mark.usefixtures("loan")
async def test_what_arrived_of_a_form_is_filed_when_the_rest_is_given_up(slack: Slack) -> None:
    broken = upload(slack, "back.jpg")
    broken.serving = "broken"
    await slack.command(slack.agent, "/loan-docs A-1 id")
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).message
    assert listed is not None
    await slack.press(slack.agent, listed, "Add files")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Document", "id")
    await form.fill("Files", [upload(slack, "front.jpg"), broken])
    await form.submit()
    for minutes in (0, 1, 3, 11, 61):
        await slack.later(minutes=minutes)
    assert [row.state for row in await slack.rows(StoredFile)] == ["filed", "refused"]
    assert "ID card · received" in (await slack.command(slack.agent, "/loan-docs A-1")).text


@pytest.mark.usefixtures("loan")
async def test_files_of_a_form_that_are_not_taken_are_named_and_the_document_is_still_asked_for(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id")
    listed = given((await slack.command(slack.agent, "/loan-docs A-1")).message)
    large = pdf(1, filler=21 * 1024 * 1024)
    for language, button, fields, page, too_large, state in (
        ("en-US", "Add files", ("Document", "Files"), "it is a web page", "it is too large", "ID card · requested"),
        ("zh-CN", "添加文件", ("材料", "文件"), "这是网页或矢量图", "文件太大", "身份证 · 待提交"),
    ):
        await slack.change(slack.agent, locale=language)
        listed = given((await slack.command(slack.agent, "/loan-docs A-1")).message)
        await slack.press(slack.agent, listed, button)
        form = slack.sandbox.modal_of("UAGENT")
        await form.fill(fields[0], "id")
        await form.fill(fields[1], [upload(slack, "front.jpg", b"<html>"), upload(slack, "back.pdf", large)])
        await form.submit()
        await slack.deliver()
        [front, back] = asked(slack).text.splitlines()[1:3]
        assert "front.jpg" in front
        assert page in front
        assert "back.pdf" in back
        assert too_large in back
        assert state in (await slack.command(slack.agent, "/loan-docs A-1")).text


@pytest.mark.usefixtures("loan")
async def test_the_same_file_twice_is_pointed_out(slack: Slack) -> None:
    for _ in range(2):
        await send(slack, upload(slack, "id.jpg"), text="A-1 id")
        await slack.deliver()
        await slack.press(slack.agent, asked(slack), "A-1 · ID card")
        await slack.deliver()
    third = await send(slack, upload(slack, "id.jpg"))
    await slack.deliver()
    assert third
    assert "the same file is already at A-1 · ID card" in asked(slack).text


async def test_what_slack_does_not_hand_over_is_said(slack: Slack, log: io.StringIO) -> None:
    gone, away, linked, others = (upload(slack, f"{name}.jpg") for name in ("gone", "away", "linked", "others"))
    gone.deleted, away.serving, linked.external, others.user = True, "elsewhere", True, "UAGENT"
    await send(slack, gone, away, linked)
    await slack.deliver()
    assert [line.partition(" · ")[2] for line in asked(slack).text.splitlines()[1:]] == [
        "not taken: it was deleted in Slack. Send it again.",
        "not taken: Slack did not hand it over. Ask an admin to check the app's scopes with loandesk doctor.",
        "not taken: it is a link to another service. Send the file itself.",
    ]
    assert "xoxb" not in log.getvalue()


async def test_a_file_that_breaks_off_is_fetched_again_and_given_up_after_an_hour(slack: Slack, tmp_path: Path) -> None:
    file = upload(slack, "photo.jpg", JPEG + bytes(200_000))
    file.serving = "cut"
    await send(slack, file)
    await slack.deliver()
    assert [(row.state, row.tries) for row in await slack.rows(StoredFile)] == [("expected", 1)]
    file.serving = "encoded"
    await slack.later(seconds=31)
    assert "photo.jpg · JPEG · 196 KB" in asked(slack).text
    broken = upload(slack, "broken.jpg")
    broken.serving = "broken"
    await send(slack, broken)
    for minutes in (0, 1, 3, 11, 61):
        await slack.later(minutes=minutes)
    assert "Slack or the store did not answer for an hour" in asked(slack).text
    assert len(stored(tmp_path)) == 1


async def test_a_file_at_which_each_attempt_is_cut_short_is_given_up_too(slack: Slack) -> None:
    await send(slack, upload(slack, "poison.jpg"))
    for attempt in range(6):
        async with slack.office.desk(slack.workspace) as desk:
            assert (await hold_next(desk) is None) is (attempt == 5)
        slack.clock.advance(minutes=6)
    await slack.deliver()
    assert "Slack or the store did not answer for an hour" in asked(slack).text


async def test_too_large_too_many_and_no_right_are_refused_at_once(slack: Slack) -> None:
    large = upload(slack, "large.pdf", pdf(1, filler=21 * 1024 * 1024))
    [said] = await send(slack, large)
    assert said.splitlines()[:2] == ["Not taken, because they are larger than 20.0 MB:", "• large.pdf"]
    [said] = await send(slack, *(upload(slack, f"{number}.jpg") for number in range(11)))
    assert said.startswith("That is 11 files. Send at most 10 at a time.")
    assert await slack.rows(StoredFile) == []
    await slack.change(slack.agent, roles="compliance")
    [said] = await send(slack, upload(slack, "1.jpg"))
    assert said.startswith("You need the role")


async def test_of_a_file_that_is_larger_than_slack_says_no_more_than_the_limit_is_read(
    slack: Slack, tmp_path: Path
) -> None:
    for language, why in (("en-US", "not taken: it is too large."), ("zh-CN", "未收：文件太大")):
        await slack.change(slack.agent, locale=language)
        file = upload(slack, "scan.pdf", pdf(1))
        file.serving = "longer"
        await send(slack, file)
        await slack.deliver()
        assert why in asked(slack).text
        assert file.sent < LONGER / 4
    await sweep(slack)
    assert stored(tmp_path) == []


@pytest.mark.usefixtures("loan")
async def test_discarded_files_and_those_of_a_deleted_loan_leave_nothing(
    slack: Slack, tmp_path: Path, loan: Loan
) -> None:
    await send(slack, upload(slack, "kept.jpg"), text="A-1 id")
    await slack.deliver()
    await slack.press(slack.agent, asked(slack), "A-1 · ID card")
    await send(slack, upload(slack, "mistake.jpg", JPEG + b"x"))
    await slack.deliver()
    answer = shown(await slack.press(slack.agent, asked(slack), "Discard"))
    assert answer.text == "1 file discarded."
    await sweep(slack)
    assert len(stored(tmp_path)) == 1
    async with slack.office.database.transaction() as session:
        await erase(session, "loan", [loan.id])
    await sweep(slack)
    assert stored(tmp_path) == []
    await slack.later(days=7, seconds=1)
    assert await slack.rows(StoredFile) == []


@pytest.mark.usefixtures("loan")
async def test_files_that_nobody_files_are_deleted_after_a_week(slack: Slack, tmp_path: Path) -> None:
    await send(slack, upload(slack, "1.jpg"))
    await slack.deliver()
    await slack.later(days=7, seconds=1)
    await sweep(slack)
    assert (await slack.rows(StoredFile), stored(tmp_path)) == ([], [])


async def sweep(slack: Slack) -> None:
    for shard in range(256):
        await slack.service.sweeper.sweep(shard)


@pytest.mark.usefixtures("loan")
async def test_of_filing_and_discarding_at_once_only_one_happens(slack: Slack) -> None:
    await send(slack, upload(slack, "1.jpg"), text="A-1 id")
    await slack.deliver()
    batch_id = (await slack.rows(StoredFile))[0].batch_id
    both_begun = asyncio.Barrier(2)

    async def act(what: Callable[[Desk, UUID], Awaitable[object]]) -> None:
        async with slack.office.desk(slack.workspace, slack.agent) as desk:
            await own_batch(desk, batch_id)
            if not slack.office.database.is_sqlite:  # SQLite lets one transaction write after the other
                await both_begun.wait()
            await what(desk, batch_id)

    ends = await asyncio.gather(act(file_as_wished), act(discard_batch), return_exceptions=True)
    [refused] = [end for end in ends if end is not None]
    assert isinstance(refused, Conflict)
    [row] = await slack.rows(StoredFile)
    assert (row.state == "filed") == (row.blob_id is not None)


@pytest.mark.usefixtures("loan")
async def test_a_file_of_another_member_is_not_theirs_to_file(slack: Slack) -> None:
    await send(slack, upload(slack, "1.jpg"), text="A-1 id")
    await slack.deliver()
    [row] = await slack.rows(StoredFile)
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        with pytest.raises(NotFound):
            await file_as_wished(desk, row.batch_id)
    async with slack.office.database.reading() as session:
        assert (await session.exec(select(DocumentItem))).all() == []
