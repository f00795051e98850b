"""Lists as files: `export` behind a command, the button, the worker, the link. Now is Wednesday 25 November 2026, 10:00."""

import asyncio
import base64
import json
from datetime import UTC, datetime

import pytest

from desk.core.errors import NotAllowed
from desk.exports import figures
from desk.exports.asking import MOST_WAITING, ask_export
from desk.exports.rows import Wanted
from desk.files.upkeep import UNFILED_FOR
from desk.follow_ups import arrears_queue
from storage.engine.types import new_id
from storage.tables import AuditEntry, ExportedLoan, ListExport, StoredFile
from tests.builders import (
    make_call,
    make_follow_up,
    make_loan,
    make_loan_in_arrears,
)
from tests.wire.exporting import Downloads, browser, column, make, rows_of_csv, rows_of_xlsx
from tests.wire.office_day import Slack, buttons, given, shown
from tests.wire.worlds import make_world

__all__ = ["browser"]

PUBLIC_URL = "https://desk.example.com"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_manager_has_the_arrears_of_the_team_as_a_workbook_with_real_dates_and_numbers(
    slack: Slack, browser: Downloads, language: str
) -> None:
    await make_loan_in_arrears(
        slack.office, slack.workspace, "A-1", owner=slack.agent, purposes=["overdue"], name="王小明"
    )
    await make_loan(slack.office, slack.workspace, "B-2", owner=slack.agent, name="李四")
    await slack.command(slack.agent, "/loan edit A-1 contact lawyer")
    line = "/loan-due arrears team export"
    if language == "zh":
        await slack.in_chinese(slack.manager)
        slack.people["manager"] = await slack.member(slack.manager.slack_user_id)
        line = "/loan-due 逾期 团队 导出"
    asked = (await slack.command(slack.manager, line)).text
    assert ("I'm making a file of the list in arrears: Excel" if language == "en" else "正在导出") in asked
    await make(slack)
    ready = slack.texts(slack.manager)[-1]
    assert ("The file of the list in arrears is ready: Excel, 1 row" if language == "en" else "已备好") in ready
    assert "王" not in ready
    rows = rows_of_xlsx(await browser.download(slack.manager))
    headings = ["Loan", "Borrower", "Phone", "States", "Days past due", "Unpaid since"]
    if language == "zh":
        headings = ["贷款编号", "客户", "电话", "状态提示", "逾期天数", "欠款自"]
    assert [column(rows, each) for each in headings] == [
        ["A-1"],
        ["王小明"],
        ["138 0013 5678"],
        ["has a lawyer" if language == "en" else "已委托律师"],
        [15],
        [datetime(2026, 11, 10)],  # noqa: DTZ001  (a spreadsheet has no zones)
    ]


async def test_each_list_of_calls_and_loans_is_the_same_in_a_file(slack: Slack, browser: Downloads) -> None:
    office, workspace = slack.office, slack.workspace
    today = await make_loan(office, workspace, "A-1", owner=slack.agent, name="王小明")
    later = await make_loan(office, workspace, "A-2", owner=slack.agent, name="李四")
    await make_loan(office, workspace, "A-3", owner=slack.agent, name="赵六", stage="approved")
    await make_loan(office, workspace, "N-4", name="无主")
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    await make_follow_up(office, today, slack.agent, due_at=datetime(2026, 11, 25, 3, tzinfo=UTC))
    await make_follow_up(office, later, slack.agent, due_at=datetime(2026, 11, 27, 3, tzinfo=UTC))
    expected = {
        "/loan-due export csv": ["A-1"],
        "/loan-due week export csv": ["A-1", "A-2"],
        "/loan-due all verification export csv": ["A-1", "A-2"],
        "/loan-due export csv unplanned": ["A-3"],
        "/loan mine export csv": ["A-1", "A-2", "A-3"],
        "/loan mine approved export csv": ["A-3"],
        "/loan mine export csv approved": ["A-3"],
        "/loan find 王小明 export csv": ["A-1"],
        "/loan find 5678 export csv": ["A-1", "A-2", "A-3"],
        "/loan export csv": ["A-1", "A-2", "A-3"],
    }
    for line, numbers in expected.items():
        rows = rows_of_csv(await browser.export(slack.agent, line))
        assert sorted(column(rows, "Loan")) == sorted(numbers), line
        told = dict(zip(column(rows, "Loan"), column(rows, "States"), strict=True))
        assert told == {number: "do not call" if number == "A-1" else "" for number in numbers}, line
    rows = rows_of_csv(await browser.export(slack.manager, "/loan pool export csv"))
    assert column(rows, "Loan") == ["N-4"]
    rows = rows_of_csv(await browser.export(slack.manager, "/loan-due late @Agent export csv"))
    assert column(rows, "Loan") == []
    first = rows_of_csv(await browser.export(slack.manager, "/loan-due all @Agent export csv"))
    assert column(first, "Due (Shanghai time)") == ["2026-11-25 11:00", "2026-11-27 11:00"]
    assert column(first, "Follow-up") == ["A-1/1", "A-2/1"]


