"""Each document keeps its own date, and what moves a planned call says so. Now is Wednesday 2026-11-25 10:00."""

import pytest
from sqlmodel import col, select

from storage.tables import FollowUp, Loan
from tests.builders import SHANGHAI, make_loan
from tests.wire.office_day import Slack, shown


@pytest.fixture
async def loan(slack: Slack) -> Loan:
    """A-1 of the agent."""
    return await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="application")


async def planned(slack: Slack) -> list[str]:
    """Return the open follow-ups of all loans: number, purpose, due time."""
    async with slack.office.database.reading() as session:
        rows = (await session.exec(select(FollowUp).order_by(col(FollowUp.number)))).all()
    return [
        f"/{row.number} {row.purpose} {row.due_at.astimezone(SHANGHAI):%m-%d %H:%M}"
        if row.due_at
        else f"/{row.number} {row.purpose} {row.due_on:%m-%d}"
        for row in rows
        if row.state == "open"
    ]


async def test_a_later_document_leaves_the_call_at_the_earliest_date(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs A-1 身份证、银行流水 周五前")
    reply = await slack.command(slack.agent, "/loan-docs A-1 保单 12月20日前")

    assert await planned(slack) == ["/1 documents 11-27"]
    assert "身份证 11月27日 周五前" in reply.text
    assert "保单 12月20日 周日前" in reply.text
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).text
    assert listed.count("11月27日 周五") == 2
    assert listed.count("12月20日 周日") == 1
    assert "A-1" in (await slack.command(slack.agent, "/loan-due week")).text
    await slack.at("2026-11-27 09:00")
    (reminder,) = slack.texts(slack.agent)
    assert "身份证 11月27日 周五前" in reminder


async def test_a_new_date_for_one_document_leaves_the_others_dates(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank, employment by fri")
    reply = await slack.command(slack.agent, "/loan-docs A-1 id by dec 20")

    assert await planned(slack) == ["/1 documents 11-27"]
    assert "ID card by Sun 20 Dec" in reply.text
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).text
    assert [line.split(" · ")[0] for line in listed.splitlines() if "by Fri 27 Nov" in line] == [
        "• bank statement",
        "• proof of employment",
    ]
    assert "by Sun 20 Dec" in listed
    undone = shown(await slack.press(slack.agent, reply.message, "Undo"))  # pyright: ignore[reportArgumentType]
    assert "Undone" in undone.text
    assert (await slack.command(slack.agent, "/loan-docs A-1")).text.count("by Fri 27 Nov") == 3


