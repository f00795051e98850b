"""Documents that arrived are recorded in one form: several at once, by hand or as files, and what is missing gets a last day.

Now is Wednesday 2026-11-25 10:00.
"""

from datetime import date

import pytest
from sqlmodel import col, select

from sandbox.modals import Modal
from storage.tables import DocumentItem, DocumentRequest, FollowUp, Loan, StoredFile
from tests.builders import make_loan
from tests.sample_files import JPEG
from tests.wire.office_day import Slack, buttons, given

PUBLIC_URL = "https://desk.example.com"


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent, an application."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application", name="李雷")


async def papers(slack: Slack) -> dict[str, tuple[str, date | None, date | None]]:
    """Return the documents: state, last day to bring it, valid until."""
    async with slack.office.database.reading() as session:
        found = await session.exec(
            select(DocumentItem, DocumentRequest)
            .join(DocumentRequest, col(DocumentRequest.id) == col(DocumentItem.request_id))
            .where(DocumentItem.state != "undone")
        )
        return {item.document: (item.state, request.due_on, item.valid_until) for item, request in found}


async def open_calls(slack: Slack) -> list[tuple[str, date | None]]:
    return [(row.purpose, row.due_on) for row in await slack.rows(FollowUp) if row.state == "open"]


async def open_form(slack: Slack) -> Modal:
    listed = given((await slack.command(slack.agent, "/loan-docs A-1")).message)
    await slack.press(slack.agent, listed, "Documents arrived")
    return slack.sandbox.modal_of("UAGENT")


