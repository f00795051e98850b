"""Lists and case files as files in Slack, where the workspace's setting allows it. Now is Wednesday 10:00."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from sqlmodel import select

from bot.commands.doctor import examine
from bot.manifest import manifest
from desk.core.errors import NotFound
from desk.files import slack_uploads
from desk.files.slack_uploads import HELD_FOR, LARGEST
from sandbox.files import SlackFile
from storage.tables import AuditEntry, Loan, Member, SlackUpload, StoredFile, Workspace
from tests.builders import make_loan
from tests.wire.conftest import settings_for
from tests.wire.exporting import Downloads, make, rows_of_csv
from tests.wire.office_day import SIGNING_SECRET, TOKEN, Slack, buttons, shown

PUBLIC_URL = "https://desk.example.com"
SEND = {"en": "Send it here", "zh": "发到这里"}


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[Downloads]:
    async with aiohttp.ClientSession() as session:
        yield Downloads(slack, session)


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")


async def allow(slack: Slack, choice: str = "sent") -> str:
    """Set in the form of the workspace's settings how exported lists reach people. Return what the admin reads."""
    assert (await slack.press(slack.admin, slack.posts(slack.admin)[0], "Language and country")).error == ""
    form = slack.sandbox.modal_of(slack.admin.slack_user_id)
    await form.fill("Exported lists and case files", choice)
    assert (await form.submit()).errors == {}
    return form.text


async def exported(slack: Slack) -> None:
    """Have the manager export the loans as CSV."""
    await slack.command(slack.manager, "/loan export csv")
    await make(slack)


async def send(slack: Slack, who: Member, label: str = "Send it here") -> str:
    """Press the button of the last file that was made. Return what it answers."""
    return shown(await slack.press(who, slack.posts(who)[-1], label)).text


async def work(slack: Slack) -> None:
    """Do what the worker does, and deliver what it says."""
    while await slack.service.uploads.round():
        pass
    await slack.deliver()


def files_of(slack: Slack, who: Member) -> list[SlackFile]:
    """Return the files that the bot has shown to a member."""
    files = slack.sandbox.workspace.files
    return [files[each["id"]] for post in slack.posts(who) for each in post.files]


async def acts(slack: Slack) -> list[str]:
    """Return the acts of the trail that say something of files in Slack."""
    return [row.act for row in await slack.rows(AuditEntry) if "in_slack" in row.act or row.act == "file_refused"]


