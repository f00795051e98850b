"""Compliance and managers have the case file of a loan made: `/loan-case`, the worker, the link. Now is Wednesday 10:00."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from desk.cases.verification import verify
from desk.core.phone_site import Site
from desk.core.values import LoanRef
from desk.files import call_recordings
from desk.files.upkeep import UNFILED_FOR
from desk.loans.related import PersonEntry, PhoneEntry, add_person
from desk.rules.call_records import CallRecord
from desk.telephony.records import SETTLE, take_records
from storage.engine.types import new_id
from storage.tables import (
    AuditEntry,
    CaseExport,
    DocumentItem,
    ImportedValues,
    Loan,
    Member,
    Recording,
    RecordingPlay,
    StoredFile,
)
from storage.upkeep.erasing import erase
from tests.builders import SHANGHAI, make_call, make_loan, make_loan_in_arrears
from tests.sample_audio import wav
from tests.sample_files import pdf, store_file, store_recording
from tests.wire.office_day import Slack, buttons, given, shown
from tests.wire.page_links import PUBLIC_URL, Browser, link_and_code
from tests.wire.test_contact_rules import choose
from tests.wire.worlds import make_world

__all__ = ["PUBLIC_URL"]

SCAN = pdf(2, filler=200_000)
MARKUP = '<script>alert(1)</script> #panic("x") *bold*'


@pytest.fixture
async def browser(slack: Slack) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession() as session:
        yield Browser(slack, session)


async def make(slack: Slack) -> None:
    """Do what the worker does, and deliver what it says."""
    while await slack.service.cases.round():
        pass
    await slack.deliver()


async def ask_link(slack: Slack, who: Member) -> tuple[str, str]:
    """Ask for a link in the message that says that the case file is ready."""
    offer = shown(await slack.press(who, slack.posts(who)[-1], "Open the case file"))
    return link_and_code(offer.blocks, offer.text)


async def lively_loan(slack: Slack) -> Loan:
    """A loan with calls that were corrected, a moved follow-up, a document with its file, a promise, and a borrower beside it."""
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王𬭚田")
    await make_loan(slack.office, slack.workspace, "B-2", owner=slack.agent, name="李四别人")
    for line in (
        f"/loan-call A-1 reached {MARKUP}",
        "/loan-follow A-1 tomorrow 15:00 income",
        "/loan-follow A-1/1 move fri 16:00",
        "/loan-docs A-1 id",
        "/loan-docs A-1 got id",
        "/loan-stage A-1 application",
        "/loan find B-2",
        "/loan mine",
    ):
        await slack.command(slack.agent, line)
    (item,) = await slack.rows(DocumentItem)
    await store_file(slack.office, slack.agent, SCAN, name="身份证.pdf", item=item)
    return loan


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_compliance_asks_opens_and_proves_a_case_file(
    slack: Slack, browser: Browser, tmp_path: Path, language: str
) -> None:
    loan = await lively_loan(slack)
    if language == "zh":
        await slack.in_chinese(slack.compliance)
    asked = (await slack.command(slack.compliance, "/loan-case A-1 浦东法院诉讼")).text
    assert ("I'm putting the case file of A-1 together" if language == "en" else "正在整理 A-1 的案卷") in asked

    await make(slack)
    ready = slack.texts(slack.compliance)[-1]
    assert ("The case file of A-1 is ready" if language == "en" else "A-1 的案卷已备好") in ready
    assert "王" not in ready
    if language == "zh":
        assert buttons(slack.posts(slack.compliance)[-1]) == ["打开案卷"]
        return
    url, code = await ask_link(slack, slack.compliance)
    status, archive, headers = await browser.open(url, code)
    assert (status, headers["Content-Type"]) == (200, "application/zip")
    assert "attachment" in headers["Content-Disposition"]
    assert (await browser.open(url, code))[0] == 410

    file = tmp_path / "case.zip"
    file.write_bytes(archive)
    proof = verify(file)
    assert proof.findings == ()
    assert proof.facts["loan"] == "A-1"
    assert proof.facts["asked_by"] == "Compliance"
    assert proof.facts["purpose"] == "浦东法院诉讼"
    with zipfile.ZipFile(file) as opened:
        names = opened.namelist()
        pages = {code: opened.read(f"case.{code}.html").decode() for code in ("en", "zh")}
        record = json.loads(opened.read("case.json"))
        assert opened.read("files/0001-id.pdf") == SCAN
        assert opened.read("case.zh.pdf").startswith(b"%PDF-")
    assert names == [
        "case.zh.pdf",
        "case.zh.html",
        "case.en.pdf",
        "case.en.html",
        "case.json",
        "files/0001-id.pdf",
        "manifest.json",
        "manifest.sig",
    ]
    for page in pages.values():
        assert "王𬭚田" in page
        assert "<script" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "Compliance · 2026-11-25 10:00:00 · 浦东法院诉讼" in page  # the watermark
        assert "2026-11-26 15:00:00 → 2026-11-27 16:00:00" in page  # the move, by whom and from when to when
    assert "None." not in pages["zh"]
    assert "已接通" in pages["zh"]
    assert "reached" in pages["en"]
    assert record["schema"] == 1
    assert record["borrower"]["name"] == "王𬭚田"
    assert [call["note"] for call in record["records"]["call"]] == [MARKUP]
    whole = json.dumps(record, ensure_ascii=False) + "".join(pages.values())
    for other in ("B-2", "李四别人"):
        assert other not in whole
    (export,) = await slack.rows(CaseExport)
    (built,) = [entry for entry in await slack.rows(AuditEntry) if entry.act == "case_built"]
    assert (built.actor_id, built.loan_id) == (slack.compliance.id, loan.id)
    assert built.details["sha256"] == export.sha256
    assert export.sha256 is not None
    assert export.sha256 in ready


async def test_a_manager_has_those_of_their_team_and_others_none(slack: Slack) -> None:
    world = await make_world(slack)
    assert "You need the role" in (await slack.command(slack.agent, "/loan-case L-1")).text
    assert "You need the role" in (await slack.command(slack.admin, "/loan-case L-1")).text
    card = given((await slack.command(slack.agent, "/loan L-1")).message)
    assert "Case file" not in buttons(card)
    card = given((await slack.command(slack.manager, "/loan L-1")).message)
    assert "Case file" in buttons(card)
    assert "I'm putting the case file of L-1 together" in (await slack.command(slack.manager, "/loan-case L-1")).text
    await make(slack)
    (export,) = await slack.rows(CaseExport)
    # The file is its asker's alone: another member who may have one of their own must ask for it.
    assert "no longer exists" in await world.press(slack.compliance, "files.open", {"f": str(export.file_id)})


async def test_who_loses_the_right_before_it_is_made_or_before_it_is_opened_has_none(
    slack: Slack, browser: Browser
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    await slack.command(slack.manager, "/loan-case A-1")
    await make(slack)
    url, code = await ask_link(slack, slack.manager)
    await slack.command(slack.manager, "/loan-case A-1")
    await slack.change(slack.manager, roles="agent")
    assert (await browser.open(url, code))[0] == 403
    await make(slack)
    assert "There is no case file of A-1 for you" in slack.texts(slack.manager)[-1]
    _, second = sorted(await slack.rows(CaseExport), key=lambda row: row.id)
    assert (second.why, second.file_id, second.build_at) == ("forbidden", None, None)
    refused = [entry.details["code"] for entry in await slack.rows(AuditEntry) if entry.act == "refused"]
    assert "team_case" in refused


async def test_it_is_asked_for_by_form_with_or_without_files(slack: Slack, browser: Browser) -> None:
    await lively_loan(slack)
    form = await slack.form(slack.compliance, "/loan-case")
    await form.fill("Loan", "A-1")
    await form.fill("Besides the records", [])
    await form.submit()
    await make(slack)
    status, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert [name for name in opened.namelist() if name.startswith("files/")] == []


async def test_recordings_are_listed_with_their_sums_and_those_that_count_are_in_it(
    slack: Slack, browser: Browser, tmp_path: Path
) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    other = await make_loan(slack.office, slack.workspace, "B-2", owner=slack.agent)
    call = await make_call(slack.office, loan, slack.agent)
    audio, refused, elsewhere = wav(250), wav(20), wav(30)
    office, workspace = slack.office, slack.workspace
    kept = await store_recording(office, workspace, slack.agent, audio, loan, call)
    bad = await store_recording(office, workspace, slack.agent, refused, loan)
    await store_recording(office, workspace, slack.agent, elsewhere, other)
    async with office.desk(workspace, slack.manager) as desk:
        await call_recordings.discard_recording(desk, bad.id, bad.version, "Of a neighbour")
        (await desk.session.get_one(Recording, kept.id)).seconds = 3723  # a long one, without its bytes
        desk.add(
            RecordingPlay(workspace_id=workspace.id, recording_id=kept.id, member_id=slack.manager.id, at=desk.now)
        )
    async with office.desk(workspace, slack.agent) as desk:
        await call_recordings.add_link(
            desk, loan=LoanRef("A-1", "A-1"), call_id=None, link="https://pbx.example.com/r/77"
        )
    form = await slack.form(slack.compliance, "/loan-case")
    await form.fill("Loan", "A-1")
    await form.fill("Besides the records", ["recordings"])
    await form.submit()
    await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    file = tmp_path / "case.zip"
    file.write_bytes(archive)
    assert verify(file).findings == ()
    with zipfile.ZipFile(file) as opened:
        assert [name for name in opened.namelist() if name.startswith("recordings/")] == ["recordings/0001.wav"]
        assert opened.read("recordings/0001.wav") == audio
        pages = [re.sub(r"<[^>]+>", " ", opened.read(f"case.{code}.html").decode()) for code in ("en", "zh")]
        records = json.loads(opened.read("case.json"))["recordings"]
    digests = [hashlib.sha256(content).hexdigest() for content in (audio, refused)]
    assert [(each["sha256"], each["seconds"], each["why"]) for each in records] == [
        ("", None, ""),
        (digests[1], 20, "Of a neighbour"),
        (digests[0], 3723, ""),
    ]
    said = (
        ("1:02:03", "recording of the call of 2026-11-25 10:00:00", "discarded: Of a neighbour", "no call named"),
        ("1:02:03", "2026-11-25 10:00:00 通话的录音", "已作废：Of a neighbour", "尚未对应通话"),
    )
    for page, words in zip(pages, said, strict=True):
        for each in (*words, *digests, f"2026-11-25 10:00:00 {slack.manager.name}"):
            assert each in page, each
        assert hashlib.sha256(elsewhere).hexdigest() not in page


async def test_each_version_of_a_reminder_is_in_it_with_its_words_and_nothing_of_other_loans(
    slack: Slack, browser: Browser
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, name="王小明")
    others = [f"B-{n}" for n in range(5)]
    for number in others:
        await make_loan(slack.office, slack.workspace, number, owner=slack.agent, name="李四", phone="+8613900139999")
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-follow A-1 today 11:00")
    await slack.at("2026-11-25 11:00")
    for line in (
        "/loan-call A-1 reached 客户说好",
        "/loan-follow A-1 today 12:00",
        *(f"/loan-follow {number} today 12:00" for number in others),
    ):
        await slack.command(slack.agent, line)
    await slack.at("2026-11-25 12:00")
    first, together = slack.texts(slack.agent)[-2:]
    assert all(number in together for number in others)
    await slack.command(slack.compliance, "/loan-case A-1")
    await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        messages = json.loads(opened.read("case.json"))["messages"]
        pages = [opened.read(f"case.{code}.html").decode() for code in ("en", "zh")]
    reminder, bundle = (each for each in messages if each["kind"].startswith("reminder"))
    assert [each["words"] for each in reminder["sent"]][-1] == first
    assert len(reminder["sent"]) == 2
    assert "请致电客户" in reminder["sent"][0]["words"]
    assert (reminder["sent"][0]["channel"], reminder["sent"][0]["ts"]) == (reminder["channel"], reminder["ts"])
    (said,) = bundle["sent"]
    assert said["words"].splitlines() == [line for line in together.splitlines() if "B-" not in line]
    assert "A-1 · 王* · 尾号" in said["words"]
    for page in pages:
        for other in ("B-2", "李*", "尾号9999"):
            assert other not in page
        assert f"{slack.agent.name} 请致电客户" in page
    assert "reminder of a call, rewritten" in pages[0]
    assert "（已更新）" in pages[1]


async def test_promises_assignments_disclosures_contact_rules_and_playbooks_are_in_it(
    slack: Slack, browser: Browser
) -> None:
    loan = await make_loan_in_arrears(slack.office, slack.workspace, "A-1", owner=slack.agent, purposes=["overdue"])
    await choose(slack, "CN")
    await slack.in_card(slack.agent, "What to say")
    await slack.command(slack.agent, "/loan-call A-1 promised 5000 fri")
    for _ in range(3):
        await make_call(slack.office, loan, slack.agent)
    await slack.press(slack.agent, await slack.card(slack.agent), "Call")
    await slack.command(slack.manager, "/loan-reassign A-1 @other")
    await slack.later(seconds=10)  # the trail is sealed
    await slack.command(slack.compliance, "/loan-case A-1")
    await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        english, chinese = (
            re.sub(r"(\s|<[^>]+>)+", " ", opened.read(f"case.{code}.html").decode()) for code in ("en", "zh")
        )
        record = json.loads(opened.read("case.json"))
    for page, words in (
        (
            english,
            (
                "promised CN¥5,000.00",
                "Loan Agent → Other",
                "Playbook and version",
                "saw the card",
                "at most 3 conversations a day",
                "held back",
            ),
        ),
        (
            chinese,
            ("承诺还款 ¥5,000.00", "贷款 Agent → Other", "话术及版本", "看了卡片", "每日向同一债务人", "未显示号码"),
        ),
    ):
        for each in words:
            assert each in page, each
    assert record["contact_rules"]["bound_by"][0][0] == "CN"
    assert {"promise", "assignment", "playbook_shown"} <= record["records"].keys()
    assert record["playbooks"][0]["scripts"]["zh"]
    acts = {entry["act"] for entry in record["audit"]["entries"]}
    assert {"disclosure", "contact_held", "reassign"} <= acts
    sealed = [entry["place"] for entry in record["audit"]["entries"] if entry["place"]]
    assert sealed
    assert record["audit"]["segments"][-1]["last"] >= max(sealed)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_numbers_are_whole_of_the_parties_alone(slack: Slack, browser: Browser, language: str) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    whole, hidden = "+8613900131111", "+8613900132222"
    for role, number in (("guarantor", whole), ("spouse", hidden)):
        async with slack.office.desk(slack.workspace, slack.agent) as desk:
            entry = PersonEntry(role, "某某", phones=(PhoneEntry("mobile", number),))
            await add_person(desk, loan=LoanRef("A-1", "A-1"), entry=entry)
    await slack.change(slack.agent, extension="2001")
    for key, number in (("1", whole), ("2", hidden[3:]), ("3", f"00{hidden[1:]}")):
        record = CallRecord(
            source="pbx", key=key, legs=(key,), direction="out", agent_extension="2001", number=number,
            started=slack.clock.now(), ended=slack.clock.now(), result="no_answer",
        )  # fmt: skip
        async with slack.office.desk(slack.workspace) as desk:
            await take_records(desk, [record], Site(SHANGHAI))
    await slack.later(seconds=SETTLE.total_seconds())
    await slack.later(seconds=1)
    values = {"spouse": "钱妻", "spouse_phone": hidden, "guarantor_phone": whole}
    row_id, encrypt = new_id(), slack.office.cipher.encrypt
    async with slack.office.desk(slack.workspace) as desk:
        cipher = encrypt(ImportedValues.values_cipher, row_id, json.dumps(values))
        of_loan = {"workspace_id": slack.workspace.id, "loan_id": loan.id, "number_key": "a-1", "at": desk.now}
        desk.add(ImportedValues(id=row_id, values_cipher=cipher, **of_loan))
    await slack.command(slack.compliance, "/loan-case A-1")
    await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        page, record = opened.read(f"case.{language}.html").decode(), opened.read("case.json").decode()
    assert "138 0013 5678" in page
    assert "139 0013 1111" in page
    assert ("phone ending 2222" if language == "en" else "尾号2222") in page
    assert hidden[-8:] not in page.replace(" ", "") + record
    assert {each["phone"] for each in json.loads(record)["records"]["related_phone"]} == {whole, "*2222"}
    calls = [each["record"] for each in json.loads(record)["records"]["phone_call"]]
    assert sorted(whole[-8:] in each for each in calls) == [False, False, True]
    assert sorted("*2222" in each for each in calls) == [False, True, True]


async def test_a_file_that_only_was_said_to_belong_there_is_no_record_of_the_loan(
    slack: Slack, browser: Browser
) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    file = slack.sandbox.upload("UAGENT", "李四别人.pdf", SCAN)
    slack.sandbox.send_files("UAGENT", slack.sandbox.dm("UAGENT"), file, text="A-1")
    await slack.sandbox.wait_for(lambda: bool(slack.posts(slack.agent)))
    await slack.sandbox.events.wait_until_delivered()
    await slack.deliver()
    for _earlier in range(2):
        await slack.command(slack.compliance, "/loan-case A-1")
        await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        records = json.loads(opened.read("case.json"))["records"]
    assert "stored_file" not in records


async def test_a_file_that_is_gone_is_named_and_costs_nothing_else(slack: Slack, browser: Browser) -> None:
    await lively_loan(slack)
    (file,) = await slack.rows(StoredFile)
    assert file.blob_id is not None
    assert slack.office.files is not None
    await slack.office.files.store.delete(file.blob_id)
    await slack.command(slack.compliance, "/loan-case A-1")
    await make(slack)
    _, archive, _ = await browser.open(*await ask_link(slack, slack.compliance))
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert "it is not in the store" in opened.read("case.en.html").decode()


async def test_an_old_one_is_deleted_and_one_of_a_removed_loan_too(slack: Slack) -> None:
    loan = await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="closed")
    await slack.command(slack.compliance, "/loan-case A-1")
    await make(slack)
    first = slack.posts(slack.compliance)[-1]
    await slack.later(days=UNFILED_FOR.days, seconds=1)
    await slack.service.round()
    assert await slack.rows(StoredFile) == []
    assert "no longer exists" in shown(await slack.press(slack.compliance, first, "Open the case file")).text

    await slack.command(slack.compliance, "/loan-case A-1")
    async with slack.office.database.transaction() as session:
        await erase(session, "loan", [loan.id])
    assert not await slack.service.cases.round()
    assert await slack.rows(CaseExport) == []


async def test_what_cannot_be_asked_for_is_refused(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent)
    assert "more than 200 characters" in (await slack.command(slack.compliance, f"/loan-case A-1 {'x' * 201}")).text
    assert "A-9" in (await slack.command(slack.compliance, "/loan-case A-9")).text
    assert await slack.rows(CaseExport) == []
