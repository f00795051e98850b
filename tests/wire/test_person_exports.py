"""Compliance has an export of one person's data made: from the request, by the worker, opened by link. Now is Wednesday 10:00."""

import io
import json
import shutil
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from desk.core.errors import Invalid, NotFound
from desk.files.made import TRIES
from desk.rights.exports import ask_person_export
from sandbox.modals import Modal
from storage.engine.types import new_id
from storage.files.disk import DiskStore
from storage.tables import AuditEntry, CaseExport, Loan, Member, PersonRequest
from tests.builders import make_loan
from tests.wire.office_day import Slack, shown
from tests.wire.page_links import link_and_code
from tests.wire.test_person_requests import enter, requests
from tests.wire.test_related import add

PUBLIC_URL = "https://desk.example.com"
MARKUP = "<script>alert(1)</script>"
PHONE = "+8613812345678"


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def choose(slack: Slack, button: str = "Export data") -> Modal:
    """Press the button at the only open request."""
    await (await requests(slack)).press(button)
    return slack.sandbox.modal_of("UCOMPLIANCE")


async def make(slack: Slack) -> None:
    """Do what the worker does, and deliver what it says."""
    while await slack.service.cases.round():
        pass
    await slack.deliver()


async def link(slack: Slack, who: Member) -> tuple[str, str]:
    offer = shown(await slack.press(who, slack.posts(who)[-1], "Open the export"))
    return link_and_code(offer.blocks, offer.text)


async def open_page(slack: Slack, session: aiohttp.ClientSession, url: str, code: str) -> tuple[int, bytes]:
    address = f"http://127.0.0.1:{slack.service.port}{urlsplit(url).path}"
    async with session.post(address, data={"code": code}) as answer:
        return answer.status, await answer.read()


def unpacked(archive: bytes) -> tuple[Any, dict[str, str]]:
    """Return person.json and the pages by language."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.namelist() == ["person.zh.html", "person.en.html", "person.json", "manifest.json", "manifest.sig"]
        pages = {code: opened.read(f"person.{code}.html").decode() for code in ("en", "zh")}
        return json.loads(opened.read("person.json")), pages


async def a_family(slack: Slack) -> Loan:
    """王小明 borrows with A-1; 李四担保 is its guarantor. C-3 is another borrower's."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明", phone=PHONE)
    await add(slack, "guarantor", "李四担保", "139 8765 4321")
    await make_loan(slack.office, slack.workspace, "C-3", owner=slack.agent, name="孙七路人", phone="+8613700001111")
    for line in (
        f"/loan-call A-1 reached {MARKUP} 李四担保 (139-8765-4321) pays on Friday",
        "/loan-note A-1 Asked twice",
        "/loan-follow A-1 tomorrow 15:00 income",
        "/loan find C-3",
    ):
        await slack.command(slack.agent, line)
    return loan