@pytest.mark.usefixtures("loan")
async def test_without_the_setting_no_file_is_sent_and_the_press_of_an_old_button_is_refused(slack: Slack) -> None:
    await exported(slack)
    assert buttons(slack.posts(slack.manager)[-1]) == ["Open the file"]

    await allow(slack)
    await exported(slack)
    old = slack.posts(slack.manager)[-1]
    assert "From now on" in await allow(slack, "link")
    answer = shown(await slack.press(slack.manager, old, "Send it here"))
    await work(slack)

    assert "Files are not sent in Slack here" in answer.text
    assert (await slack.rows(SlackUpload), files_of(slack, slack.manager), await acts(slack)) == ([], [], [])


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_manager_has_a_list_sent_and_the_trail_says_so(slack: Slack, browser: Downloads, language: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
        slack.people["manager"] = await slack.member(slack.manager.slack_user_id)
    said = await allow(slack)
    assert "exported lists and case files can be sent as files in Slack" in said
    await exported(slack)

    answer = await send(slack, slack.manager, SEND[language])
    assert ("I'm sending the file here" if language == "en" else "正在把文件发到这里") in answer
    await work(slack)

    [file] = files_of(slack, slack.manager)
    assert file.channels == [slack.sandbox.dm(slack.manager.slack_user_id).id]
    assert file.name.endswith("-20261125-100000.csv")
    assert rows_of_csv(file.content)[1][:2] == ["A-1", "王小明"]
    assert await acts(slack) == ["ask_file_in_slack", "file_in_slack"]
    sent = next(row for row in await slack.rows(AuditEntry) if row.act == "file_in_slack")
    assert sent.actor_id == slack.manager.id
    assert sent.details["slack_file"] == file.id
    assert sent.details["sha256"]
    trail = (await slack.command(slack.compliance, "/loan-audit today")).text
    assert "had a file sent in Slack" in trail
    settings = [row.details for row in await slack.rows(AuditEntry) if row.act == "workspace_settings"]
    assert [each["files_in_slack"] for each in settings] == [True]


@pytest.mark.usefixtures("loan")
async def test_a_case_file_is_sent_too_and_pressing_twice_sends_one(slack: Slack) -> None:
    await allow(slack)
    await slack.command(slack.manager, "/loan-case A-1")
    while await slack.service.cases.round():
        pass
    await slack.deliver()
    assert buttons(slack.posts(slack.manager)[-1]) == ["Open the case file", "Send it here"]

    await send(slack, slack.manager)
    await send(slack, slack.manager)
    await work(slack)

    [file] = files_of(slack, slack.manager)
    assert file.content.startswith(b"PK")
    assert file.name.startswith("case-A-1-")
    opened = next(row for row in await slack.rows(AuditEntry) if row.act == "file_in_slack")
    assert opened.loan_id is not None


@pytest.mark.usefixtures("loan")
async def test_two_presses_at_the_same_time_send_one_file(slack: Slack) -> None:
    await allow(slack)
    await exported(slack)
    [file] = [each for each in await slack.rows(StoredFile) if each.state == "made"]

    conversation = slack.sandbox.dm(slack.manager.slack_user_id).id

    async def ask() -> None:
        async with slack.office.desk(slack.workspace) as desk:
            desk.actor = slack.manager
            await slack_uploads.ask_upload(desk, file.id, conversation)

    async with slack.office.desk(slack.workspace) as desk:
        desk.actor = slack.manager
        await slack_uploads.ask_upload(desk, file.id, conversation)
        await desk.session.flush()
        second = asyncio.create_task(ask())
        await asyncio.wait([second], timeout=0.5)  # it waits for the first, or else is done by then
    await second
    await work(slack)

    assert len(files_of(slack, slack.manager)) == 1
    assert await acts(slack) == ["ask_file_in_slack", "file_in_slack"]


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
@pytest.mark.parametrize("kind", ["500", "429", "lost_answer"])
async def test_a_fault_of_slack_delays_a_file_and_never_doubles_it(slack: Slack, method: str, kind: str) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    slack.sandbox.faults.next(method, kind)
    await work(slack)
    assert await acts(slack) == ["ask_file_in_slack"]

    slack.clock.advance(minutes=1)
    await work(slack)

    [file] = files_of(slack, slack.manager)
    assert rows_of_csv(file.content)[1][0] == "A-1"
    assert await acts(slack) == ["ask_file_in_slack", "file_in_slack"]


@pytest.mark.usefixtures("loan")
async def test_bytes_that_slack_does_not_take_are_sent_again_and_given_up_after_three_tries(slack: Slack) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    slack.sandbox.uploads.status.extend((500, 413, 500))
    for _ in range(3):
        await work(slack)
        slack.clock.advance(minutes=1)

    assert files_of(slack, slack.manager) == []
    last = slack.posts(slack.manager)[-1]
    assert "Slack did not take it. Press “Send it here” once more, or open it with a link." in last.text
    assert buttons(last) == ["Open the file"]

    ready = next(post for post in slack.posts(slack.manager) if "Send it here" in buttons(post))
    await slack.press(slack.manager, ready, "Send it here")
    await work(slack)
    assert len(files_of(slack, slack.manager)) == 1


@pytest.mark.usefixtures("loan")
async def test_a_worker_that_is_stopped_while_it_sends_is_followed_by_another(
    slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    begun = asyncio.Event()

    async def stuck(*_: object) -> bool:
        begun.set()
        await asyncio.Event().wait()
        return True

    with monkeypatch.context() as patched:
        patched.setattr(slack_uploads, "note_begun", stuck)
        dying = asyncio.create_task(slack.service.uploads.round())
        await begun.wait()
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)

    await work(slack)
    assert files_of(slack, slack.manager) == []
    slack.clock.advance(seconds=HELD_FOR / timedelta(seconds=1))
    await work(slack)
    assert len(files_of(slack, slack.manager)) == 1


@pytest.mark.usefixtures("loan")
async def test_without_the_scope_the_member_hears_what_is_missing(slack: Slack) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    written = manifest(f"http://127.0.0.1:{slack.service.port}", files=True)
    slack.sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN, withhold=("files:write",))
    await work(slack)

    assert files_of(slack, slack.manager) == []
    assert "the scope files:write is missing" in slack.texts(slack.manager)[-1]


