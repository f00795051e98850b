"""A manager or an admin sends a file to import: it is tried, then imported at a press. Now is Wednesday 10:00."""

import asyncio
import csv
import io
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import xlsxwriter
from sqlmodel import select

from bot import importer
from bot.importer import Importer
from desk.importing import ahead, batches, progress
from desk.importing.file_contents import Content
from desk.importing.progress import Tried
from desk.importing.reading.how_far import Tell
from desk.importing.working import HeldFile
from sandbox.elements import find_element
from sandbox.model import Message
from storage.tables import AuditEntry, FileImport, ImportRefusal, Loan, Member, Payment, StoredFile
from tests.builders import make_loan
from tests.sample_files import JPEG
from tests.wire.office_day import Slack, buttons, given, shown

PUBLIC_URL = "https://desk.example.com"

HEADER = "number,name,phone,stage,owner,note"


def row(number: int, *, phone: str = "", owner: str = "UAGENT") -> str:
    return f"A-{number},王小明,{phone or f'1380013{number:04}'},disbursed,{owner},x"


def table(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


async def send(slack: Slack, who: Member, content: bytes, name: str = "loans.csv", text: str = "") -> None:
    """Send a file to the bot, and let the worker look at it."""
    user = who.slack_user_id
    slack.sandbox.send_files(user, slack.sandbox.dm(user), slack.sandbox.upload(user, name, content), text=text)
    before = len(slack.texts(who))
    await slack.sandbox.wait_for(lambda: len(slack.texts(who)) > before)
    await slack.sandbox.events.wait_until_delivered()
    await slack.deliver()


def told(slack: Slack, who: Member) -> Message:
    """Return the message about the import."""
    return next(
        message for message in reversed(slack.posts(who)) if "import." in str(message.blocks) or "·" in message.text
    )


async def opened(slack: Slack, link: Message) -> bytes:
    """Return what the page of a link gives for its code."""
    _, button = find_element(link.blocks, "files.follow#1")
    code = re.search(r"\d{3} \d{3}", link.text)
    assert code is not None
    here = f"http://127.0.0.1:{slack.service.port}{urlsplit(button['url']).path}"
    async with aiohttp.ClientSession() as session, session.post(here, data={"code": code[0]}) as answer:
        assert answer.status == 200
        return await answer.read()


async def press(slack: Slack, who: Member, what: str) -> None:
    """Press a button of the message about the import, and let the worker work."""
    answer = await slack.press(who, told(slack, who), what)
    assert answer.error == ""
    await slack.deliver()


async def test_a_file_is_tried_first_and_imported_at_a_press(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1), row(2)))

    assert told(slack, slack.manager).text.splitlines() == [
        "loans.csv · checked, not imported yet",
        "Loans, 2 rows. Nothing is saved yet; this would happen:",
        "• new 2",
        "Columns that are imported:",
        *(f"• {heading}: new 2" for heading in ("number", "name", "phone", "stage", "owner")),
        "Columns that I don't know, not imported: note",
        "Names as they were read: 王小明",
    ]
    assert buttons(told(slack, slack.manager)) == ["Import", "Cancel"]
    assert await slack.rows(Loan) == []

    await press(slack, slack.manager, "Import")

    assert told(slack, slack.manager).text.splitlines() == ["loans.csv · imported", "• new 2"]
    assert [(loan.number, loan.updated_at) for loan in await slack.rows(Loan)] == [
        ("A-1", slack.clock.now()),
        ("A-2", slack.clock.now()),
    ]
    assert "2 new loans of yours came with a file." in slack.texts(slack.agent)[-1]
    assert await slack.rows(StoredFile) == []