async def test_a_list_is_pressed_for_and_had_in_another_format(slack: Slack, browser: Downloads) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await make_follow_up(slack.office, loan, slack.agent)
    listed = given((await slack.command(slack.agent, "/loan-due all")).message)
    asked = shown(await slack.press(slack.agent, listed, "Export"))
    assert "follow-ups due: Excel" in asked.text
    assert "Names are masked in it" in asked.text
    await make(slack)
    assert column(rows_of_xlsx(await browser.download(slack.agent)), "Loan") == ["A-1"]
    assert "CSV for Excel" in shown(await slack.press(slack.agent, asked, "As CSV for Excel")).text
    await make(slack)
    content = await browser.download(slack.agent)
    assert content.startswith(b"\xef\xbb\xbfFollow-up,Loan,")
    assert "Export" in buttons(given((await slack.command(slack.agent, "/loan mine")).message))
    assert "Export" not in buttons(given((await slack.command(slack.manager, "/loan-due arrears team")).message))


async def test_a_portfolio_has_terms_calls_and_arrears_as_numbers_and_dates(slack: Slack, browser: Downloads) -> None:
    office, workspace = slack.office, slack.workspace
    loan = await make_loan_in_arrears(office, workspace, "A-1", owner=slack.agent, purposes=["overdue"])
    await make_call(office, loan, slack.agent, outcome="no_answer")
    for line in ("term 36", "rate 4.5%", "method equal instalments", "make Volkswagen", "price 150000.50"):
        await slack.command(slack.agent, f"/loan edit A-1 {line}")
    for state in ("hardship", "do not call"):
        await slack.command(slack.agent, f"/loan edit A-1 contact {state}")
        await slack.later(minutes=1)
    await make_loan(office, workspace, "A-2", owner=slack.agent, stage="closed", amount=None)
    rows = rows_of_xlsx(await browser.export(slack.manager, "/loan export xlsx"))
    cells = {heading: column(rows, heading)[0] for heading in rows[0]}
    assert cells["Amount"] == 120000
    assert (cells["Price"], cells["Term (months)"], cells["Rate (%)"]) == (150000.5, 36, 4.5)
    assert (cells["Days past due"], cells["Unpaid since"]) == (15, datetime(2026, 11, 10))  # noqa: DTZ001
    assert cells["Last call (Shanghai time)"] == datetime(2026, 11, 25, 10)  # noqa: DTZ001
    assert (cells["Last outcome"], cells["Next follow-up"], cells["Owner"]) == (
        "no answer",
        "arrears",
        slack.agent.name,
    )
    assert (cells["Autopay"], cells["States"]) == ("no", "do not call · hardship")
    assert column(rows, "Loan") == ["A-1", "A-2"]
    assert column(rows, "Days past due") == [15, 0]
    assert [column(rows, each)[1] for each in ("Amount", "Bucket", "Last call (Shanghai time)")] == [None, None, None]
    table = rows_of_csv(await browser.export(slack.manager, "/loan export csv"))
    assert column(table, "Amount") == ["120000.00", ""]
    assert column(table, "Rate (%)") == ["4.5", ""]


async def test_what_was_exported_is_recorded_with_its_filter_and_its_rows_and_each_loan_names_it(
    slack: Slack, browser: Downloads
) -> None:
    loans = [await make_loan(slack.office, slack.workspace, f"A-{n}", owner=slack.agent, name="王小明") for n in (1, 2)]
    await slack.command(slack.agent, "/loan find 王小明 export csv")
    await make(slack)
    (export,) = await slack.rows(ListExport)
    entries = {entry.act: entry for entry in await slack.rows(AuditEntry) if entry.subject_id == export.id}
    assert entries["ask_export"].details["list"] == "find"
    done = entries["exported"].details
    assert (done["rows"], done["loans"], done["searched"], done["format"], done["in_full"]) == (2, 2, 1, "csv", False)
    assert done["sha256"] == export.sha256
    assert entries["disclosure"].actor_id == slack.agent.id
    assert set(entries["disclosure"].details["shown"]) == {str(loan.id) for loan in loans}
    assert "王" not in repr([entry.details for entry in await slack.rows(AuditEntry)])
    await slack.later(hours=1)
    read = (await slack.command(slack.compliance, "/loan-audit A-2")).text
    assert "had a list made into a file" in read