async def test_the_doctor_asks_for_the_scope_only_where_files_are_sent(
    slack: Slack, database_url: str, tmp_path: Path
) -> None:
    settings = settings_for(slack.sandbox, database_url, public_url=PUBLIC_URL, files=str(tmp_path))

    async def scopes() -> str:
        return next(iter([each.words async for each in examine(settings, slack.clock) if each.subject == "scopes"]))

    assert await scopes() == "all are granted"
    written = manifest("http://127.0.0.1:9", files=True)
    slack.sandbox.install(manifest=written, signing_secret=SIGNING_SECRET, token=TOKEN, withhold=("files:write",))
    assert await scopes() == "all are granted"
    async with slack.office.database.transaction() as session:
        (await session.get_one(Workspace, slack.workspace.id)).files_in_slack = True
    assert "missing: files:write (to send an exported list" in await scopes()


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize("lost", ["role", "setting"])
async def test_who_loses_the_right_before_it_is_sent_does_not_get_it(slack: Slack, lost: str) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    if lost == "role":
        await slack.change(slack.manager, roles="verifier")
    else:
        await allow(slack, "link")
    await work(slack)

    assert files_of(slack, slack.manager) == []
    assert await acts(slack) == ["ask_file_in_slack", "file_refused"]
    assert "You may not have it any more" in slack.texts(slack.manager)[-1]


@pytest.mark.usefixtures("loan")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_file_that_is_larger_than_slack_takes_is_not_sent(slack: Slack, language: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
        slack.people["manager"] = await slack.member(slack.manager.slack_user_id)
    await allow(slack)
    await exported(slack)
    async with slack.office.desk(slack.workspace) as desk:
        [file] = [each for each in (await desk.session.exec(select(StoredFile))).all() if each.state == "made"]
        file.size = LARGEST + 1
        desk.add(file)

    answer = await send(slack, slack.manager, SEND[language])

    assert ("Slack takes no file of more than 1 GB" if language == "en" else "1 GB") in answer
    assert await slack.rows(SlackUpload) == []


@pytest.mark.usefixtures("loan")
async def test_nobody_has_the_file_of_another_sent(slack: Slack) -> None:
    await allow(slack)
    await exported(slack)
    [file] = [each for each in await slack.rows(StoredFile) if each.state == "made"]
    for who, channel, code in ((slack.agent, "D1", "unknown_file"), (slack.manager, "CDESK", "press_unknown")):
        async with slack.office.desk(slack.workspace) as desk:
            desk.actor = who
            with pytest.raises(NotFound, match=code):
                await slack_uploads.ask_upload(desk, file.id, channel)
    assert await slack.rows(SlackUpload) == []


@pytest.mark.usefixtures("loan")
async def test_the_log_names_no_file(slack: Slack, log: io.StringIO) -> None:
    await allow(slack)
    await exported(slack)
    await send(slack, slack.manager)
    await work(slack)
    assert "file_sent" in log.getvalue()
    assert files_of(slack, slack.manager)[0].name not in log.getvalue()