async def test_an_earlier_document_brings_the_call_forward_and_says_from_when(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    reply = await slack.command(slack.agent, "/loan-docs A-1 id by fri")

    assert await planned(slack) == ["/1 documents 11-27"]
    assert "Next: documents Fri 27 Nov 2026" in reply.text
    assert "It was planned for Sun 20 Dec 2026." in reply.text
    assert "It asks for: ID card by Fri 27 Nov, insurance policy by Sun 20 Dec." in reply.text


async def test_a_document_without_a_date_is_not_left_until_a_far_one(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    reply = await slack.command(slack.agent, "/loan-docs A-1 id")
    assert await planned(slack) == ["/1 documents 11-27 09:00"]
    assert "It was planned for Sun 20 Dec 2026." in reply.text


@pytest.mark.parametrize("step", ["got", "cancel"])
async def test_when_the_earliest_document_comes_the_call_goes_to_the_next_date(
    slack: Slack, loan: Loan, step: str
) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    reply = await slack.command(slack.agent, f"/loan-docs A-1 {step} id")

    assert await planned(slack) == ["/1 documents 12-20"]
    assert "It was planned for Fri 27 Nov 2026." in reply.text
    assert "It asks for: insurance policy by Sun 20 Dec." in reply.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert await planned(slack) == ["/1 documents 11-27"]


async def test_a_planned_retry_is_not_put_off_by_a_document(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-call A-1/1 no answer")
    assert await planned(slack) == ["/1 documents 11-25 13:00"]

    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.command(slack.agent, "/loan-docs A-1 id by dec 10")

    assert await planned(slack) == ["/1 documents 11-25 13:00"]


async def test_a_document_that_comes_does_not_put_off_a_retry(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.command(slack.agent, "/loan-call A-1/1 no answer")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    assert await planned(slack) == ["/1 documents 11-25 13:00"]


async def test_a_call_that_a_member_moved_is_not_put_off(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    moved = await slack.command(slack.agent, "/loan-follow A-1/1 move tomorrow 3pm")
    assert "It was planned for Fri 27 Nov 2026." in moved.text
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    assert await planned(slack) == ["/1 documents 11-26 15:00"]


async def test_an_answered_call_leaves_the_later_dates_planned(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by today")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    reply = await slack.command(slack.agent, "/loan-call A-1 reached > fri 2pm income")

    assert await planned(slack) == ["/2 income 11-27 14:00", "/3 documents 12-20"]
    assert "Next: documents Sun 20 Dec 2026" in reply.text
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Undo")
    assert await planned(slack) == ["/1 documents 11-25"]


async def test_a_call_that_becomes_about_something_else_leaves_its_documents_planned(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-call A-1/1 no answer > tomorrow 2pm income")
    assert await planned(slack) == ["/1 income 11-26 14:00", "/2 documents 11-27"]


async def test_a_finished_call_leaves_the_later_dates_planned_and_says_what_nothing_asks_for(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    done = await slack.command(slack.agent, "/loan-follow A-1/1 done")
    assert "Still to be brought, and no call asks for it now: ID card." in done.text
    assert done.message is not None
    await slack.press(slack.agent, done.message, "Undo")

    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    done = await slack.command(slack.agent, "/loan-follow A-1/1 done")
    assert await planned(slack) == ["/2 documents 12-20"]
    assert "Next: documents Sun 20 Dec 2026" in done.text


async def test_a_call_of_a_later_day_says_from_when_an_attempt_moves_it(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 dec 20 10:00 income")
    reply = await slack.command(slack.agent, "/loan-call A-1/1 no answer")
    assert "It was planned for Sun 20 Dec 2026 10:00" in reply.text


async def test_documents_of_the_form_keep_their_own_dates(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    reply = await slack.command(slack.agent, "/loan A-1")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "Request documents")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("Other documents", ["insurance"])
    await form.fill("By when", "dec 20")
    await form.submit()
    assert await planned(slack) == ["/1 documents 11-27"]


@pytest.mark.parametrize("accepted", ["id", "id, bank"])
async def test_a_rejected_document_is_asked_for_at_its_own_date(slack: Slack, loan: Loan, accepted: str) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.command(slack.agent, "/loan-docs A-1 got id, bank")
    await slack.command(slack.agent, f"/loan-docs A-1 accept {accepted}")
    assert await planned(slack) == ["/1 documents 12-20"]
    reply = await slack.command(slack.agent, "/loan-docs A-1 reject id: blurred")
    assert await planned(slack) == ["/1 documents 11-27"]
    assert "It was planned for Sun 20 Dec 2026." in reply.text


async def test_a_call_says_what_it_leaves_to_be_brought_and_nothing_asks_for(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by today")
    await slack.command(slack.agent, "/loan-follow A-1 dec 20 10:00 income")
    reply = await slack.command(slack.agent, "/loan-call A-1/1 reached")
    assert "Still to be brought, and no call asks for it now: ID card." in reply.text


async def test_the_note_of_a_planned_call_is_kept_when_an_attempt_adds_one(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-follow A-1 today 3pm income ask for her payslip")
    reply = await slack.command(slack.agent, "/loan-call A-1 no answer > tomorrow 3pm income ring the office")
    assert "> ring the office\nask for her payslip" in reply.text


async def test_a_document_whose_date_has_passed_is_late(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.at("2026-11-28 09:00")
    listed = (await slack.command(slack.agent, "/loan-docs A-1")).text
    assert "by Fri 27 Nov · late" in listed
    assert "by Sun 20 Dec · late" not in listed
    await slack.in_chinese(slack.agent)
    assert "11月27日 周五前 · 已超时" in (await slack.command(slack.agent, "/loan-docs A-1")).text


async def test_a_new_date_says_from_when_to_when_and_for_what(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance")
    reply = await slack.command(slack.agent, "/loan-docs A-1 id, bank, insurance, employment by dec 20")
    assert reply.text.splitlines()[1:6] == [
        "Requested: proof of employment.",
        "New date:",
        "• ID card by Sun 20 Dec, was Fri 27 Nov",
        "• bank statement by Sun 20 Dec, was Fri 27 Nov",
        "• insurance policy by Sun 20 Dec, had no date",
    ]
    assert "Already requested" not in reply.text


async def test_a_new_date_in_the_form_says_from_when_to_when(slack: Slack, loan: Loan) -> None:
    await slack.in_chinese(slack.agent)
    await slack.command(slack.agent, "/loan-docs A-1 身份证 周五前")
    reply = await slack.command(slack.agent, "/loan A-1")
    assert reply.message is not None
    await slack.press(slack.agent, reply.message, "收集材料")
    form = slack.sandbox.modal_of("UAGENT")
    await form.fill("其他材料", ["id"])
    await form.fill("截止时间", "12月20日")
    await form.submit()
    assert "身份证：12月20日 周日前（原为11月27日 周五前）" in form.text


async def test_a_date_for_a_document_that_has_arrived_is_not_taken_silently(slack: Slack, loan: Loan) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id by fri")
    await slack.command(slack.agent, "/loan-docs A-1 got id")
    reply = await slack.command(slack.agent, "/loan-docs A-1 id by dec 20")
    assert "What has arrived takes no new date." in reply.text


async def test_rows_of_a_digest_a_list_and_the_home_name_the_documents_and_mark_late_ones(
    slack: Slack, loan: Loan
) -> None:
    await slack.command(slack.agent, "/loan-docs A-1 id, bank by fri")
    await slack.command(slack.agent, "/loan-docs A-1 insurance by dec 20")
    await slack.at("2026-11-30 10:00")
    named = "ID card (late), bank statement (late), insurance policy"
    for line in ("/loan-digest now", "/loan-due"):
        assert named in (await slack.command(slack.agent, line)).text
    await slack.sandbox.open_home("UAGENT")
    home = slack.sandbox.home_of("UAGENT").text
    assert named in home
    assert "A-1 王小明 · 3, 2 late" in home


async def test_a_document_wanted_before_the_call_of_the_stage_brings_that_call_forward(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    await slack.command(slack.agent, "/loan-stage A-1 application")
    assert [call for call in await planned(slack) if "documents" in call] == ["/2 documents 11-27 09:00"]

    await slack.command(slack.agent, "/loan-docs A-1 id by tomorrow")
    assert [call for call in await planned(slack) if "documents" in call] == ["/2 documents 11-26 09:00"]


async def test_a_call_that_a_member_moved_is_left_and_another_asks_for_what_is_wanted_before(slack: Slack) -> None:
    await make_loan(slack.office, slack.workspace, "A-1", owner=slack.agent, stage="inquiry")
    await slack.command(slack.agent, "/loan-stage A-1 application")
    await slack.command(slack.agent, "/loan-follow A-1/2 move mon 10:00")

    await slack.command(slack.agent, "/loan-docs A-1 id by tomorrow")
    found = [call for call in await planned(slack) if "documents" in call]
    assert found == ["/2 documents 11-30 10:00", "/3 documents 11-26"]
