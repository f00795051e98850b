"""A manager or an admin sends a file to import: it is tried, then imported at a press. Now is Wednesday 10:00."""

import csv
import io
from typing import Any

import pytest

from desk.importing import ahead, batches
from storage.tables import AuditEntry, FileImport, ImportRefusal, Loan, Payment, StoredFile
from tests.builders import make_loan
from tests.sample_files import JPEG
from tests.wire.office_day import Slack, buttons, given, shown
from tests.wire.sending_tables import HEADER, opened, press, row, send, table, told

PUBLIC_URL = "https://desk.example.com"


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


"""The last column may be the time of an application or of a payout: what its cells say decides nothing."""


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