@pytest.mark.usefixtures("loan")
async def test_several_arrive_at_once_and_the_rest_gets_a_last_day(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank, employment by dec 20")
    form = await open_form(slack)
    assert await form.options("Which of these arrived") == [
        "ID card · by Sun 20 Dec",
        "bank statement · by Sun 20 Dec",
        "proof of employment · by Sun 20 Dec",
    ]
    assert "It also applies to what the stage needs besides: driving licence, proof of income" in form.text
    await form.fill("Which of these arrived", ["ID card · by Sun 20 Dec", "bank statement · by Sun 20 Dec"])
    await form.fill("Other documents that arrived", ["contract"])
    await form.fill("Valid until", "2027-05-25")
    await form.fill("Last day for what is still missing", "fri")
    await form.submit()

    answer = slack.sandbox.modal_of("UAGENT")
    assert "ID card: received" in answer.text
    assert "contract: received, without having been requested" in answer.text
    assert "proof of employment by Fri 27 Nov, was Sun 20 Dec" in answer.text
    assert "Requested: driving licence, proof of income" in answer.text
    until, friday = date(2027, 5, 25), date(2026, 11, 27)
    assert await papers(slack) == {
        "id": ("received", date(2026, 12, 20), until),
        "bank": ("received", date(2026, 12, 20), until),
        "contract": ("received", None, until),
        "employment": ("requested", friday, None),
        "licence": ("requested", friday, None),
        "income": ("requested", friday, None),
        "residence": ("requested", friday, None),
    }
    assert ("documents", friday) in await open_calls(slack)
    assert answer.text.splitlines().count("Undo") == 1
    await answer.press("Undo")
    assert {name: found[0] for name, found in (await papers(slack)).items()} == dict.fromkeys(
        ("id", "bank", "employment"), "requested"
    )
    assert {found[1] for found in (await papers(slack)).values()} == {date(2026, 12, 20)}


@pytest.mark.usefixtures("loan")
async def test_a_file_comes_with_its_document_from_the_card_in_chinese(slack: Slack) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs A-1 身份证、银行流水 周五前")
    form = await slack.in_card(slack.agent, "打开", "材料", "材料已到")
    assert form.title == "登记收到的材料"
    both = await form.options("这次收到哪些")
    await form.fill("这次收到哪些", both)
    await form.fill("文件", [slack.sandbox.upload("UAGENT", "身份证.jpg", JPEG)])
    assert (await form.submit()).errors == {"文件": "文件只能归入一项材料：请只选这一项，或先不选文件。"}
    await form.fill("这次收到哪些", both[:1])
    await form.fill("有效期至", "2026-11-24")
    refused = await form.submit()
    assert refused.errors == {"有效期至": "有效期只到2026年11月24日 周二的材料已经失效，请让客户另交一份。"}
    await form.fill("有效期至", "2026-11-25")
    await form.submit()
    text = slack.sandbox.modal_of("UAGENT").text
    assert "身份证：已收到" in text
    assert "正在取 1 个文件" in text
    await slack.deliver()
    assert [(row.state, row.document) for row in await slack.rows(StoredFile)] == [("filed", "id")]
    assert (await papers(slack))["id"] == ("received", date(2026, 11, 27), date(2026, 11, 25))
    assert (await papers(slack))["bank"][0] == "requested"


@pytest.mark.usefixtures("loan")
async def test_the_form_is_offered_where_people_look_for_it(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id")
    line = await slack.command(slack.agent, "/loan-docs A-1 got")
    assert "Documents that arrived" in buttons(line.message)
    await slack.press(slack.agent, given(line.message), "Documents that arrived")
    form = slack.sandbox.modal_of("UAGENT")
    assert (await form.submit()).errors == {"Other documents that arrived": "Nothing is selected yet."}
    await form.fill("Last day for what is still missing", "yesterday")
    assert "Last day for what is still missing" in (await form.submit()).errors
    await form.close()
    await slack.sandbox.open_home("UAGENT")
    assert "Documents arrived" in slack.sandbox.home_of("UAGENT").text
    assert "Documents arrived" in buttons((await slack.command(slack.agent, "/loan-docs help")).message)
    seen = await slack.command(slack.compliance, "/loan-docs A-1")
    assert "Documents arrived" not in buttons(seen.message)


async def test_another_loan_shows_its_own_documents(slack: Slack, loan: Loan) -> None:
    await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="韩梅")
    await slack.command(slack.agent, "/loan-docs A-1 id")
    await slack.command(slack.agent, "/loan-docs A-2 other: visa")
    form = await open_form(slack)
    ticked = (await form.options("Which of these arrived"))[0]
    await form.fill("Which of these arrived", [ticked])
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    refused = await form.submit()
    assert "ID card on A-1 is received, so that step isn't possible." in str(refused.errors)
    await form.fill("Loan", "A-2 韩梅", typed="A-2")
    form = slack.sandbox.modal_of("UAGENT")
    options = await form.options("Which of these arrived")
    assert [option.split(" · ")[0] for option in options] == ["visa"]
    assert (await form.submit()).errors == {"Other documents that arrived": "Nothing is selected yet."}
    await form.fill("Which of these arrived", options)
    await form.submit()
    assert (await papers(slack))["other"][0] == "received"
    await slack.command(slack.agent, "/loan-docs A-1 accept id")


async def test_files_stay_chosen_when_another_loan_or_a_proposed_day_is(slack: Slack, loan: Loan) -> None:
    other = await make_loan(slack.office, slack.workspace, "A-2", owner=slack.agent, name="韩梅")
    await slack.command(slack.agent, "/loan-docs A-1 id")
    await slack.command(slack.agent, "/loan-docs A-2 other: visa")
    form = await open_form(slack)
    await form.fill("Files", [slack.sandbox.upload("UAGENT", f"page{n}.jpg", JPEG) for n in (1, 2)])
    await form.fill("Loan", "A-2 韩梅", typed="A-2")
    form = slack.sandbox.modal_of("UAGENT")
    await form.press("Fri 27 Nov 10:00")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Other documents that arrived", ["contract", "ID card"])
    assert "one document" in (await form.submit()).errors["Files"]
    await form.fill("Other documents that arrived", ["contract"])
    await form.submit()
    await slack.deliver()
    assert {row.loan_id for row in await slack.rows(StoredFile)} == {other.id}


async def test_a_last_day_is_not_used_where_nothing_is_missing(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    await slack.command(slack.agent, "/loan-docs A-1 id")
    form = await open_form(slack)
    await form.fill("Which of these arrived", ["ID card"])
    await form.fill("Other documents that arrived", ["driving licence"])
    await form.fill("Last day for what is still missing", "fri")
    await form.submit()
    assert "Nothing is missing, so the last day isn't used." in slack.sandbox.modal_of("UAGENT").text


@pytest.mark.usefixtures("loan")
async def test_what_is_typed_as_not_on_the_list_and_is_known_is_that_document(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank")
    form = await open_form(slack)
    await form.fill("Not on the list", "身份证，银行流水、Passport; letter and stamp")
    await form.submit()
    found = [(row.document, row.state) for row in await slack.rows(DocumentItem)]
    assert found == [("id", "received"), ("bank", "received"), ("other", "received"), ("other", "received")]
    assert "Passport: received" in slack.sandbox.modal_of("UAGENT").text
    ask = await slack.in_card(slack.agent, "Open", "Documents", "Request documents")
    await ask.fill("Still missing", ["driving licence"])
    await ask.fill("Not on the list", "驾驶证和合同")
    await ask.submit()
    assert [row.document for row in await slack.rows(DocumentItem)][4:] == ["licence", "contract"]


@pytest.mark.usefixtures("loan")
async def test_a_validity_of_nothing_that_arrived_is_not_dropped(slack: Slack) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by dec 20")
    form = await open_form(slack)
    await form.fill("Valid until", "2027-05-25")
    await form.fill("Last day for what is still missing", "fri")
    await form.submit()
    assert form.errors == {"Other documents that arrived": "Nothing is selected yet."}
    assert await papers(slack) == {"id": ("requested", date(2026, 12, 20), None)}