async def test_a_file_with_refused_rows_is_imported_but_for_these_and_they_come_to_be_mended(slack: Slack) -> None:
    await slack.in_chinese(slack.manager)
    await send(slack, slack.manager, table(row(1), row(2, phone="12345"), "@A-3,,1,申请,,"), "贷款.csv")

    assert told(slack, slack.manager).text.splitlines()[3:] == [
        "会导入的列：",
        "• number: 新增 1",
        "• name: 新增 1 · 拒绝 1",
        "• phone: 新增 1 · 拒绝 2",
        "• stage: 新增 1",
        "• owner: 新增 1",
        "无法识别、未导入的列：note",
        "读到的姓名：王小明",
        "2 行不能导入：",
        "• 第3行 · phone：12345 不是有效的电话号码",
        "• 第4行 · phone：1 不是有效的电话号码；name：为空",
        "请改好文件重新发送，或先导入没有问题的行。",
    ]
    assert buttons(told(slack, slack.manager)) == ["只导入没有问题的行", "未导入的行", "取消"]
    await press(slack, slack.manager, "只导入没有问题的行")

    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1"]
    assert told(slack, slack.manager).text.splitlines()[:3] == [
        "贷款.csv · 已导入",
        "• 新增 1 · 拒绝 2",
        "2 行不能导入：",
    ]
    link = shown(await slack.press(slack.manager, told(slack, slack.manager), "未导入的行"))
    body = await opened(slack, link)
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert lines[0] == [*HEADER.split(","), "文件中的行", "原因"]
    assert lines[1] == ["A-2", "王小明", "12345", "disbursed", "UAGENT", "x", "3", "phone：12345 不是有效的电话号码"]
    assert lines[2][0] == "'@A-3"

    mended = "\n".join([",".join(lines[0]), ",".join([*lines[1][:2], "13800130002", *lines[1][3:]]), ""])
    await send(slack, slack.manager, mended.encode(), "mended.csv")
    assert "• 新增 1" in told(slack, slack.manager).text


@pytest.mark.parametrize("who", ["manager", "admin"])
async def test_all_refused_rows_are_listed_in_slack_page_by_page(slack: Slack, who: str) -> None:
    """Also where no page can be opened; an admin reads numbers of rows and reasons."""
    sender = slack.people[who]
    await send(slack, sender, table(row(0), *(f"A-{n},王小明,12345,申请,UAGENT,x" for n in range(1, 13))))
    list_of_all = await slack.press(sender, told(slack, sender), "List the refused rows")
    first = shown(list_of_all)
    phone = "12345" if who == "manager" else "•••"
    assert first.text.splitlines()[1] == "1–10 of 12"
    assert f"Line 3 · phone: {phone} isn't a valid phone number" in first.text
    following = shown(await slack.press(sender, first, "Next page"))
    assert [line.split(" · ")[0] for line in following.text.splitlines() if "Line" in line] == [
        "• Line 13",
        "• Line 14",
    ]
    assert buttons(following) == ["Previous page", *(["As a table"] if who == "manager" else [])]
    assert ("王" in first.text + following.text, "A-1" in first.text) == (False, False)
    read = [entry.details["rows"] for entry in await slack.rows(AuditEntry) if entry.act == "import_rows_read"]
    assert read == ([10, 2] if who == "manager" else [])


async def test_an_admin_sees_counts_columns_rows_and_reasons_but_no_name_and_no_number(slack: Slack) -> None:
    await send(
        slack, slack.admin, table(row(1), "A-77,王大明,12345,申请,UAGENT,x", "A-1,李雷,13800138000,申请,nobody,x")
    )

    text = told(slack, slack.admin).text
    assert "Loans, 1 row" in text
    assert "Line 3 · phone: ••• isn't a valid phone number" in text
    assert "Line 2 · number: ••• appears in this file more than once, also in line 4" in text
    assert not any(secret in text for secret in ("王", "李雷", "12345", "A-77", "A-1", "nobody"))
    assert buttons(told(slack, slack.admin)) == ["Cancel"]
    kept = str([row.model_dump() for table in (FileImport, ImportRefusal) for row in await slack.rows(table)])
    assert not any(secret in kept for secret in ("王大明", "12345", "A-77"))


