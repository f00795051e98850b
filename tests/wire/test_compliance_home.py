"""Compliance reads in their Home what was unusual, refused and overridden, and opens, filters and exports the entries behind it.
It is Wednesday 25 November, 10:00."""

from datetime import date

import aiohttp
import pytest

from desk.core.operator_acts import operator, record_act
from desk.core.values import LoanRef
from desk.loans.holds import place_hold
from desk.messages.compliance_home import compliance_lists
from sandbox.modals import Modal
from storage.engine.types import new_id
from storage.tables import AuditEntry, ContactDecision, Loan
from tests.builders import make_loan, make_manager, make_team
from tests.wire.exporting import Downloads, make, rows_of_csv
from tests.wire.office_day import Slack, given, shown
from tests.wire.test_person_requests import enter
from tests.wire.test_statements import executed

NAME = "欧阳绝密"
ACT_ZH = "放行了违反联系规则的电话"
PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    return await make_loan(slack.office, slack.workspace, "=A-1", owner=slack.agent, name=NAME)


async def happened(slack: Slack, loan: Loan) -> None:
    """Yesterday the collector looked at 31 numbers; today a manager allowed a call, and the agent was refused."""
    slack.clock.advance(days=-1)
    async with slack.office.desk(slack.workspace, slack.collector) as desk:
        for _ in range(31):
            desk.audit("show_number")
    slack.clock.advance(days=1)
    async with slack.office.desk(slack.workspace, slack.manager) as desk:
        row_id = new_id()
        desk.add(
            ContactDecision(
                id=row_id,
                workspace_id=slack.workspace.id,
                loan_id=loan.id,
                kind="overridden",
                rules="AU.weekday",
                reason_cipher=desk.cipher.encrypt_optional(ContactDecision.reason_cipher, row_id, "Agreed by letter"),
                by_id=slack.manager.id,
                at=desk.now,
            )
        )
        desk.audit("override_contact", loan_id=loan.id, rules=["AU.weekday"])
    await slack.command(slack.agent, "/loan-audit")
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        for until in (date(2026, 12, 20), date(2027, 2, 1), None):
            await place_hold(desk, loan=LoanRef("=A-1", "=A-1"), why="Court", until=until)


async def test_the_home_lists_what_compliance_looks_after(slack: Slack, loan: Loan) -> None:
    await slack.sandbox.open_home("UCOMPLIANCE")
    assert "Nothing unusual, nothing refused, no rule overridden." in slack.sandbox.home_of("UCOMPLIANCE").text
    await happened(slack, loan)
    await slack.sandbox.open_home("UCOMPLIANCE")
    home = slack.sandbox.home_of("UCOMPLIANCE")
    for line in (
        "Tue 24 Nov · Collector: 31, usually 0 a day",
        "Agent: 1",
        "=A-1 · Manager · Agreed by letter",
        "=A-1 · Sun 20 Dec 2026",
    ):
        assert line in home.text, home.text
    assert NAME not in home.text.split("Compliance: the last 7 days")[1]
    await home.press("Collector · Tue 24 Nov")
    assert "saw the phone number" in slack.sandbox.modal_of("UCOMPLIANCE").text
    await slack.sandbox.open_home("UMANAGER")
    assert "the last 7 days" not in slack.sandbox.home_of("UMANAGER").text


async def test_the_home_has_open_data_requests_with_their_last_day(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name=NAME)
    await enter(slack, slack.agent)
    await slack.sandbox.open_home("UCOMPLIANCE")
    home = slack.sandbox.home_of("UCOMPLIANCE").text
    assert "Data requests, and the last day for the answer:" in home
    assert "A-1 · answer by Thu 10 Dec 2026" in home
    assert NAME not in home
    await slack.at("2026-12-11T08:00:00+08:00")
    await slack.sandbox.open_home("UCOMPLIANCE")
    assert "A-1 · late: answer was due Thu 10 Dec 2026" in slack.sandbox.home_of("UCOMPLIANCE").text