async def test_compliance_exports_what_is_held_of_a_borrower_and_names_nobody_else(
    slack: Slack, session: aiohttp.ClientSession
) -> None:
    loan = await a_family(slack)
    await enter(slack, slack.agent, **{"In their words": "What do you have on me?"})
    await slack.deliver()
    form = await choose(slack)
    assert "What do you have on me?" in form.text
    assert not (await form.submit()).errors
    assert "I'm putting together what is held of the person of the request on A-1" in form.text
    await make(slack)
    ready = slack.texts(slack.compliance)[-1]
    assert "The export for the request on A-1 is ready" in ready
    assert "王" not in ready
    url, code = await link(slack, slack.compliance)
    status, archive = await open_page(slack, session, url, code)
    assert status == 200
    assert (await open_page(slack, session, url, code))[0] == 410

    record, pages = unpacked(archive)
    assert (record["schema"], record["person"][0]["name"], record["person"][0]["phones"]) == (1, "王小明", [PHONE])
    (own,) = record["loans"]
    assert own["number"] == "A-1"
    (call,) = own["records"]["call"]
    assert call["note"] == f"{MARKUP} 李* (*4321) pays on Friday"
    assert call["caller_id"] == slack.agent.roles
    (person,) = own["records"]["related_person"]
    assert (person["role"], person["name"]) == ("guarantor", "李*")
    assert record["requests"][0]["words"] == "What do you have on me?"
    assert {each["what"] for each in record["kept"]} > {"ended_loan", "recording", "audit"}
    for page in pages.values():
        assert "王小明" in page
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "Asked twice" in pages["en"]
    assert "未提供的内容及理由" in pages["zh"]
    whole = json.dumps(record, ensure_ascii=False) + "".join(pages.values())
    for other in ("李四", "4321 ", "87654321", "8765-4321", "C-3", "孙七", "13700001111", slack.agent.slack_user_id):
        assert other not in whole, other
    assert "exported Wed 25 Nov" in (await requests(slack)).text
    (export,) = await slack.rows(CaseExport)
    (built,) = [entry for entry in await slack.rows(AuditEntry) if entry.act == "person_export_built"]
    assert (built.actor_id, built.loan_id, built.details["sha256"]) == (slack.compliance.id, loan.id, export.sha256)
    assert str(export.sha256) in ready


async def test_who_may_be_the_same_person_is_chosen_and_never_guessed(
    slack: Slack, session: aiohttp.ClientSession
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="赵六别人", phone="+8613600002222")
    await add(slack, "guarantor", "王小明", "138 1234 5678")
    await slack.command(slack.agent, "/loan-call A-1 reached 赵六别人 is abroad")
    await make_loan(slack.office, slack.workspace, "D-4", owner=slack.agent, name="王小明", phone="+8613611112222")
    await make_loan(slack.office, slack.workspace, "B-2", owner=slack.agent, name="王小明", phone=PHONE)
    await slack.in_chinese(slack.compliance)
    card = await slack.card(slack.agent, "B-2")
    await slack.press(slack.agent, card, "Data request")
    entering = slack.sandbox.modal_of("UAGENT")
    await entering.fill("What they want", "get a copy")
    await entering.fill("How the request came in", "by phone")
    await entering.submit()
    await slack.deliver()
    for chosen in (False, True):
        await slack.sandbox.open_home("UCOMPLIANCE")
        await slack.sandbox.home_of("UCOMPLIANCE").press("个人信息请求")
        await slack.sandbox.modal_of("UCOMPLIANCE").press("导出个人信息")
        form = slack.sandbox.modal_of("UCOMPLIANCE")
        assert "D-4" not in str(form.view)
        if chosen:
            await form.fill("也属于此人（姓名和电话相同）", ["担保人 · A-1"])
        await form.submit()
        assert "正在整理 B-2 上该请求人的全部信息" in form.text
        await make(slack)
        press = await slack.press(slack.compliance, slack.posts(slack.compliance)[-1], "打开导出")
        _, archive = await open_page(slack, session, *link_and_code(shown(press).blocks, shown(press).text))
        record, pages = unpacked(archive)
        assert [own["number"] for own in record["loans"]] == ["B-2"]
        assert [each["role"] for each in record["around_loans_of_others"]] == (["guarantor"] if chosen else [])
        whole = json.dumps(record, ensure_ascii=False) + "".join(pages.values())
        assert ("作为他人贷款的担保人" in whole) is chosen
        for other in ("赵六", "13600002222", "A-1", "D-4"):
            assert other not in whole, other