async def test_an_agents_table_is_not_taken(slack: Slack) -> None:
    await send(slack, slack.agent, table(row(1)))
    assert slack.texts(slack.agent)[-1].endswith(
        "not taken: tables are imported by managers and admins. Give it to one of them."
    )
    assert await slack.rows(FileImport) == []


async def test_an_admin_sends_no_documents(slack: Slack) -> None:
    await send(slack, slack.admin, JPEG, "photo.csv")
    assert "not taken: it is no table." in slack.texts(slack.admin)[-1]


async def test_the_form_at_home_takes_a_file_too(slack: Slack) -> None:
    await slack.sandbox.open_home("UADMIN")
    await slack.sandbox.home_of("UADMIN").press("Import")
    form = slack.sandbox.modal_of("UADMIN")
    await form.fill("Files", [slack.sandbox.upload("UADMIN", "loans.csv", table(row(1)))])
    await form.submit()
    assert "I'm fetching 1 file." in slack.sandbox.modal_of("UADMIN").text
    await slack.deliver()
    await press(slack, slack.admin, "Import")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1"]
    await slack.sandbox.open_home("UMANAGER")
    assert "loans.csv · Admin · Wed 25 Nov 10:00 · imported · new 1" in slack.sandbox.home_of("UMANAGER").text


async def test_the_same_bytes_again_wait_for_a_word(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1)))
    await press(slack, slack.manager, "Import")
    await send(slack, slack.manager, table(row(1)), "again.csv")
    assert told(slack, slack.manager).text == (
        "again.csv · imported before\n"
        "This file was imported on Wed 25 Nov 10:00. What has not changed since stays as it is."
    )
    await press(slack, slack.manager, "Check it again")
    assert "• unchanged 1" in told(slack, slack.manager).text
    await press(slack, slack.manager, "Cancel")
    assert told(slack, slack.manager).text == "again.csv · cancelled\nNothing was imported."
    assert await slack.rows(StoredFile) == []


async def test_payments_are_imported_alike(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await send(slack, slack.manager, table("A-1,2026-11-20,100.00", "A-9,2026-11-20,5", header="number,date,amount"))
    assert "Payments, 2 rows." in told(slack, slack.manager).text
    assert "• Sum: CN¥100.00" in told(slack, slack.manager).text
    await press(slack, slack.manager, "Import the good rows")
    assert [str(payment.amount) for payment in await slack.rows(Payment)] == ["100.00"]
    assert "Line 3 · number: there is no loan A-9" in told(slack, slack.manager).text


async def test_what_is_no_table_is_refused_by_name(slack: Slack) -> None:
    await send(slack, slack.manager, b"hello\nworld\n", "notes.txt")
    assert told(slack, slack.manager).text.splitlines()[0] == "notes.txt · not imported"
    await send(slack, slack.manager, "number,name,phone,stage\nA-1,Muñoz,13800138000,申请\n".encode("cp1252", "ignore"))
    assert told(slack, slack.manager).text.endswith("Save the sheet as CSV UTF-8 and send it again.")
    assert "loandesk import" not in told(slack, slack.manager).text
    assert await slack.rows(StoredFile) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("loans.xls", b"<html><body><table><tr><td>A-1", "is HTML"),
        ("loans.csv", HEADER.encode() + b"\nA-1,\0,1,", "isn't a CSV file"),
        ("loans.xlsx", b"PK\x03\x04" + bytes(200), "is damaged"),
    ],
)
async def test_what_a_table_only_seems_to_be_is_said(slack: Slack, name: str, content: bytes, words: str) -> None:
    await send(slack, slack.manager, content, name)
    lines = told(slack, slack.manager).text.splitlines()
    assert (lines[0], words in lines[1]) == (f"{name} · not imported", True)
    assert await slack.rows(StoredFile) == []