async def test_pages_follow_each_other_without_a_gap_and_without_a_repetition(
    slack: Slack, browser: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.exports.rows.PAGE", 2)
    office, workspace = slack.office, slack.workspace
    for n in range(5):
        await make_loan_in_arrears(office, workspace, f"A-{n}", owner=slack.agent, purposes=["overdue", "promise"])
    for n in range(5):
        await make_loan(office, workspace, f"U-{n}", owner=slack.agent)
        await make_loan(office, workspace, f"N-{n}")
    arrears, unplanned, pool = ([f"{letter}-{n}" for n in range(5)] for letter in "AUN")
    expected = {
        "/loan-due all team export csv": [*arrears, *arrears],
        "/loan-due arrears team export csv": arrears,
        "/loan-due unplanned @Agent export csv": unplanned,
        "/loan pool export csv": pool,
        "/loan find 5678 export csv": [*arrears, *unplanned, *pool],
        "/loan export csv": [*arrears, *unplanned, *pool],
    }
    for line, numbers in expected.items():
        found = column(rows_of_csv(await browser.export(slack.manager, line)), "Loan")
        assert sorted(found) == sorted(numbers), line
    found = column(rows_of_csv(await browser.export(slack.agent, "/loan mine export csv")), "Loan")
    assert sorted(found) == sorted([*arrears, *unplanned])


async def test_documents_the_rows_behind_a_figure_and_the_trail_are_files_too(
    slack: Slack, browser: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.exports.rows.PAGE", 2)
    for n in range(3):
        await make_loan(slack.office, slack.workspace, f"A-{n}", owner=slack.agent)
        await slack.command(slack.agent, f"/loan-docs A-{n} id")
        await slack.command(slack.agent, f"/loan-docs A-{n} got id")
        await slack.command(slack.agent, f"/loan-call A-{n} reached")
        await slack.later(minutes=1)
    await slack.command(slack.agent, "/loan edit A-1 contact do not call")
    await slack.change(slack.manager, team_id=slack.team.id)
    asked = (
        (slack.agent, Wanted("documents", {"s": "received"})),
        (slack.manager, Wanted("figure", {"x": "calls", "s": "today"})),
        (slack.compliance, Wanted("trail", {"m": str(slack.agent.id)})),
    )
    found: list[list[list[str]]] = []
    for who, wanted in asked:
        async with slack.office.desk(slack.workspace, who) as desk:
            await ask_export(desk, wanted, "csv")
        await make(slack)
        found.append(rows_of_csv(await browser.download(who)))
    papers, calls, entries = found
    assert column(papers, "Loan") == ["A-0", "A-1", "A-2"]
    assert set(column(papers, "Document")) == {"ID card"}
    assert column(papers, "Borrower") == ["王*"] * 3
    assert column(papers, "States") == column(calls, "States") == ["", "do not call", ""]
    assert column(calls, "Loan") == ["A-2", "A-1", "A-0"]
    assert set(column(calls, "What")) == {"reached"}
    assert set(column(calls, "Who")) == {slack.agent.name}
    whens = column(entries, "When (UTC time)")
    assert whens == sorted(whens, reverse=True)
    assert column(entries, "Code").count("call") == 3
    assert len(entries) > 10
    with pytest.raises(NotAllowed):
        async with slack.office.desk(slack.workspace, slack.agent) as desk:
            await ask_export(desk, Wanted("trail", {}), "csv")
    with pytest.raises(NotAllowed):
        async with slack.office.desk(slack.workspace, slack.agent) as desk:
            await ask_export(desk, Wanted("figure", {"of": str(slack.manager.id)}), "csv")


@pytest.mark.every_example
async def test_of_two_exports_that_are_asked_for_at_once_the_one_too_many_is_refused(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for _ in range(MOST_WAITING - 1):
        await slack.command(slack.agent, "/loan mine export")
    lines = ("/loan mine export", "/loan mine export csv")
    answers = await asyncio.gather(*(slack.command(slack.agent, line) for line in lines))
    assert sorted("I'm making a file" in answer.text for answer in answers) == [False, True]
    assert len(await slack.rows(ListExport)) == MOST_WAITING


async def test_a_search_whose_words_no_key_opens_holds_up_no_other(slack: Slack, browser: Downloads) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    await slack.command(slack.agent, "/loan find 王小明 export")
    (damaged,) = await slack.rows(ListExport)
    async with slack.office.database.transaction() as session:
        (await session.get_one(ListExport, damaged.id)).words_cipher = b"\x01damaged, and too short"
    await slack.command(slack.manager, "/loan export csv")
    for _ in range(2):
        await make(slack)
    assert "The file of the list search results could not be made" in slack.texts(slack.agent)[-1]
    assert column(rows_of_csv(await browser.download(slack.manager)), "Loan") == ["A-1"]


async def test_few_wait_at_once_and_old_ones_are_forgotten(slack: Slack, browser: Downloads) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    for _ in range(MOST_WAITING):
        assert "I'm making" in (await slack.command(slack.agent, "/loan export")).text
    assert "5 of your files are still being made" in (await slack.command(slack.agent, "/loan export")).text
    await make(slack)
    ready = slack.posts(slack.agent)[-1]
    await slack.later(days=UNFILED_FOR.days, seconds=1)
    await slack.service.round()
    assert await slack.rows(StoredFile) == []
    assert "no longer exists" in shown(await slack.press(slack.agent, ready, "Open the file")).text
    assert [each.loan_id for each in await slack.rows(ExportedLoan)] == [loan.id] * MOST_WAITING
    await slack.later(days=1)
    await slack.service.round()
    assert await slack.rows(ListExport) == []
    assert await slack.rows(ExportedLoan) == []


async def test_a_list_without_rows_has_its_headings_alone(slack: Slack, browser: Downloads) -> None:
    rows = rows_of_xlsx(await browser.export(slack.agent, "/loan mine export"))
    assert len(rows) == 1
    assert rows[0][0] == "Loan"


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_button_below_search_results_has_all_of_them_and_carries_no_word(
    slack: Slack, browser: Downloads, language: str
) -> None:
    for number in range(12):
        await make_loan(slack.office, slack.workspace, f"A-{number}", owner=slack.agent, name="王小明")
    await make_loan(slack.office, slack.workspace, "B-1", owner=slack.agent, name="李四")
    if language == "zh":
        await slack.in_chinese(slack.manager)
        slack.people["manager"] = await slack.member(slack.manager.slack_user_id)
    found = given((await slack.command(slack.manager, "/loan find 王小明")).message)
    [button] = [
        e for block in found.blocks for e in block.get("elements", ()) if e.get("action_id", "").startswith("export.")
    ]
    assert "王" not in button["value"]
    assert "王" not in base64.b64decode(json.loads(button["value"])["q"]).decode(errors="ignore")

    asked = shown(await slack.press(slack.manager, found, "Export" if language == "en" else "导出"))
    assert ("search results" if language == "en" else "查找结果") in asked.text
    await make(slack)
    numbers = {row[0] for row in rows_of_xlsx(await browser.download(slack.manager))[1:]}

    assert numbers == {f"A-{number}" for number in range(12)}
    assert "王" not in str([row.details for row in await slack.rows(AuditEntry)])
    nothing = given((await slack.command(slack.manager, "/loan find 没有的人")).message)
    assert buttons(nothing) == []


async def test_a_search_button_that_does_not_open_is_of_an_older_version(slack: Slack) -> None:
    world = await make_world(slack)
    for value in ({"q": "AAAA", "k": str(new_id())}, {"q": "!", "k": "1"}, {"q": "AAAA"}):
        said = await world.press(slack.manager, "export.ask", {"list": "find", **value})
        assert "older version" in said


async def test_the_file_has_everyone_in_arrears_also_those_whom_the_queue_does_not_rank(
    slack: Slack, browser: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrears_queue, "MOST_RANKED", 2)
    for number in range(4):
        await make_loan_in_arrears(slack.office, slack.workspace, f"A-{number}", owner=slack.agent)
    listed = given((await slack.command(slack.manager, "/loan-due arrears team")).message).text
    assert sum(f"A-{number}" in listed for number in range(4)) == 2
    rows = rows_of_csv(await browser.export(slack.manager, "/loan-due arrears team export csv"))
    assert sorted(row[0] for row in rows[1:]) == [f"A-{number}" for number in range(4)]


async def test_a_file_of_a_figure_has_the_rows_of_all_members_and_of_loans_without_an_owner(
    slack: Slack, browser: Downloads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.exports.rows.PAGE", 2)
    monkeypatch.setattr(figures, "_PEOPLE", 1)
    for number, owner in enumerate((slack.agent, slack.other, slack.agent, slack.agent, None)):
        loan = await make_loan(slack.office, slack.workspace, f"A-{number}", owner=owner)
        if owner is not None:
            await make_call(slack.office, loan, owner)
    found: dict[str, list[str]] = {}
    for figure in ("calls", "callable"):
        async with slack.office.desk(slack.workspace, slack.manager) as desk:
            await ask_export(desk, Wanted("figure", {"x": figure, "s": "today"}), "csv")
        await make(slack)
        found[figure] = sorted(column(rows_of_csv(await browser.download(slack.manager)), "Loan"))
    owned = ["A-0", "A-1", "A-2", "A-3"]
    assert found == {"calls": owned, "callable": [*owned, "A-4"]}