@pytest.mark.parametrize(("role", "has_note"), [("emergency contact", False), ("guarantor", True)])
async def test_a_letter_to_a_person_around_a_loan_is_theirs_without_what_was_said_of_the_debt(
    slack: Slack, session: aiohttp.ClientSession, role: str, has_note: bool
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明", phone=PHONE)
    await add(slack, role, "罗小黑", "139 8765 4321")
    page = shown(await slack.press(slack.agent, await slack.card(slack.agent), "Contact rules"))
    await slack.press(slack.agent, page, "Other contact")
    form = slack.sandbox.modal_of("UAGENT")
    for label, value in (("How", "letter"), ("With whom", f"{role} 罗小黑"), ("Note", "Two instalments open")):
        await form.fill(label, value)
    assert not (await form.submit()).errors
    await enter(slack, slack.agent, **{"Of whom": f"{role} 罗小黑"})
    await slack.deliver()
    await (await choose(slack)).submit()
    await make(slack)
    _, archive = await open_page(slack, session, *await link(slack, slack.compliance))

    record, _ = unpacked(archive)
    (around,) = record["around_loans_of_others"]
    (letter,) = around["records"]["other_contact"]
    assert (letter["channel"], "loan_id" in letter) == ("letter", False)
    assert letter.get("note") == ("Two instalments open" if has_note else None)
    assert "王小明" not in json.dumps(record, ensure_ascii=False)


async def test_who_lost_the_right_meanwhile_has_none(slack: Slack, session: aiohttp.ClientSession) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent)
    await slack.deliver()
    await (await choose(slack)).submit()
    await make(slack)
    url, code = await link(slack, slack.compliance)
    await (await choose(slack)).submit()
    late = await choose(slack)
    await slack.change(slack.compliance, roles="manager")
    assert (await open_page(slack, session, url, code))[0] == 403
    await make(slack)
    assert "There is no export for the request on A-1 for you" in slack.texts(slack.compliance)[-1]
    assert "You need the role" in str((await late.submit()).errors) + late.text
    second = max(await slack.rows(CaseExport), key=lambda row: row.id)
    assert (second.why, second.file_id) == ("forbidden", None)
    assert "refused" in {entry.act for entry in await slack.rows(AuditEntry)}


async def test_a_request_that_is_gone_or_names_nobody_is_not_exported(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent)
    for column, value, said in (
        ("loan_id", None, "names nobody on file"),
        ("undone_at", slack.clock.now(), "no longer there"),
    ):
        form = await choose(slack)
        (row,) = await slack.rows(PersonRequest)
        loan_id = row.loan_id
        async with slack.office.desk(slack.workspace) as desk:
            setattr(await desk.session.get_one(PersonRequest, row.id), column, value)
        assert said in str((await form.submit()).errors) + form.text
        async with slack.office.desk(slack.workspace) as desk:
            (await desk.session.get_one(PersonRequest, row.id)).loan_id = loan_id
    async with slack.office.desk(slack.workspace, slack.compliance) as desk:
        with pytest.raises(NotFound, match="request_gone"):
            await ask_person_export(desk, new_id())
    assert await slack.rows(CaseExport) == []


async def test_a_desk_without_a_page_makes_none(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent)
    (row,) = await slack.rows(PersonRequest)
    async with replace(slack.office, files=None).desk(slack.workspace, slack.compliance) as desk:
        with pytest.raises(Invalid, match="files_stay_out"):
            await ask_person_export(desk, row.id)
    assert await slack.rows(CaseExport) == []


async def test_one_that_cannot_be_made_is_tried_three_times_and_its_asker_is_told(
    slack: Slack,
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await enter(slack, slack.agent)
    await slack.deliver()
    await (await choose(slack)).submit()
    assert slack.office.files is not None
    assert isinstance(slack.office.files.store, DiskStore)
    folder = slack.office.files.store.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("where the folder of files should be")
    for tries in range(1, TRIES + 1):
        await make(slack)
        (row,) = await slack.rows(CaseExport)
        assert (row.tries, row.why) == (tries, None)
        slack.clock.advance(minutes=21)
    await make(slack)
    (row,) = await slack.rows(CaseExport)
    assert (row.why, row.file_id, row.built_at) == ("failed", None, None)
    assert "could not be made" in slack.texts(slack.compliance)[-1]