async def test_a_text_in_utf16_without_its_mark_is_imported(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1)).decode().encode("utf-16-le"))
    await press(slack, slack.manager, "Import")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1"]


async def test_an_old_button_says_that_the_import_went_on(slack: Slack) -> None:
    await send(slack, slack.manager, table(row(1)))
    before = told(slack, slack.manager)
    await slack.press(slack.manager, before, "Import")
    again = await slack.press(slack.manager, before, "Cancel")
    assert "This import has gone on meanwhile." in given(again.shown).text


async def test_a_stopped_import_goes_on_where_it_was(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "BATCH", 2)
    monkeypatch.setattr(ahead, "_MOST", 2)
    await send(slack, slack.manager, table(*(row(n) for n in range(6))))
    await slack.press(slack.manager, told(slack, slack.manager), "Import")
    writer = batches._LoanWriter
    write, written = writer.write, 0

    async def write_and_stop(self: Any, batch: Any) -> Any:
        nonlocal written
        result = await write(self, batch)
        written += 1
        if written == 2:
            await slack.service.sender.deliver_pending()
            assert "being imported · 66 %" in told(slack, slack.manager).text
            await slack.press(slack.manager, told(slack, slack.manager), "Stop")
        return result

    monkeypatch.setattr(writer, "write", write_and_stop)
    await slack.deliver()
    assert len(await slack.rows(Loan)) == 4
    assert told(slack, slack.manager).text.splitlines() == [
        "loans.csv · stopped · 66 %",
        "You can go on from there.",
        "4 of 6 rows are imported.",
        "• new 4",
    ]
    await press(slack, slack.manager, "Go on")
    assert told(slack, slack.manager).text.splitlines() == ["loans.csv · imported", "• new 6"]
    assert len(await slack.rows(Loan)) == 6
    assert len([text for text in slack.texts(slack.agent) if "came with a file" in text]) == 1


UNCERTAIN = "number,name,phone,stage,owner,贷款时间"
"""The last column may be the time of an application or of a payout: what its cells say decides nothing."""