async def test_days_that_were_unusual_ask_the_database_no_more_than_a_quiet_week(slack: Slack) -> None:
    await slack.sandbox.open_home("UCOMPLIANCE")
    counts: list[int] = []
    for days in ((0,), (1, 2, 3, 4, 5)):
        for back in days:
            slack.clock.advance(days=-back)
            for member in (slack.collector, slack.agent):
                async with slack.office.desk(slack.workspace, member) as desk:
                    for _ in range(31):
                        desk.audit("show_number")
            slack.clock.advance(days=back)
        async with slack.office.reading_desk(slack.workspace, slack.compliance) as desk:
            with executed(slack) as statements:
                lists = await compliance_lists(desk)
        assert lists is not None
        assert [each.count for each in lists.unusual] == ([31, 31] if len(days) == 1 else [31] * 5)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def exported(slack: Slack, read: Modal, label: str, as_csv: str) -> list[dict[str, str]]:
    """Press Export, ask for CSV, and return the rows of the file."""
    await read.press(label)
    await slack.sandbox.modal_of("UCOMPLIANCE").press(as_csv)
    await make(slack)
    async with aiohttp.ClientSession() as session:
        content = await Downloads(slack, session).download(await slack.member("UCOMPLIANCE"))
    headings, *rows = rows_of_csv(content)
    return [dict(zip(headings, row, strict=True)) for row in rows]


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_entries_are_filtered_and_exported_once(slack: Slack, loan: Loan, language: str) -> None:
    if language == "zh":
        await slack.in_chinese(slack.compliance)
    await slack.command(slack.agent, "/loan =A-1")
    await happened(slack, loan)
    words = {"en": ("Filter", "What", "From", "Export"), "zh": ("筛选", "事项", "开始", "导出")}[language]
    read = given((await slack.command(slack.compliance, "/loan-audit")).message)
    await slack.press(slack.compliance, read, words[0])
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    await form.fill(words[1], "overridden")
    await form.fill(words[2], "2026-11-24")
    await form.submit()
    assert "=A-1" in form.text
    assert "@Collector" not in form.text
    (row,) = await exported(slack, form, words[3], {"en": "As CSV", "zh": "改为 CSV"}[language])
    headings = {"en": ("Slack ID", "Code", "Loans"), "zh": ("Slack ID", "代码", "涉及贷款")}[language]
    assert [row[each] for each in headings] == ["UMANAGER", "override_contact", "'=A-1"]
    assert (
        row[{"en": "Act", "zh": "行为"}[language]]
        == {"en": "allowed a call against contact rules", "zh": ACT_ZH}[language]
    )
    acts = [entry.act for entry in await slack.rows(AuditEntry)]
    assert {"ask_export", "exported", "file_link", "file_opened"} <= set(acts)


async def test_days_in_the_wrong_order_and_what_is_not_theirs_are_refused(slack: Slack, loan: Loan) -> None:
    read = given((await slack.command(slack.manager, "/loan-audit")).message)
    await slack.press(slack.manager, read, "Filter")
    form = slack.sandbox.modal_of("UMANAGER")
    await form.fill("From", "2026-11-25")
    await form.fill("Until", "2026-11-24")
    await form.submit()
    assert form.errors == {"Until": "The last day must not lie before the first."}
    await form.fill("Until", "2026-11-25")
    west = await make_team(slack.office, slack.workspace, "West")
    await make_manager(slack.office, slack.workspace, west, "UWEST")
    await slack.change(slack.other, team_id=west.id)
    await form.fill("Member", "UOTHER")
    await form.submit()
    assert "Managers see what their own teams saw and did" in str(form.errors)
    assert "Export" not in shown(await slack.press(slack.manager, read, "Refused")).text


async def test_days_of_the_home_are_those_of_the_workspace_for_a_reader_elsewhere(slack: Slack, loan: Loan) -> None:
    await happened(slack, loan)
    await slack.change(slack.compliance, zone="America/Los_Angeles")
    await slack.sandbox.open_home("UCOMPLIANCE")
    await slack.sandbox.home_of("UCOMPLIANCE").press("Collector · Tue 24 Nov")
    assert "saw the phone number" in slack.sandbox.modal_of("UCOMPLIANCE").text


async def test_a_file_of_the_trail_names_operators(slack: Slack, loan: Loan) -> None:
    await record_act(slack.office, "backup")
    read = given((await slack.command(slack.compliance, "/loan-audit")).message)
    await slack.press(slack.compliance, read, "Filter")
    form = slack.sandbox.modal_of("UCOMPLIANCE")
    await form.submit()
    rows = await exported(slack, form, "Export", "As CSV")
    assert operator() in [row["Who"] for row in rows if row["Code"] == "backup"]
    assert all(row["When (UTC time)"].startswith("2026-11-25 02:00:00.") for row in rows)
