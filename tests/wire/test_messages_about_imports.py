"""What the message about a file that was sent says and asks before it is imported. Now is Wednesday 10:00."""

import asyncio
import io

import pytest
import xlsxwriter
from sqlmodel import select

from bot import importer
from bot.importer import Importer
from desk.importing import batches, progress
from desk.importing.file_contents import Content
from desk.importing.progress import Tried
from desk.importing.reading.how_far import Tell
from desk.importing.working import HeldFile
from storage.tables import FileImport, ImportRefusal, Loan
from tests.builders import make_loan
from tests.wire.office_day import Slack, buttons, shown
from tests.wire.sending_tables import HEADER, press, row, send, table, told

PUBLIC_URL = "https://desk.example.com"

UNCERTAIN = "number,name,phone,stage,owner,贷款时间"


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