async def test_what_a_column_is_is_asked_once_and_remembered(slack: Slack) -> None:
    rows = (f"{row(1).rpartition(',')[0]},36", f"{row(2).rpartition(',')[0]},24个月前")
    await send(slack, slack.manager, table(*rows, header=UNCERTAIN))
    assert told(slack, slack.manager).text.splitlines()[:2] == [
        "loans.csv · a question is open",
        "I don't know for certain what these columns are:",
    ]
    assert buttons(told(slack, slack.manager)) == ["Answer", "Cancel"]
    assert await slack.rows(ImportRefusal) == []

    await slack.press(slack.manager, told(slack, slack.manager), "Answer")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("What is 贷款时间?", "-")
    await form.submit()
    assert "I'm reading the file now" in slack.sandbox.modal_of("UMANAGER").text
    await slack.deliver()
    assert told(slack, slack.manager).text.splitlines()[0] == "loans.csv · checked, not imported yet"
    await press(slack, slack.manager, "Import")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1", "A-2"]

    await send(slack, slack.admin, table(*rows, rows[0].replace("A-1", "A-3"), header=UNCERTAIN), "next.csv")
    assert told(slack, slack.admin).text.splitlines()[0] == "next.csv · checked, not imported yet"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_two_columns_of_the_very_same_heading_are_asked_by_their_letters(slack: Slack, language: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
    words = {"en": ("Answer", "What is {}?", "Import"), "zh": ("回答", "{} 是什么？", "导入")}[language]
    rows = ["A-1,王小明,12345,disbursed,13800138000,UAGENT"]
    await send(slack, slack.manager, table(*rows, header="number,name,电话,stage,电话,owner"))
    assert "• 电话 (C)" in told(slack, slack.manager).text

    await slack.press(slack.manager, told(slack, slack.manager), words[0])
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill(words[1].format("电话 (C)"), "-")
    await form.fill(words[1].format("电话 (E)"), "phone")
    await form.submit()
    await slack.deliver()
    text = told(slack, slack.manager).text
    assert ("电话 (C): not imported, as you said" if language == "en" else "电话 (C)：按您的说明不导入") in text
    await press(slack, slack.manager, words[2])
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-1"]


async def test_a_workbook_with_two_sheets_asks_which_is_meant(slack: Slack) -> None:
    await send(slack, slack.manager, workbook({"October": [row(1)], "November": [row(2), row(3)]}), "loans.xlsx")
    assert "Several sheets may be meant: October, November." in told(slack, slack.manager).text
    await slack.press(slack.manager, told(slack, slack.manager), "Answer")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("Which sheet?", "1")
    await form.submit()
    await slack.deliver()
    await press(slack, slack.manager, "Import")
    assert [loan.number for loan in await slack.rows(Loan)] == ["A-2", "A-3"]


async def test_zeros_and_formulas_of_refused_rows_come_back_as_they_were(slack: Slack) -> None:
    """In a spreadsheet `00123` would be 123, and `="00124"` a formula."""
    bad = ["00123,=1+1,1,disbursed,UAGENT,x", '"=""00124""", ＝1+1,1,disbursed,UAGENT,x']
    await send(slack, slack.manager, table(row(1), *bad))
    body = await opened(slack, shown(await slack.press(slack.manager, told(slack, slack.manager), "Refused rows")))
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert [line[:2] for line in lines[1:]] == [['="00123"', "'=1+1"], ['="00124"', "'＝1+1"]]

    mended = body.decode("utf-8-sig").replace(",1,disbursed", ",13800138009,disbursed").replace("'=1+1", "李雷")
    await send(slack, slack.manager, mended.encode(), "mended.csv")
    await press(slack, slack.manager, "Import")
    assert sorted(loan.number for loan in await slack.rows(Loan)) == ["00123", "00124"]


async def test_the_message_says_how_the_file_was_read_where_that_is_not_plain(slack: Slack) -> None:
    """A total that is left out, a heading that was asked about before, and the sheet."""
    header, good = UNCERTAIN, f"{row(1).rpartition(',')[0]},24个月前"
    await send(slack, slack.manager, workbook({"十一月": [good, header, "合计（共1笔）,,,,,"]}, header), "a.xlsx")
    await slack.press(slack.manager, told(slack, slack.manager), "Answer")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("What is 贷款时间?", "-")
    await form.submit()
    await slack.deliver()
    lines = told(slack, slack.manager).text.splitlines()
    assert lines[3:7] == [
        "Sheet: 十一月",
        "贷款时间: not imported, as you said",
        "Left out as totals: line 4",
        "Left out as headings that are repeated: line 3",
    ]


def workbook(sheets: dict[str, list[str]], header: str = HEADER) -> bytes:
    """Return an XLSX with these sheets of rows below the headings."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for place, line in enumerate([header, *rows]):
            for column, cell in enumerate(line.split(",")):
                sheet.write_string(place, column, cell)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_message_says_how_much_of_a_file_is_tried(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
    monkeypatch.setattr(batches, "BATCH", 1)
    for number in range(1, 5):
        await make_loan(slack.office, slack.workspace, f"A-{number}", owner=slack.agent)
    said: list[str] = []
    note = Tried._note

    async def note_and_show(tried: Tried) -> None:
        await note(tried)
        await slack.service.sender.deliver_pending()
        said.append(told(slack, slack.manager).text.splitlines()[0])

    monkeypatch.setattr(Tried, "_note", note_and_show)
    notes = [f"A-{number},2026-11-20,something" for number in range(1, 5)]
    await send(slack, slack.manager, table(*notes, header="number,note date,note"), "notes.csv")

    checked = "being checked · {} %" if language == "en" else "正在检查 · {}%"
    assert said == [f"notes.csv · {checked.format(percent)}" for percent in (0, 25, 50, 75)]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_message_says_how_much_of_a_file_is_read(
    slack: Slack, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    if language == "zh":
        await slack.in_chinese(slack.manager)
    said: list[str] = []
    read = Importer._read

    async def read_slowly(worker: Importer, file: HeldFile, tell: Tell) -> Content:
        tell(40)
        while [each.read_percent for each in await slack.rows(FileImport)] != [40]:  # noqa: ASYNC110  (the database tells nobody)
            await asyncio.sleep(0)
        await slack.service.sender.deliver_pending()
        said.append(told(slack, slack.manager).text.splitlines()[0])
        return await read(worker, file, tell)

    monkeypatch.setattr(Importer, "_read", read_slowly)
    monkeypatch.setattr(importer, "TOLD_EVERY", 0.0)
    await send(slack, slack.manager, table(row(1)))

    assert said == [f"loans.csv · {'being read · 40 %' if language == 'en' else '正在读取 · 40%'}"]


async def test_what_people_should_know_of_rows_is_in_the_message(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MOST_REMARKS", 6)
    await send(slack, slack.manager, table(*(row(number) for number in range(1, 8))))
    await press(slack, slack.manager, "Import")
    for number in range(1, 8):
        await slack.command(slack.manager, f"/loan edit A-{number} name 李改{number}")

    await send(slack, slack.manager, table(*(row(number).replace("小", "大") for number in range(1, 8))), "again.csv")
    lines = told(slack, slack.manager).text.splitlines()
    begin = lines.index("7 remarks:")
    kept = "name: is now 王大明, as the file says. It was corrected here to 李改1 before."
    assert lines[begin + 1] == f"• Line 2 · A-1 · {kept}"
    assert lines[begin + 6] == "and 2 more"
    every = shown(await slack.press(slack.manager, told(slack, slack.manager), "List the remarks"))
    assert sum("Line" in line for line in every.text.splitlines()) == 6
    assert every.text.splitlines()[-1] == "The others were counted only."
    assert buttons(every) == []
    stored = str([each.model_dump() for each in await slack.rows(FileImport)])
    assert "李改" not in stored

    async with slack.office.database.transaction() as session:
        for each in await session.exec(select(FileImport)):
            each.remarks_cipher = None
    gone = await slack.press(slack.manager, told(slack, slack.manager), "List the remarks")
    assert shown(gone).text == "The remarks were kept for a week. Send the file again to see them."

    await press(slack, slack.manager, "Import")
    assert f"• Line 2 · A-1 · {kept}" in told(slack, slack.manager).text.splitlines()
    slack.clock.advance(days=8)
    await slack.deliver()
    assert all(each.remarks_cipher is None and each.sample_cipher is None for each in await slack.rows(FileImport))


async def test_an_admin_hears_of_remarks_and_not_what_they_say(slack: Slack) -> None:
    await send(slack, slack.admin, table(row(1)))
    await press(slack, slack.admin, "Import")
    await slack.command(slack.manager, "/loan edit A-1 name 李改")
    await send(slack, slack.admin, table(row(1).replace("小", "大")), "again.csv")
    text = told(slack, slack.admin).text
    assert "1 remark:" in text
    assert "Managers see what they say." in text
    assert "李改" not in text
    assert "王大明" not in text


@pytest.mark.parametrize(
    ("header", "lines", "counts"),
    [
        ("number,payment date,amount,reference", ("A-1,2026-11-20,100,p1", "A-9,2026-11-20,1,p2"), "amount: new 1"),
        ("number,note date,note", ("A-1,2026-11-20,hello", "A-1,2026-11-21,"), "note: new 1 · refused 1"),
    ],
)
async def test_what_would_become_of_each_column_is_said_of_every_kind(
    slack: Slack, header: str, lines: tuple[str, ...], counts: str
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="disbursed")
    await send(slack, slack.manager, table(*lines, header=header))
    assert f"• {counts}" in told(slack, slack.manager).text.splitlines()
